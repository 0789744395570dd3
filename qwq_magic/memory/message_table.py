"""Messages in a file: each in full where it stands first, and after that by its number.

A run of numbers is one pair `[first, last]`, since what a turn was sent is mostly
what the turn before it was sent, and two more messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from qwq_magic.messages import Message, Role

_ROLES = get_args(Role)
# A forged file must not grow without end in memory; these are references of 8 bytes.
_MAX_SENT = 50_000_000


class MessageWriter:
    """Turns messages into JSON, remembering those it has written."""

    def __init__(self) -> None:
        self._numbers: dict[Message, int] = {}

    def write(self, messages: Iterable[Message]) -> list[Any]:
        items: list[Any] = []
        for message in messages:
            number = self._numbers.get(message)
            if number is None:
                self._numbers[message] = len(self._numbers)
                items.append(
                    {"role": message.role, "text": message.text, "reasoning": message.reasoning}
                )
            elif items and type(items[-1]) is list and items[-1][1] == number - 1:
                items[-1][1] = number
            else:
                items.append([number, number])
        return items


class MessageReader:
    """The reverse; forged items raise a `TypeError`, `LookupError` or `ValueError`."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._left = _MAX_SENT

    def read(self, items: Iterable[Any]) -> tuple[Message, ...]:
        found: list[Message] = []
        for item in items:
            if isinstance(item, list):
                first, last = item
                self._left -= last - first
                if not 0 <= first <= last < len(self._messages) or self._left < 0:
                    raise LookupError(item)
                found += self._messages[first : last + 1]
            else:
                found.append(_message_from(item))
                self._messages.append(found[-1])
        return tuple(found)


def _message_from(data: Any) -> Message:
    role, text, reasoning = data["role"], data["text"], data.get("reasoning", "")
    if role not in _ROLES or type(text) is not str or type(reasoning) is not str:
        raise TypeError("a value of another kind")
    return Message(role, text, reasoning)
