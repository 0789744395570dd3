"""Chats: lists of messages, as OpenAI's API and the tools around it write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qwq_magic.traces.json_text import Unreadable
from qwq_magic.traces.replies import ReplyText, split_reply, text_in
from qwq_magic.turns import Message
from qwq_magic.turns.messages import Role

# Of OpenAI's API, of ShareGPT, and of Gemini.
_ROLES: dict[str, Role] = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot"), "assistant"),
}
REASONING_NAMES = ("reasoning_content", "reasoning", "thinking", "think")


@dataclass(frozen=True, slots=True)
class Chat:
    """A reply, and the messages that it replies to."""

    sent: tuple[Message, ...]
    reply: ReplyText


def is_chat(value: Any) -> bool:
    """Whether a value is a list of messages."""
    return isinstance(value, list) and bool(value) and all(map(_is_message, value))


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("role", value.get("from")), str)


def chat_of(messages: list[dict[str, Any]]) -> Chat:
    """Return the last reply of a chat, and what was sent before it.

    Raises:
        Unreadable: no message is an assistant's.
    """
    numbers = [number for number, each in enumerate(messages) if role_of(each) == "assistant"]
    if not numbers:
        raise Unreadable("none of its messages is an assistant's")
    return Chat(sent_in(messages[: numbers[-1]]), reply_in(messages[numbers[-1]]))


def sent_in(messages: list[dict[str, Any]]) -> tuple[Message, ...]:
    """Return messages that were sent; those of tools have no place in a turn."""
    return tuple(_message(role, each) for each in messages if (role := role_of(each)))


def _message(role: Role, message: dict[str, Any]) -> Message:
    if role != "assistant":
        return Message(role, text_in(_content_of(message)))
    reply = reply_in(message)
    return Message(role, reply.answer, reply.reasoning)


def role_of(message: dict[str, Any]) -> Role | None:
    return _ROLES.get(str(message.get("role", message.get("from"))).lower())


def reply_in(message: dict[str, Any]) -> ReplyText:
    """Return the texts of an assistant's message."""
    found = (message[name] for name in REASONING_NAMES if message.get(name))
    return split_reply(_content_of(message), next(found, None))


def _content_of(message: dict[str, Any]) -> Any:
    # ShareGPT has the text as `value`.
    names = (name for name in ("content", "value", "text") if message.get(name) is not None)
    return message.get(next(names, "content"))


def prompt_in(sent: tuple[Message, ...]) -> str:
    """Return the last message of the user; "" without one."""
    return next((message.text for message in reversed(sent) if message.role == "user"), "")
