"""The think-tags advisor: reasoning merged into the answer as one `<think>` block."""

from __future__ import annotations

import asyncio
from typing import Literal

from qwq_magic.advisors.chain import MEMORY_ORDER, THINK_TAGS_ORDER, CallNext, Events
from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.events import AnswerDelta, ReasoningDelta, StreamFinished
from qwq_magic.turns import ChatRequest


class ThinkTags:
    """For those who want the text form: `<think>reasoning</think>answer`, in the answer.

    One pair for the whole reply, and none where the model did not reason. Late
    reasoning, after answer text, stays what it is: a second pair would not be
    read back as reasoning by anyone.
    """

    def __init__(self, *, order: int = THINK_TAGS_ORDER) -> None:
        """
        Raises:
            ConfigurationError: the order would put the tags into memory.
        """
        if order >= MEMORY_ORDER:
            raise ConfigurationError(
                f"ThinkTags with order {order} would put reasoning into memory. "
                f"Choose an order below {MEMORY_ORDER}."
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
                    case StreamFinished() if phase == "reasoning":
                        yield AnswerDelta("</think>")
                        phase = "after"
                        yield event
                    case _:
                        yield event
        except (QwqError, asyncio.CancelledError):
            # A stopped reply is text, too; the exception goes on after it.
            if phase == "reasoning":
                yield AnswerDelta("</think>")
            raise
