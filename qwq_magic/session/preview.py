"""A preview of a request, made by running the advisor chain up to the point of sending.

The user's advisors run as they would for a real request, since they may change it; their
`after` receives a turn that was stopped before any text arrived. The memory is unchanged.
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
from qwq_magic.turns import ChatRequest, Json, Message
from qwq_magic.turns.chat_model import WritesRequests


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent, and where; it never contains a key.

    Attributes:
        server: the server's name.
        url: the address, or "" if no address is used.
        model: the model's name as the server knows it.
        messages: the system message, the earlier turns, the prompt, and what the reply is given
            to begin with.
        fields: the other fields of the request's body.
        context: a description of the earlier turns, or "" if the conversation has none.
        notices: the notices that the reply would begin with.
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
        """The estimated tokens of all messages."""
        return round(sum(message_tokens(message) for message in self.messages))


def message_tokens(message: Message) -> float:
    """Estimate the tokens of a message, including any reasoning sent with it."""
    return estimate_tokens(message.text) + estimate_tokens(message.reasoning)


async def preview_of(ask: Ask) -> Preview:
    """Return what `ask` would send; no server is asked for anything, not even for its models.

    Raises:
        QwqError: the request could not be sent.
    """
    context = ask.recall.context(ask.memory, cell_id=ask.request.cell_id)
    plan, unsent = ask.plan.without_sending()
    notices = [ask.unnamed.preview_notice] if ask.unnamed and ask.unnamed.preview_notice else []
    chain = plan.chain(context, ask.recorder, is_steered=bool(ask.request.prefix))
    try:
        async with aclosing(chain.stream(ask.request)) as events:
            async for event in events:
                if isinstance(event, Notice) and event.text:
                    notices.append(event.text)
    except asyncio.CancelledError:
        pass  # UnsentModel cancels once it has the request.
    request = unsent.request
    if request is None:
        raise ConfigurationError("Nothing would be sent: an advisor answers this prompt itself.")
    model = ask.plan.model
    url, fields = "", request.parameters
    if isinstance(model, WritesRequests):
        url, body = model.written(request)
        fields = _without_messages(body)
        if any(message.role == "system" for message in request.messages):
            # Anthropic's API has this message beside the others.
            fields.pop("system", None)
    return Preview(
        server=unsent.server,
        url=url,
        model=request.model,
        messages=_with_beginning(request),
        fields=fields,
        # The messages of an act have their earlier turns already.
        context=ask.recall.describe(context) if context.above and not request.parent else "",
        notices=tuple(notices),
    )


def _with_beginning(request: ChatRequest) -> tuple[Message, ...]:
    """Return the messages, and as the last one what the reply begins with."""
    prefix = request.prefix
    if prefix is None:
        return request.messages
    return (*request.messages, Message("assistant", prefix.answer, prefix.reasoning))


def _without_messages(body: Mapping[str, Json]) -> dict[str, Json]:
    """Return the body without its messages, at whatever depth the protocol puts them."""
    return {
        name: _without_messages(value) if isinstance(value, Mapping) else value
        for name, value in body.items()
        # The Responses API has the messages under the second name.
        if not (name in ("messages", "input") and isinstance(value, list))
    }
