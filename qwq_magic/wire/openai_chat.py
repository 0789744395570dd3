"""The OpenAI-compatible chat protocol: a request's body, and its stream of chunks.

Servers differ in where the reasoning stands, where the usage stands and how they fail.
An error outweighs the choices beside it; reasoning is read from one name only; a reply is
complete at `[DONE]` or at a real finish_reason, and not otherwise.
"""

from __future__ import annotations

from typing import Any

from qwq_magic.choices import InlineThink
from qwq_magic.messages import ChatRequest, Json, Message
from qwq_magic.servers import CUSTOM, Server
from qwq_magic.wire.content import content_of, text_in
from qwq_magic.wire.error_fixes import Origin
from qwq_magic.wire.parameters import spelled
from qwq_magic.wire.sse import SSEDecoder
from qwq_magic.wire.stream_decoder import StreamDecoder
from qwq_magic.wire.text_template import Sink, TextTemplate

PATH = "/chat/completions"

_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")


def encode(request: ChatRequest, server: Server = CUSTOM) -> dict[str, Json]:
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


def _message(message: Message, server: Server) -> dict[str, Json]:
    return {"role": message.role, "content": message.text, **reasoning_back(message, server)}


def reasoning_back(message: Message, server: Server) -> dict[str, Json]:
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
        read_document=read_document,
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
        return
    for choice in choices:
        if isinstance(choice, dict) and not choice.get("index"):
            delta = choice.get("delta")
            if isinstance(delta, dict):
                read_texts(delta, reply)
            reason = choice.get("finish_reason")
            if reason:
                reply.end_with(reason)


def read_document(document: dict[str, Any], reply: Sink) -> None:
    """Take the texts and the usage of a whole reply, from a server that does not stream."""
    reply.add_usage(document.get("usage"))
    choices = document.get("choices")
    for choice in choices[:1] if isinstance(choices, list) else ():
        if isinstance(choice, dict) and isinstance(choice.get("message"), dict):
            read_texts(choice["message"], reply)


def read_texts(message: dict[str, Any], reply: Sink) -> None:
    """Take a message or a delta of one: its reasoning first, then its content."""
    reasoning = reasoning_in(message)
    if reasoning:
        reply.add_reasoning(reasoning)
    if value := message.get("content"):
        content = content_of(value)
        # Servers that have a field for the reasoning may repeat it as a part.
        if content.reasoning and not reasoning:
            reply.add_reasoning(content.reasoning)
        if content.answer:
            reply.add_content(content.answer)
        if not content.is_whole:
            reply.lose_content()


def reasoning_in(message: dict[str, Any]) -> str:
    """The first name that carries text; servers repeat the same text under several."""
    for name in _REASONING_FIELDS:
        text = message.get(name)
        if text and isinstance(text, str):
            return text
    details = message.get("reasoning_details")
    return text_in(details) if isinstance(details, list) else ""
