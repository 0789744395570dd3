"""Messages in a file: each in full where it stands first, and after that by its number.

A run of numbers is one pair `[first, last]`, since what a turn was sent is mostly
what the turn before it was sent, and two more messages. Shorter runs than a turn and
a prompt are written out: references to a prompt that is asked again and again ("Go
on.") would tear every later run apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from qwq_magic.turns import Message
from qwq_magic.turns.messages import Role

_ROLES = get_args(Role)
_KEYS = frozenset({"role", "text", "reasoning"})
_LEAST_RUN = 3
# A forged file must not grow without end in memory; these are references of 8 bytes.
_MAX_SENT = 50_000_000


class MessageWriter:
    """Turns messages into JSON, remembering those it has written."""

    def __init__(self) -> None:
        self._written: list[Message] = []
        # Where two messages were first written one after the other.
        self._pairs: dict[tuple[Message, ...], int] = {}

    def write(self, messages: Sequence[Message]) -> list[Any]:
        items: list[Any] = []
        at = 0
        while at < len(messages):
            first = self._pairs.get(tuple(messages[at : at + 2]))
            length = 0
            if first is not None:
                length = _common_length(messages, at, self._written, first)
            if first is None or length < _LEAST_RUN:
                items.append(self._write(messages[at]))
                at += 1
                continue
            items.append([first, first + length - 1])
            # The very objects that come again next time, so that they compare by identity.
            self._written[first : first + length] = messages[at : at + length]
            at += length
        return items

    def _write(self, message: Message) -> dict[str, str]:
        if self._written:
            self._pairs.setdefault((self._written[-1], message), len(self._written) - 1)
        self._written.append(message)
        item = {"role": message.role, "text": message.text, "reasoning": message.reasoning}
        # What cannot be read again must not be written.
        _message_from(item)
        return item


def _common_length(a: Sequence[Message], a_at: int, b: list[Message], b_at: int) -> int:
    """How many messages are the same from there on."""
    most = min(len(a) - a_at, len(b) - b_at)
    length = 0
    # Whole slices are compared at once, mostly by identity: message by message takes 50 times
    # as long. Any length is a sum of powers of two, each used once.
    for step in (1 << bit for bit in reversed(range(most.bit_length()))):
        ours, theirs = a_at + length, b_at + length
        if length + step <= most and [*a[ours : ours + step]] == b[theirs : theirs + step]:
            length += step
    return length


class MessageReader:
    """The reverse; forged items raise a `TypeError`, `LookupError` or `ValueError`."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._left = _MAX_SENT

    def read(self, items: Sequence[Any]) -> tuple[Message, ...]:
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
    if not data.keys() <= _KEYS:
        raise LookupError("an unknown key")
    return Message(role, text, reasoning)
