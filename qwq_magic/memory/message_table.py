"""Messages in a JSON Lines file: written in full the first time, then as runs of numbers.

A run is one pair `[first, last]`; `store.message_runs` finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qwq_magic.store.message_runs import Known, MessageRuns
from qwq_magic.store.saved_turn import require_message
from qwq_magic.turns import Message

_KEYS = frozenset({"role", "text", "reasoning", "signature"})
# A forged file must not expand without limit in memory, at 8 bytes per reference.
_MAX_SENT = 50_000_000


class MessageWriter:
    """Writes messages as JSON, with references to those written before."""

    def __init__(self) -> None:
        self._runs = MessageRuns()

    def write(self, messages: Sequence[Message]) -> list[Any]:
        return [
            [item.first, item.last] if isinstance(item, Known) else _item_of(item.message)
            for item in self._runs.split(messages)
        ]


def _item_of(message: Message) -> dict[str, str]:
    item = {"role": message.role, "text": message.text, "reasoning": message.reasoning}
    # Few servers sign a reasoning, and files without a signature stay as they were.
    if message.signature:
        item["signature"] = message.signature
    # Refuse to write what could not be read back.
    _message_from(item)
    return item


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
    require_message(role, text, reasoning, signature)
    if not data.keys() <= _KEYS:
        raise LookupError("an unknown key")
    return Message(role, text, reasoning, signature)
