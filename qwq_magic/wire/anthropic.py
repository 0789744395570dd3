"""Anthropic's Messages API: blocks of thinking and of text, one after the other.

A thinking block is signed, and can be sent back with its signature only. In turns without
tools the server does not need it back, so it is left out unless the user asks for it
(`preserve_thinking`). https://platform.claude.com/docs/en/build-with-claude/extended-thinking
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from qwq_magic.events import Usage, is_count, known_counts
from qwq_magic.keys import ApiKey
from qwq_magic.plain_text import well_formed
from qwq_magic.settings.model_rules import thinks_adaptively
from qwq_magic.settings.presets import CUSTOM, ONE_REPLY, ServerPreset, Spelling
from qwq_magic.turns import ChatRequest, Json, Message
from qwq_magic.wire.model_list import ModelListing
from qwq_magic.wire.parameters import spelled
from qwq_magic.wire.sink import ReadChunk, Sink
from qwq_magic.wire.sniffing import FirstChunk
from qwq_magic.wire.token_usage import Counts, count_in
from qwq_magic.wire.wire_protocol import WireProtocol, bearer

# With its version, since Anthropic's own libraries take base URLs without one.
_PATH = "/v1/messages"
_VERSION = MappingProxyType({"anthropic-version": "2023-06-01"})
# `max_tokens` is required, and thinking counts towards it.
_ANSWER_TOKENS = 16_000
_BUDGET_TOKENS = 16_000
_BLANK_LINE = "\n\n"
# Bounds the memory that a server can fill with signatures; real ones have a few thousand.
_MOST_SIGNED = 1_000_000

_SPELLINGS = MappingProxyType(
    {
        "max_completion_tokens": Spelling("max_tokens"),
        "stop": Spelling("stop_sequences"),
        "reasoning_effort": Spelling(
            "output_config.effort",
            MappingProxyType({"minimal": "low"}),
            levels=("none", "low", "medium", "high", "xhigh", "max"),
        ),
        "n": ONE_REPLY,
        # The client obeys these itself.
        "enable_thinking": Spelling(""),
        "thinking_budget": Spelling("", least=1_024, accepts_zero=True),
        "preserve_thinking": Spelling(""),
        "stream_options": Spelling(""),
    }
)
_THINKING_KINDS = ("thinking", "redacted_thinking")


def encode(request: ChatRequest, server: ServerPreset = CUSTOM) -> dict[str, Json]:  # noqa: ARG001  # one dialect only
    """The JSON body: always a stream, with the system message beside the others."""
    given = dict(request.parameters)
    is_off = given.get("enable_thinking") is False or given.get("thinking_budget") == 0
    if given.get("reasoning_effort") == "none":
        is_off = is_off or "enable_thinking" not in given
        del given["reasoning_effort"]
    body = spelled(given, _SPELLINGS)
    if isinstance(body.get("stop_sequences"), str):
        body["stop_sequences"] = [body["stop_sequences"]]
    if "thinking" not in body:
        thinking = {"type": "disabled"} if is_off else _thinking(given, request.model)
        if thinking:
            body["thinking"] = thinking
    body.setdefault("max_tokens", _ANSWER_TOKENS + _room_for(body.get("thinking")))
    system = "\n\n".join(m.text for m in request.messages if m.role == "system")
    return {
        **body,
        **({"system": system} if system else {}),
        "model": request.model,
        "messages": [_message(m) for m in request.messages if m.role != "system"],
        "stream": True,
    }


def _thinking(given: Mapping[str, Json], model: str) -> dict[str, Json] | None:
    """How the model thinks; None leaves that to the server."""
    budget = given.get("thinking_budget")
    if budget is not None:
        return {"type": "enabled", "budget_tokens": budget}
    is_adaptive = thinks_adaptively(model)
    if is_adaptive and (given.get("enable_thinking") or given.get("reasoning_effort")):
        # The newest models send no thinking unless they are asked to.
        return {"type": "adaptive", "display": "summarized"}
    if given.get("enable_thinking"):
        return {"type": "enabled", "budget_tokens": _BUDGET_TOKENS}
    return None


def _room_for(thinking: Json) -> int:
    if not isinstance(thinking, Mapping) or thinking.get("type") == "disabled":
        return 0
    budget = thinking.get("budget_tokens", _BUDGET_TOKENS)
    return budget if is_count(budget) else 0


def _message(message: Message) -> dict[str, Json]:
    blocks = _signed_blocks(message)
    if not blocks:
        return {"role": message.role, "content": message.text}
    return {"role": message.role, "content": [*blocks, {"type": "text", "text": message.text}]}


def _signed_blocks(message: Message) -> list[Json]:
    """The thinking blocks of an earlier turn, as they were signed.

    None for a reasoning of another server, and for one that was changed, such as by the mask
    of a key: the server refuses it.
    """
    if not message.signature:
        return []
    try:
        blocks = json.loads(message.signature)
        if max(block.get("end", 0) for block in blocks) != len(message.reasoning):
            return []
        return [_signed_block(block, message.reasoning) for block in blocks]
    # The signature may be another protocol's, or from a forged file.
    except (ValueError, RecursionError, TypeError, LookupError, AttributeError):
        return []


def _signed_block(block: dict[str, Any], reasoning: str) -> dict[str, Json]:
    if "data" in block:
        return {"type": "redacted_thinking", "data": str(block["data"])}
    text = reasoning[block["start"] : block["end"]]
    return {"type": "thinking", "thinking": text, "signature": str(block["signature"])}


class EventReader:
    """Reads the events of one message."""

    def __init__(self) -> None:
        # The current thinking block, and where it begins in the reasoning of the turn.
        self._texts: list[str] = []
        self._start = 0
        self._signature = ""
        # The blocks that the server wants back, without their texts, which the turn has.
        self._signed: list[dict[str, Any]] = []
        self._signed_size = 0

    def read(self, event: dict[str, Any], reply: Sink) -> None:
        kind = event.get("type")
        if kind == "content_block_delta":
            self._read_delta(event.get("delta"), reply)
        elif kind == "content_block_start":
            self._begin(event.get("content_block"), reply)
        elif kind == "content_block_stop":
            self._end_block()
        elif kind == "message_start":
            self._read_message(event.get("message"), reply)
        elif kind == "message":
            # A server that does not stream sends this object alone.
            self._read_message(event, reply)
        elif kind == "message_delta":
            reply.add_usage(event.get("usage"))
            delta = event.get("delta")
            if isinstance(delta, dict):
                reply.end_with(delta.get("stop_reason"))
        elif kind == "message_stop":
            self._end_block()
            if self._signed and self._signed_size <= _MOST_SIGNED:
                reply.sign(json.dumps(self._signed, separators=(",", ":")))
            reply.finish()

    def _read_message(self, message: Any, reply: Sink) -> None:
        if not isinstance(message, dict):
            return
        reply.add_usage(message.get("usage"))
        content = message.get("content")
        for block in content if isinstance(content, list) else [{"text": content}]:
            self._begin(block, reply)
            self._end_block()
        reply.end_with(message.get("stop_reason"))

    def _begin(self, block: Any, reply: Sink) -> None:
        self._end_block()
        if not isinstance(block, dict):
            return
        if block.get("type") in _THINKING_KINDS:
            data = block.get("data")
            if data and isinstance(data, str):
                self._keep({"data": data}, len(data))
        if block.get("type") in (None, "text", *_THINKING_KINDS):
            # Most servers begin with an empty text, a few with all of it.
            self._read_delta(block, reply)

    def _read_delta(self, delta: Any, reply: Sink) -> None:
        if not isinstance(delta, dict):
            return
        thinking, text, signature = (
            value if isinstance(value := delta.get(name), str) else ""
            for name in ("thinking", "text", "signature")
        )
        if thinking:
            self._add_thinking(thinking, reply)
        if text:
            reply.add_content(text)
        if signature:
            self._signature = signature

    def _add_thinking(self, text: str, reply: Sink) -> None:
        if not self._texts and self._start:
            reply.add_reasoning(_BLANK_LINE)
            self._start += len(_BLANK_LINE)
        self._texts.append(text)
        reply.add_reasoning(text)

    def _end_block(self) -> None:
        text, signature = "".join(self._texts), self._signature
        self._texts, self._signature = [], ""
        # A pair of surrogates that the server cut in two is one character in the turn.
        whole = well_formed(text)
        start, self._start = self._start, self._start + len(whole)
        # Thinking that the server does not show is signed, too.
        if signature:
            block = {"start": start, "end": self._start, "signature": signature}
            self._keep(block, len(signature))

    def _keep(self, block: dict[str, Any], size: int) -> None:
        self._signed_size += size
        if self._signed_size <= _MOST_SIGNED:
            self._signed.append(block)


def _merged(before: Counts, reported: Counts) -> Counts:
    """The counts of both reports: the first has the prompt, the second the reply.

    Counts only grow, and some gateways write zeros into one of the two.
    """
    merged = dict(before)
    for name, value in reported.items():
        known = merged.get(name)
        if not (is_count(value) and is_count(known) and value < known):
            merged[name] = known if value is None else value
    return merged


def _usage(counts: Counts) -> Usage | None:
    """The counts; those of cached tokens are not part of Anthropic's `input_tokens`."""
    read = [
        counts[name]
        for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        if is_count(counts.get(name))
    ]
    input_tokens = sum(read) if is_count(counts.get("input_tokens")) else None
    output_tokens, details = count_in(counts, "output_tokens"), counts.get("output_tokens_details")
    is_both = input_tokens is not None and output_tokens is not None
    usage = Usage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        total_tokens=(input_tokens or 0) + (output_tokens or 0) if is_both else None,
        reasoning_tokens=count_in(details, "thinking_tokens")
        if isinstance(details, dict)
        else None,
        cached_tokens=count_in(counts, "cache_read_input_tokens"),
    )
    return None if usage == Usage() else known_counts(usage)


def _authorization(key: ApiKey, server: ServerPreset) -> Mapping[str, str]:
    # Anthropic takes a bearer for a token of another kind, and rejects it. Of the other servers
    # that speak the protocol, vLLM and most gateways look for a bearer only.
    if server.native_protocol == "anthropic":
        return {"x-api-key": key.reveal()}
    return {"x-api-key": key.reveal(), **bearer(key)}


def _reader(request: ChatRequest | None, server: ServerPreset) -> ReadChunk:  # noqa: ARG001  # the reply does not depend on it
    return EventReader().read


def _is_spoken_at(base_url: str, server: ServerPreset) -> bool:
    path = urlsplit(base_url).path.rstrip("/")
    # DashScope, DeepSeek and others have it at a path of this name.
    return path.endswith(("/messages", "/anthropic")) or server.native_protocol == "anthropic"


def _recognizes(first: FirstChunk) -> bool:
    chunk = first.chunk
    if chunk.get("type") == "message":
        return "content" in chunk
    return first.is_event and chunk.get("type") in ("message_start", "ping")


PROTOCOL = WireProtocol(
    path_for=lambda _: _PATH,
    encode=encode,
    spellings=lambda _: _SPELLINGS,
    reader=_reader,
    headers=_VERSION,
    authorization=_authorization,
    takes_reasoning=lambda _: True,
    # Without a limit the list ends after 20 models.
    listing=ModelListing("/v1/models", query="limit=1000", headers=_VERSION),
    merge_counts=_merged,
    read_usage=_usage,
    accepts_documents=True,
    is_spoken_at=_is_spoken_at,
    recognizes=_recognizes,
)
