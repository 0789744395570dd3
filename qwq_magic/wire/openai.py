"""OpenAI's chat completions, as compatible servers implement them: request body and chunks.

Servers differ in where they put the reasoning and the usage, and in how they fail. An
error outweighs the choices beside it, and a reply is complete only at `[DONE]` or at a
real finish_reason. https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from qwq_magic.settings.presets import CUSTOM, ServerPreset
from qwq_magic.turns import ChatRequest, Json, Message
from qwq_magic.wire.logprobs import logprobs_in
from qwq_magic.wire.message import (
    MessageReader,
    add_as_content,
    reasoning_back,
    skip_unread,
)
from qwq_magic.wire.parameters import spelled
from qwq_magic.wire.prefixes import given
from qwq_magic.wire.sink import ReadChunk, Sink
from qwq_magic.wire.wire_protocol import WireProtocol

_PATH = "/chat/completions"
_TEXT_FIELDS = frozenset({"delta", "message", "text"})
# The fields of a chunk that is not one of chat completions, but whose text can be read.
_BARE_TEXT = "response"
_CHUNK_FIELDS = frozenset(
    {
        *("id", "object", "created", "model", "choices", "usage", "x_groq", "error", "code"),
        *("system_fingerprint", "service_tier", "provider", "type", "status", "message", "msg"),
        *("timings", "request_id", "event", "prompt_filter_results", "detail", "errors", "p"),
    }
)


def encode(request: ChatRequest, server: ServerPreset = CUSTOM) -> dict[str, Json]:
    """The JSON body: always a stream, with usage at its end where the server can report it."""
    parameters = dict(request.parameters)
    if request.prefix and server.budget_counts_prefix:
        parameters.pop("thinking_budget", None)
    body = {
        **spelled(parameters, server.spellings),
        "model": request.model,
        "messages": [_message(message, server) for message in request.messages],
        "stream": True,
    }
    if request.prefix:
        message, flags = given(request.prefix, server)
        body["messages"].append(message)
        body |= flags
    if server.ends_reasoning:
        body["reasoning_control"] = True
    if server.accepts_stream_options:
        options = request.parameters.get("stream_options")
        options = options if isinstance(options, dict) else {}
        body["stream_options"] = {**options, "include_usage": True}
    return body


def _message(message: Message, server: ServerPreset) -> dict[str, Json]:
    return {"role": message.role, "content": message.text, **reasoning_back(message, server)}


class ChunkReader:
    """Reads chunks, and keeps nothing from one to the next."""

    __slots__ = ("_messages",)

    def __init__(self, server: ServerPreset = CUSTOM) -> None:
        self._messages = MessageReader(server)

    def read(self, chunk: dict[str, Any], reply: Sink) -> None:
        usage = chunk.get("usage")
        # Groq reports its usage one level down.
        if not usage and "x_groq" in chunk and isinstance(chunk["x_groq"], dict):
            usage = chunk["x_groq"].get("usage")
        if usage:
            reply.add_usage(usage)
        choices = chunk.get("choices")
        if not choices and not usage:
            _read_bare(chunk, reply)
        if not isinstance(choices, list):
            choices = _listed(choices, reply)
        for choice in choices:
            if not isinstance(choice, dict):
                _lose(choice, reply)
                continue
            index = choice.get("index")
            sink = reply if not index or index == "0" else reply.other(index)
            delta = choice.get("delta")
            if not (isinstance(delta, dict) and self._messages.read(delta, sink)):
                self._read_beside_delta(choice, sink)
            logprobs = choice.get("logprobs")
            if logprobs:
                sink.add_logprobs(logprobs_in(logprobs))
            reason = choice.get("finish_reason")
            if reason:
                sink.end_with(reason)

    def _read_beside_delta(self, choice: dict[str, Any], reply: Sink) -> None:
        """Read the text of a choice whose delta has none; most such choices have no text."""
        delta, message = choice.get("delta"), choice.get("message")
        if not isinstance(delta, dict):
            if isinstance(message, dict):
                if reply.takes_message():
                    self._messages.read(message, reply)
                return
            add_as_content(delta or message, reply)
        # Together may repeat the text of the delta here, so it counts only without one.
        add_as_content(choice.get("text"), reply)


def _read_bare(chunk: dict[str, Any], reply: Sink) -> None:
    """Read a chunk without choices: Cloudflare's has its text in a field of the chunk."""
    text = chunk.get(_BARE_TEXT)
    if text and isinstance(text, str):
        reply.add_content(text)
    elif not chunk.keys() <= _CHUNK_FIELDS:
        skip_unread(chunk, _CHUNK_FIELDS, reply)


def _listed(choices: Any, reply: Sink) -> list[Any]:
    """The choices as a list, from a server that sends an object of them, or a single one."""
    if isinstance(choices, dict):
        if _TEXT_FIELDS & choices.keys():
            return [choices]
        if all(isinstance(choice, dict) for choice in choices.values()):
            return [{"index": index, **choice} for index, choice in choices.items()]
    _lose(choices, reply)
    return []


def _lose(value: Any, reply: Sink) -> None:
    if value:
        reply.lose_content()


def _reader(request: ChatRequest | None, server: ServerPreset) -> ReadChunk:  # noqa: ARG001  # the reply does not depend on it
    return ChunkReader(server).read


def _is_spoken_at(base_url: str, server: ServerPreset) -> bool:  # noqa: ARG001  # the path is enough
    return urlsplit(base_url).path.rstrip("/").endswith(("/v1", _PATH))


PROTOCOL = WireProtocol(
    path_for=lambda _: _PATH,
    encode=encode,
    reader=_reader,
    # The client asks for usage, not the user, and some servers reject the field.
    optional_fields=("stream_options", "reasoning_control"),
    takes_prefixes=True,
    has_independent_chunks=True,
    # A server that does not stream sends the same with messages in place of deltas. That is an
    # error, beside which the text is kept.
    accepts_documents=True,
    names_foreign_events=True,
    is_spoken_at=_is_spoken_at,
)
