"""A preview: what an ask would send, found by asking up to the point of sending.

The user's advisors run as for any ask, since they may change the request; they are told
of a turn that was stopped before anything came. Memory stays as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

from qwq_magic.errors import ConfigurationError
from qwq_magic.events import Notice
from qwq_magic.session.ask import Ask
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Json, Message
from qwq_magic.turns.chat_model import WritesRequests


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, and where to; no key.

    Attributes:
        server: the server's name.
        url: the address, "" where none is asked.
        model: the model's name as the server knows it.
        messages: all of them: the system message, earlier turns, the prompt.
        fields: what stands beside the messages in the request's body.
        context: the earlier turns in words, "" where there are none.
        notices: lines that the reply would begin with.
    """

    server: str
    url: str
    model: str
    messages: tuple[Message, ...]
    fields: Mapping[str, Json]
    context: str
    notices: tuple[str, ...]

    @property
    def tokens(self) -> int:
        """≈ tokens of all messages."""
        return round(sum(message_tokens(message) for message in self.messages))


def message_tokens(message: Message) -> float:
    """≈ tokens of a message, with the reasoning that goes back with it."""
    return estimate_tokens(message.text) + estimate_tokens(message.reasoning)


async def preview_of(ask: Ask) -> Preview:
    """What `ask` would send.

    Raises:
        QwqError: what would have kept it from being sent.
    """
    context = ask.recall.context(ask.memory, cell_id=ask.request.cell_id)
    plan, unsent = ask.plan.without_sending()
    notices: list[str] = []
    try:
        async with aclosing(plan.chain(context, ask.recorder).stream(ask.request)) as events:
            async for event in events:
                if isinstance(event, Notice) and event.text:
                    notices.append(event.text)
    except asyncio.CancelledError:
        pass  # the end of the way: see UnsentModel
    request = unsent.request
    if request is None:
        raise ConfigurationError("Nothing would be sent: an advisor answers this prompt itself.")
    model = ask.plan.model
    url, fields = "", request.parameters
    if isinstance(model, WritesRequests):
        url, body = model.written(request)
        fields = _without_messages(body)
    return Preview(
        server=unsent.server,
        url=url,
        model=request.model,
        messages=request.messages,
        fields=fields,
        context=ask.recall.describe(context) if context.above else "",
        notices=tuple(notices),
    )


def _without_messages(body: Mapping[str, Json]) -> dict[str, Json]:
    """The body, but for the messages, wherever the protocol puts them."""
    return {
        name: _without_messages(value) if isinstance(value, Mapping) else value
        for name, value in body.items()
        if name != "messages"
    }
