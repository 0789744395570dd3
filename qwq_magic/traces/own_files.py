"""Files that this package wrote as a whole: saved conversations, and stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from qwq_magic.traces.traces import Trace
from qwq_magic.turns import Turn

_CONVERSATION = "qwq_magic.conversation"
_MANY = 2**62


def is_conversation_header(record: Any) -> bool:
    """Whether a file that begins with this record is a saved conversation."""
    return isinstance(record, dict) and record.get("format") == _CONVERSATION


def read_saved(path: Path) -> Iterator[Trace]:
    """Yield all attempts of saved conversations, each as it was.

    Raises:
        FileError: the file is damaged.
    """
    from qwq_magic.memory.conversation_file import read_conversations

    contents = read_conversations(path).conversations.values()
    turns = (attempt.turn for each in contents for slot in each.slots for attempt in slot.attempts)
    return _once(turns)


def read_store(path: Path) -> Iterator[Trace]:
    """Yield all turns of a store, in the order in which they were written.

    Raises:
        FileError: the file is damaged.
    """
    from qwq_magic.store import Store

    # Also those of batches and of other files, which are in no conversation.
    with Store(path) as store:
        return _once(reversed(store.turns_with_id("", limit=_MANY)))


def _once(turns: Iterable[Turn]) -> Iterator[Trace]:
    # A fork of a conversation has the turns before it again.
    seen: set[str] = set()
    for number, turn in enumerate(turns, 1):
        if turn.id not in seen:
            seen.add(turn.id)
            yield Trace(turn, None, f"turn {number}")
