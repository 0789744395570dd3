"""One message, or a delta of one, as OpenAI and the servers that follow it write it.

Servers differ in the field that carries the reasoning, and some repeat the same text in
several fields, so it is read from one field only. What a preset names goes first.
"""

from __future__ import annotations

import re
from typing import Any, Final

from qwq_magic.settings.presets import CUSTOM, ServerPreset
from qwq_magic.turns import Json, Message
from qwq_magic.wire.content import content_of, text_in
from qwq_magic.wire.sink import Sink

_COMMON_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_text")
# The same text again in parts, for which these count only without it: OpenRouter and LiteLLM.
_PARTED_REASONING_FIELDS: Final = ("reasoning_details", "thinking_blocks")
# What else servers put into a message; none of it is text of the reply.
_OTHER_FIELDS: Final = frozenset(
    {
        *("role", "content", "refusal", "name", "id", "type", "object", "index", "status"),
        *("tool_calls", "tool_call_id", "tool_name", "function_call", "audio", "images"),
        *("annotations", "citations", "logprobs", "token_ids", "finish_reason", "stop_reason"),
        *("provider_specific_fields", "model", "phase", "partial", "prefix", "channel"),
    }
)
# Names of fields whose strings are probably text of the model's.
_TEXT_NAME: Final = re.compile(
    r"reason(?!s?_tokens)|think|thought|answer|analysis|content|text"
    r"|response|output|generated|summary",
    re.IGNORECASE,
)
_OPAQUE_NAME: Final = re.compile(
    r"signature|encrypted|redacted|_id$|type|format|effort|status", re.IGNORECASE
)


class MessageReader:
    """Reads messages and deltas of one server."""

    __slots__ = ("_known", "reasoning_fields")

    def __init__(self, server: ServerPreset = CUSTOM) -> None:
        self.reasoning_fields = tuple(
            dict.fromkeys((*server.reasoning_fields, *_COMMON_REASONING_FIELDS))
        )
        self._known = _OTHER_FIELDS.union(self.reasoning_fields, _PARTED_REASONING_FIELDS)

    def read(self, message: dict[str, Any], reply: Sink) -> bool:
        """Add the reasoning to the reply, then the content; return whether there was any."""
        reasoning = self.reasoning_in(message, reply)
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
            add_as_content(refusal, reply)
        if not message.keys() <= self._known:
            skip_unread(message, self._known, reply, prefix="delta.")
        return bool(reasoning or value or refusal)

    def reasoning_in(self, message: dict[str, Any], reply: Sink) -> str:
        """The text of the first reasoning field that has any."""
        for name in self.reasoning_fields:
            value = message.get(name)
            if value and isinstance(value, str):
                return value
            # `true` is a switch that some gateways echo.
            if value and value is not True:
                content = content_of(value)
                if not content.is_whole:
                    reply.lose_content()
                if text := content.reasoning + content.answer:
                    return text
        for name in _PARTED_REASONING_FIELDS:
            details = message.get(name)
            if isinstance(details, list) and (text := _text_of_parts(details)):
                return text
        return ""


def _text_of_parts(parts: list[Any]) -> str:
    # An Anthropic part has its text in `thinking`, one of OpenRouter's in `text`.
    return "".join(text_in([part]) or content_of(part).reasoning for part in parts)


def skip_unread(
    fields: dict[str, Any], known: frozenset[str], reply: Sink, *, prefix: str = ""
) -> None:
    """Report the fields that are not known and have a string in them."""
    for name, value in fields.items():
        if name in known or not (value and isinstance(value, (str, list, dict))):
            continue
        if not _OPAQUE_NAME.search(name):
            is_text = isinstance(value, str) and _TEXT_NAME.search(name) is not None
            reply.skip(prefix + name, may_be_text=is_text)


def add_as_content(value: Any, reply: Sink) -> None:
    """Add all the text of `value` as content, of reasoning parts as well."""
    content = content_of(value or None)
    if text := content.reasoning + content.answer:
        reply.add_content(text)
    if not content.is_whole:
        reply.lose_content()


def reasoning_back(message: Message, server: ServerPreset) -> dict[str, Json]:
    """The reasoning of an earlier turn, in the field in which the server takes it back."""
    if message.reasoning and server.history_field:
        return {server.history_field: message.reasoning}
    return {}
