"""The OpenAI-compatible chat protocol: a request's body, and its stream of chunks.

Servers differ in where the reasoning stands, where the usage stands and how they fail.
An error outweighs the choices beside it; reasoning is read from one name only; a reply is
complete at `[DONE]` or at a real finish_reason, and not otherwise.
"""

from __future__ import annotations

from typing import Any

from qwq_magic.settings.layers import InlineThink
from qwq_magic.settings.presets import CUSTOM, ServerPreset
from qwq_magic.turns import ChatRequest, Json, Message
from qwq_magic.wire.content import content_of, text_in
from qwq_magic.wire.framing import SSEDecoder
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.parameters import spelled
from qwq_magic.wire.sink import Sink
from qwq_magic.wire.stream_decoder import StreamDecoder
from qwq_magic.wire.text_template import TextTemplate

PATH = "/chat/completions"

_TEXT_PLACES = frozenset({"delta", "message", "text"})
_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")


def encode(request: ChatRequest, server: ServerPreset = CUSTOM) -> dict[str, Json]:
    """The JSON body; always a stream, with usage at its end where the server takes the wish."""
    body = {
        **spelled(request.parameters, server.spellings),
        "model": request.model,
        "messages": [_message(message, server) for message in request.messages],
        "stream": True,
    }
    if server.accepts_stream_options:
        options = request.parameters.get("stream_options")
        options = options if isinstance(options, dict) else {}
        body["stream_options"] = {**options, "include_usage": True}
    return body


def _message(message: Message, server: ServerPreset) -> dict[str, Json]:
    return {"role": message.role, "content": message.text, **reasoning_back(message, server)}


def reasoning_back(message: Message, server: ServerPreset) -> dict[str, Json]:
    """The reasoning of an earlier turn, under the name the server takes it back by."""
    if message.reasoning and server.history_field:
        return {server.history_field: message.reasoning}
    return {}


def decoder(
    request: ChatRequest | None = None,  # noqa: ARG001  # other protocols' replies depend on it
    *,
    inline_think: InlineThink = "auto",
    origin: Origin | None = None,
) -> StreamDecoder:
    """The decoder of one response."""
    return StreamDecoder(
        SSEDecoder(),
        read_chunk,
        inline_think=inline_think,
        origin=origin or Origin(),
        template=TextTemplate(read_chunk),
        # A server that does not stream sends the same, with messages for deltas.
        read_document=read_chunk,
    )


def read_chunk(chunk: dict[str, Any], reply: Sink) -> None:
    """Take one chunk into the reply."""
    usage = chunk.get("usage")
    if not usage and "x_groq" in chunk and isinstance(chunk["x_groq"], dict):
        usage = chunk["x_groq"].get("usage")
    if usage:
        reply.add_usage(usage)
    choices = chunk.get("choices")
    if not isinstance(choices, list):
        choices = _listed(choices, reply)
    for choice in choices:
        if not isinstance(choice, dict):
            _lose(choice, reply)
            continue
        index = choice.get("index")
        sink = reply if not index or index == "0" else reply.other(index)
        delta = choice.get("delta")
        if not (isinstance(delta, dict) and read_texts(delta, sink)):
            _read_beside_delta(choice, sink)
        reason = choice.get("finish_reason")
        if reason:
            sink.end_with(reason)


def _listed(choices: Any, reply: Sink) -> list[Any]:
    """The choices of a server that sends an object of them, or just one."""
    if isinstance(choices, dict):
        if _TEXT_PLACES & choices.keys():
            return [choices]
        if all(isinstance(choice, dict) for choice in choices.values()):
            return [{"index": index, **choice} for index, choice in choices.items()]
    _lose(choices, reply)
    return []


def _read_beside_delta(choice: dict[str, Any], reply: Sink) -> None:
    """Take the text of a choice whose delta has none: most have nothing to say here."""
    delta, message = choice.get("delta"), choice.get("message")
    if not isinstance(delta, dict):
        if isinstance(message, dict):
            if reply.takes_message():
                read_texts(message, reply)
            return
        _read_content(delta or message, reply)
    # Together may repeat in it what the delta says.
    _read_content(choice.get("text"), reply)


def read_texts(message: dict[str, Any], reply: Sink) -> bool:
    """Take a message or a delta of one: its reasoning first, then its content. Was there any?"""
    reasoning = reasoning_in(message, reply)
    if reasoning:
        reply.add_reasoning(reasoning)
    value = message.get("content")
    if value and isinstance(value, str):
        reply.add_content(value)
    elif value:
        content = content_of(value)
        # Servers that have a field for the reasoning may repeat it as a part.
        if content.reasoning and not reasoning:
            reply.add_reasoning(content.reasoning)
        if content.answer:
            reply.add_content(content.answer)
        if not content.is_whole:
            reply.lose_content()
    refusal = message.get("refusal")
    if refusal:
        _read_content(refusal, reply)
    return bool(reasoning or value or refusal)


def _read_content(value: Any, reply: Sink) -> None:
    content = content_of(value or None)
    if told := content.reasoning + content.answer:
        reply.add_content(told)
    if not content.is_whole:
        reply.lose_content()


def _lose(value: Any, reply: Sink) -> None:
    if value:
        reply.lose_content()


def reasoning_in(message: dict[str, Any], reply: Sink) -> str:
    """The first name that carries text; servers repeat the same text under several."""
    for name in _REASONING_FIELDS:
        value = message.get(name)
        if value and isinstance(value, str):
            return value
        if value and value is not True:  # That is a switch.
            content = content_of(value)
            if not content.is_whole:
                reply.lose_content()
            if told := content.reasoning + content.answer:
                return told
    details = message.get("reasoning_details")
    return text_in(details) if isinstance(details, list) else ""
