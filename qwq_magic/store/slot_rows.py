"""The slots of a conversation as rows of the store: only what has changed is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeAlias

from qwq_magic.store.held import SlotLike, Written
from qwq_magic.store.schema import checksum
from qwq_magic.turns import Turn

# Returns the number of a turn's row; writes the row if it is missing.
NumberOf: TypeAlias = Callable[[Turn], int]
_Placed: TypeAlias = tuple[int, SlotLike]


class SlotRows:
    """Brings the slots of one conversation up to date.

    Attributes:
        added: how many attempts were added, less those that were removed.
    """

    def __init__(
        self, connection: sqlite3.Connection, conversation: int, number_of: NumberOf
    ) -> None:
        self._connection = connection
        self._conversation = conversation
        self._number_of = number_of
        self._positions: list[int] = []
        self.added = 0

    def change(self, known: Written, slots: Sequence[SlotLike]) -> tuple[int, ...]:
        """Write the difference, and return the positions of the slots."""
        old, positions = known.held.slots, known.positions
        first = _common(old, slots)
        # Counted without the common beginning, since a turn may be in a conversation twice.
        rest = min(len(old), len(slots)) - first
        last = _common(islice(reversed(old), rest), reversed(slots))
        end = len(old) - last
        self._positions = list(positions[:first])
        has_room = self._change_middle(
            list(zip(positions[first:end], old[first:end], strict=True)),
            slots[first : len(slots) - last],
            before=positions[end] if last else None,
        )
        if has_room:
            return (*self._positions, *positions[end:])
        self._rewrite(known, slots)
        return tuple(self._positions)

    def _change_middle(
        self, old: Sequence[_Placed], slots: Sequence[SlotLike], *, before: int | None
    ) -> bool:
        """Write the slots in place of the old ones; return False if there is no room for them.

        `before` is the position that follows.
        """
        indexes = {id(slot): index for index, (_, slot) in enumerate(old)}
        at = 0
        waiting: list[SlotLike] = []
        for slot in slots:
            index = indexes.get(id(slot), -1)
            if index < at:
                waiting.append(slot)
                continue
            position = old[index][0]
            if not self._replace(old[at:index], waiting, before=position):
                return False
            self._positions.append(position)
            at, waiting = index + 1, []
        return self._replace(old[at:], waiting, before=before)

    def _replace(
        self, old: Sequence[_Placed], slots: Sequence[SlotLike], *, before: int | None
    ) -> bool:
        for (position, former), slot in zip(old, slots, strict=False):
            self._update(position, former, slot)
            self._positions.append(position)
        for position, former in old[len(slots) :]:
            self._remove(position, former, keep=0)
        added = slots[len(old) :]
        after = self._positions[-1] if self._positions else 0
        if before is not None and before - after - 1 < len(added):
            return False
        self._append(added)
        return True

    def _append(self, slots: Sequence[SlotLike]) -> None:
        for slot in slots:
            position = self._positions[-1] + 1 if self._positions else 1
            self._insert(position, slot, start=0)
            self._positions.append(position)

    def _rewrite(self, known: Written, slots: Sequence[SlotLike]) -> None:
        self._connection.execute(
            "DELETE FROM attempts WHERE conversation = ?", (self._conversation,)
        )
        self.added = -known.attempts
        self._positions.clear()
        self._append(slots)

    def _update(self, position: int, old: SlotLike, slot: SlotLike) -> None:
        is_same_mark = old.is_hidden == slot.is_hidden
        kept = _common(old.attempts, slot.attempts) if is_same_mark else 0
        self._remove(position, old, keep=kept)
        self._insert(position, slot, start=kept)

    def _remove(self, position: int, slot: SlotLike, *, keep: int) -> None:
        if keep < len(slot.attempts):
            self._connection.execute(
                "DELETE FROM attempts WHERE conversation = ? AND slot = ? AND attempt > ?",
                (self._conversation, position, keep),
            )
            self.added -= len(slot.attempts) - keep

    def _insert(self, position: int, slot: SlotLike, *, start: int) -> None:
        for number, attempt in enumerate(slot.attempts[start:], start + 1):
            row = (
                *(self._conversation, position, number, self._number_of(attempt.turn)),
                *(attempt.sent_at, attempt.committed_at, int(slot.is_hidden)),
            )
            self._connection.execute(
                "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, checksum(row))
            )
            self.added += 1


def _common(a: Iterable[object], b: Iterable[object]) -> int:
    """Return how many of the first objects are the same ones."""
    length = 0
    for one, other in zip(a, b, strict=False):
        if one is not other:
            break
        length += 1
    return length
