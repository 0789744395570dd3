"""One message, or a delta of one, as OpenAI and the servers that follow it write it.

Servers differ in the field that carries the reasoning, and some repeat the same text in
several fields, so it is read from one field only. What a preset names goes first.
"""

from __future__ import annotations

from typing import Any

from qwq_magic.settings.presets import CUSTOM, ServerPreset
from qwq_magic.turns import Json, Message
from qwq_magic.wire.content import content_of, text_in
from qwq_magic.wire.sink import Sink

_COMMON_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")


class MessageReader:
    """Reads messages and deltas of one server."""

    __slots__ = ("_reasoning_fields",)

    def __init__(self, server: ServerPreset = CUSTOM) -> None:
        self._reasoning_fields = tuple(
            dict.fromkeys((*server.reasoning_fields, *_COMMON_REASONING_FIELDS))
        )

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
        return bool(reasoning or value or refusal)

    def reasoning_in(self, message: dict[str, Any], reply: Sink) -> str:
        """The text of the first reasoning field that has any."""
        for name in self._reasoning_fields:
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
        # OpenRouter repeats the text of `reasoning` here, so this counts only without it.
        details = message.get("reasoning_details")
        return text_in(details) if isinstance(details, list) else ""


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
