"""Messages in a file: written in full the first time, and then referenced by number.

A run of numbers is one pair `[first, last]`, since the messages sent with a turn are usually
those of the turn before it and two more. Runs shorter than a turn and a prompt are written
in full: references to a prompt that is repeated often ("Go on.") would split every later run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from qwq_magic.turns import Message
from qwq_magic.turns.messages import Role

_ROLES = get_args(Role)
_KEYS = frozenset({"role", "text", "reasoning", "signature"})
_MIN_RUN = 3
# A forged file must not expand without limit in memory, at 8 bytes per reference.
_MAX_SENT = 50_000_000


class MessageWriter:
    """Writes messages as JSON, with references to those written before."""

    def __init__(self) -> None:
        self._written: list[Message] = []
        # The number of the first message of each pair that was written consecutively.
        self._pairs: dict[tuple[Message, ...], int] = {}

    def write(self, messages: Sequence[Message]) -> list[Any]:
        items: list[Any] = []
        at = 0
        while at < len(messages):
            first = self._pairs.get(tuple(messages[at : at + 2]))
            length = 0
            if first is not None:
                length = _common_length(messages, at, self._written, first)
            if first is None or length < _MIN_RUN:
                items.append(self._write(messages[at]))
                at += 1
                continue
            items.append([first, first + length - 1])
            # Keep the objects just seen: the next turn holds the same ones, and comparing by
            # identity is fast.
            self._written[first : first + length] = messages[at : at + length]
            at += length
        return items

    def _write(self, message: Message) -> dict[str, str]:
        if self._written:
            self._pairs.setdefault((self._written[-1], message), len(self._written) - 1)
        self._written.append(message)
        item = {"role": message.role, "text": message.text, "reasoning": message.reasoning}
        # Few servers sign a reasoning, and files without a signature stay as they were.
        if message.signature:
            item["signature"] = message.signature
        # Refuse to write what could not be read back.
        _message_from(item)
        return item


def _common_length(a: Sequence[Message], a_at: int, b: list[Message], b_at: int) -> int:
    """Return how many messages of `a` from `a_at` equal those of `b` from `b_at`."""
    limit = min(len(a) - a_at, len(b) - b_at)
    length = 0
    # Whole slices are compared at once, mostly by identity: one message at a time takes 50 times
    # as long. Any length is a sum of powers of two, each used once.
    for step in (1 << bit for bit in reversed(range(limit.bit_length()))):
        a_from, b_from = a_at + length, b_at + length
        if length + step <= limit and [*a[a_from : a_from + step]] == b[b_from : b_from + step]:
            length += step
    return length


class MessageReader:
    """Reads messages back; forged items raise `TypeError`, `LookupError` or `ValueError`."""

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
    signature = data.get("signature", "")
    texts = (text, reasoning, signature)
    if role not in _ROLES or any(type(value) is not str for value in texts):
        raise TypeError("a value of the wrong type")
    if not data.keys() <= _KEYS:
        raise LookupError("an unknown key")
    return Message(role, text, reasoning, signature)
