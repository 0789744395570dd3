"""Ollama's native protocol: one JSON object per line, the reasoning in `message.thinking`.

Sampling parameters go into `options`, all others beside the messages.
https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from qwq_magic.events import Usage, is_count
from qwq_magic.settings.presets import (
    CUSTOM,
    NO_BUDGET,
    OLLAMA_EFFORTS,
    OLLAMA_NEAREST,
    ONE_REPLY,
    ServerPreset,
    Spelling,
)
from qwq_magic.turns import ChatRequest, Json
from qwq_magic.wire.framing import NDJSONDecoder
from qwq_magic.wire.message import MessageReader
from qwq_magic.wire.model_list import ModelListing
from qwq_magic.wire.parameters import spelled
from qwq_magic.wire.sink import ReadChunk, Sink
from qwq_magic.wire.sniffing import FirstChunk
from qwq_magic.wire.wire_protocol import WireProtocol

_PATH = "/api/chat"
_PORT = 11434
_TOP_LEVEL = frozenset({"think", "format", "options", "keep_alive", "tools", "logprobs"})
_SPELLINGS = MappingProxyType(
    {
        # A level of effort is more specific than on or off, so it comes first.
        "reasoning_effort": Spelling(
            "think", MappingProxyType({**OLLAMA_NEAREST, "none": False}), OLLAMA_EFFORTS
        ),
        "enable_thinking": Spelling("think"),
        "thinking_budget": NO_BUDGET,
        "n": ONE_REPLY,
        "max_tokens": Spelling("num_predict"),
        "max_completion_tokens": Spelling("num_predict"),
        # Ollama always sends its counts.
        "stream_options": Spelling(""),
    }
)


def encode(request: ChatRequest, server: ServerPreset = CUSTOM) -> dict[str, Json]:  # noqa: ARG001  # one server only
    """The JSON body; always a stream."""
    parameters = spelled(request.parameters, _SPELLINGS)
    body = {name: value for name, value in parameters.items() if name in _TOP_LEVEL}
    given = body.pop("options", None)
    options = {name: value for name, value in parameters.items() if name not in _TOP_LEVEL}
    options |= dict(given) if isinstance(given, Mapping) else {}
    if options:
        body["options"] = options
    return {
        **body,
        "model": request.model,
        "messages": [{"role": m.role, "content": m.text} for m in request.messages],
        "stream": True,
    }


def _reader(request: ChatRequest | None, server: ServerPreset) -> ReadChunk:  # noqa: ARG001  # the reply does not depend on it
    messages = MessageReader(server)

    def read_chunk(chunk: dict[str, Any], reply: Sink) -> None:
        message = chunk.get("message")
        if isinstance(message, dict):
            messages.read(message, reply)
        else:
            # `/api/generate` has its texts one level up.
            texts = {name: chunk.get(name) for name in messages.reasoning_fields}
            messages.read({**texts, "content": chunk.get("response")}, reply)
        if chunk.get("done") is True:
            # The last line has the counts.
            reply.add_usage(chunk)
            reply.end_with(chunk.get("done_reason"))
            reply.finish()

    return read_chunk


def _usage(counts: dict[str, Any]) -> Usage | None:
    """The counts of the last line, which omits those of a prompt that was cached."""
    read, written = counts.get("prompt_eval_count"), counts.get("eval_count")
    input_tokens = read if is_count(read) else None
    output_tokens = written if is_count(written) else None
    if input_tokens is None or output_tokens is None:
        usage = Usage(input_tokens, output_tokens)
        return None if usage == Usage() else usage
    total = input_tokens + output_tokens
    return Usage(input_tokens, output_tokens, total if is_count(total) else None)


def _is_spoken_at(base_url: str, server: ServerPreset) -> bool:
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    if path.endswith(_PATH):
        return True
    is_ollama = parts.port == _PORT or server.native_protocol == "ollama"
    return is_ollama and path in ("", "/api")


def _recognizes(first: FirstChunk) -> bool:
    return not first.is_event and "done" in first.chunk


PROTOCOL = WireProtocol(
    path_for=lambda _: _PATH,
    encode=encode,
    reader=_reader,
    framing=NDJSONDecoder,
    # The list has names only, so each model needs a request of its own for its abilities.
    listing=ModelListing("/api/tags", is_at_root=True, abilities_path="/api/show"),
    spellings=lambda _: _SPELLINGS,
    read_usage=_usage,
    is_spoken_at=_is_spoken_at,
    recognizes=_recognizes,
)
