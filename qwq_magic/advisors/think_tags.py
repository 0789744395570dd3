"""The think-tags advisor: the reasoning as a `<think>` block at the start of the answer."""

from __future__ import annotations

import asyncio
from typing import Literal

from qwq_magic.advisors.chain import MEMORY_ORDER, THINK_TAGS_ORDER, CallNext, Events
from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
)
from qwq_magic.turns import ChatRequest


class ThinkTags:
    """Merges the reasoning into the answer: `<think>reasoning</think>answer`.

    There is one pair of tags for the whole reply, and none if the model did not reason.
    Reasoning that arrives after answer text stays reasoning, since parsers of this format
    do not accept a second pair.
    """

    def __init__(self, *, order: int = THINK_TAGS_ORDER) -> None:
        """Set the position in the chain.

        Raises:
            ConfigurationError: with this order the tags would be remembered.
        """
        if order >= MEMORY_ORDER:
            raise ConfigurationError(
                f"ThinkTags with order {order} would put reasoning into memory. "
                f"Use an order below {MEMORY_ORDER}."
            )
        self.order = order

    async def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
        phase: Literal["before", "reasoning", "after"] = "before"
        try:
            async for event in call_next(request):
                match event:
                    case ReasoningDelta(text) if phase != "after":
                        yield AnswerDelta(text if phase == "reasoning" else f"<think>{text}")
                        phase = "reasoning"
                    case AnswerDelta(text):
                        yield AnswerDelta(f"</think>{text}" if phase == "reasoning" else text)
                        phase = "after"
                    case AnswerBecameReasoning() if phase == "after":
                        # Through the reasoning and back, since an opening tag goes before it.
                        yield event
                        yield AnswerDelta("<think>")
                        yield ReasoningBecameAnswer()
                        yield AnswerDelta("</think>")
                    case ReasoningBecameAnswer() if phase == "reasoning":
                        # The opening tag has been sent, so the text stays between the tags.
                        yield AnswerDelta("</think>")
                        phase = "after"
                    case StreamFinished() if phase == "reasoning":
                        yield AnswerDelta("</think>")
                        phase = "after"
                        yield event
                    case _:
                        yield event
        except (QwqError, asyncio.CancelledError):
            # The text of a stopped reply needs its closing tag too.
            if phase == "reasoning":
                yield AnswerDelta("</think>")
            raise
