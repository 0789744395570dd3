"""Ollama's native protocol: one JSON object a line, the reasoning in `message.thinking`.

Sampling parameters stand in `options`; the rest stands beside the messages.
https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from qwq_magic.events import is_count
from qwq_magic.settings.layers import InlineThink
from qwq_magic.settings.presets import CUSTOM, ServerPreset, Spelling
from qwq_magic.turns import ChatRequest, Json
from qwq_magic.wire.framing import NDJSONDecoder
from qwq_magic.wire.openai_chat import read_texts
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.parameters import spelled
from qwq_magic.wire.sink import Sink
from qwq_magic.wire.stream_decoder import StreamDecoder

PATH = "/api/chat"

_TOP_LEVEL = frozenset({"think", "format", "options", "keep_alive", "tools", "logprobs"})
_SPELLINGS = MappingProxyType(
    {
        # A level of effort says more than on and off, so it comes first.
        "reasoning_effort": Spelling("think", MappingProxyType({"none": False})),
        "enable_thinking": Spelling("think"),
        "max_tokens": Spelling("num_predict"),
        "max_completion_tokens": Spelling("num_predict"),
        # Ollama sends its counts unasked.
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


def decoder(
    request: ChatRequest | None = None,  # noqa: ARG001  # other protocols' replies depend on it
    *,
    inline_think: InlineThink = "auto",
    origin: Origin | None = None,
) -> StreamDecoder:
    """The decoder of one response."""
    return StreamDecoder(
        NDJSONDecoder(), read_chunk, inline_think=inline_think, origin=origin or Origin()
    )


def read_chunk(chunk: dict[str, Any], reply: Sink) -> None:
    """Take one line into the reply; the last one has the counts."""
    message = chunk.get("message")
    if isinstance(message, dict):
        read_texts(message, reply)
    else:
        # `/api/generate` has its texts one level up.
        read_texts({**chunk, "content": chunk.get("response")}, reply)
    if chunk.get("done") is True:
        reply.add_usage(_usage(chunk))
        reply.end_with(chunk.get("done_reason"))
        reply.finish()


def _usage(chunk: dict[str, Any]) -> dict[str, int]:
    """The counts under the usual names; a cached prompt is not counted at all."""
    counts = {
        "input_tokens": chunk.get("prompt_eval_count"),
        "output_tokens": chunk.get("eval_count"),
    }
    known = {name: count for name, count in counts.items() if is_count(count)}
    return {**known, "total_tokens": sum(known.values())} if len(known) == 2 else known
