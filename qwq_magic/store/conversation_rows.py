"""Conversations as rows of the store: only what has changed is written.

A conversation has one owner, the writer that last changed it. A writer that finds its own
conversation changed by another one goes on with a copy, so neither loses a turn.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Protocol, TypeAlias

from qwq_magic.store.schema import checksum
from qwq_magic.store.text import cell_of, text_of
from qwq_magic.store.turn_rows import read_turns, require_checksum
from qwq_magic.turns import Message, Turn
from qwq_magic.turns.saved_turn import checked, require

# Returns the number of a turn's row; writes the row if it is missing.
NumberOf: TypeAlias = Callable[[Turn], int]


# Protocols, because `memory` is in a layer above this one.
class AttemptLike(Protocol):
    """A turn, and the conversation's revisions when it was sent and when it was committed."""

    @property
    def turn(self) -> Turn: ...
    @property
    def sent_at(self) -> int: ...
    @property
    def committed_at(self) -> int: ...


class SlotLike(Protocol):
    """All attempts at one turn of a conversation; an unchanged slot is the same object."""

    @property
    def attempts(self) -> Sequence[AttemptLike]: ...
    @property
    def is_hidden(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class SavedAttempt:
    """An attempt as it was read."""

    turn: Turn
    sent_at: int
    committed_at: int


@dataclass(frozen=True, slots=True)
class SavedSlot:
    """A slot as it was read."""

    attempts: tuple[SavedAttempt, ...]
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation as memory holds it.

    Attributes:
        name: its name.
        window: the size, None for all, and the unit of what is sent.
        revision: the number of turns ever committed.
        slots: its turns, oldest first.
    """

    name: str
    window: tuple[int | None, str]
    revision: int
    slots: Sequence[SlotLike]


@dataclass(frozen=True, slots=True)
class Written:
    """A conversation as the file holds it, for comparison with what is held later.

    Attributes:
        held: what was written.
        id: the conversation's id in the file; 0 for none.
        version: which change of the file was the last one to this conversation.
        positions: the numbers of the slots in the file, ascending, with gaps.
        attempts: how many attempts there are.
        created_at: when it was first written, ISO 8601 in UTC; "" for never.
    """

    held: Held
    id: int = 0
    version: int = 0
    positions: tuple[int, ...] = ()
    attempts: int = 0
    created_at: str = ""


_NOTHING = Held("", (None, "turns"), 0, ())


def write_conversation(
    connection: sqlite3.Connection,
    held: Held,
    before: Written | None,
    *,
    writer: int,
    number_of: NumberOf,
) -> Written:
    """Write what has changed since `before`, and return what the file holds now.

    Args:
        connection: in a transaction.
        held: the conversation.
        before: what was written or read last; None for a new conversation.
        writer: who writes.
        number_of: returns the number of a turn's row.
    """
    known = _current(connection, before, writer)
    [last_id, last] = connection.execute(
        "SELECT max(id), max(version) FROM conversations"
    ).fetchone()
    conversation, version = known.id or (last_id or 0) + 1, (last or 0) + 1
    slots = _SlotRows(connection, conversation, number_of)
    positions = slots.change(known, held.slots)
    attempts = known.attempts + slots.added
    now = utc_now()
    created_at = known.created_at or now
    size, unit = held.window
    row = (
        *(conversation, cell_of(held.name), writer, version, size, unit, held.revision),
        *(attempts, created_at, now),
    )
    connection.execute(
        "INSERT OR REPLACE INTO conversations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*row, checksum(row)),
    )
    return Written(held, conversation, version, positions, attempts, created_at)


def _current(connection: sqlite3.Connection, before: Written | None, writer: int) -> Written:
    """Return what the file holds of the conversation and this writer may change."""
    if before is not None:
        query = "SELECT owner, version FROM conversations WHERE id = ?"
        owner, version = connection.execute(query, (before.id,)).fetchone() or (None, None)
        if version == before.version:
            return before
        if owner == writer:
            # An interrupt came between a write and the note of it, so what it wrote is unknown.
            connection.execute("DELETE FROM attempts WHERE conversation = ?", (before.id,))
            return Written(_NOTHING, before.id, created_at=before.created_at)
    return Written(_NOTHING)


class _SlotRows:
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


_Placed: TypeAlias = tuple[int, SlotLike]


def _common(a: Iterable[object], b: Iterable[object]) -> int:
    """Return how many of the first objects are the same ones."""
    length = 0
    for one, other in zip(a, b, strict=False):
        if one is not other:
            break
        length += 1
    return length


def read_conversations(
    connection: sqlite3.Connection,
) -> tuple[list[Written], dict[int, Message]]:
    """Return all conversations, the one that changed last first, and the messages by number.

    Raises:
        TypeError, ValueError, LookupError, ...: one of `saved_turn.DAMAGE`; a row is damaged.
        sqlite3.Error: the file is damaged.
    """
    # A row that got lost with the structure around it would not be missed otherwise.
    for table in ("conversations", "attempts"):
        require(connection.execute(f"PRAGMA quick_check({table})").fetchall() == [("ok",)])
    query = "SELECT * FROM attempts ORDER BY conversation, slot, attempt"
    attempts = connection.execute(query).fetchall()
    for row in attempts:
        require_checksum(row)
        require(all(type(value) is int for value in row[:-1]))
    turns, messages = read_turns(connection, {turn for _, _, _, turn, *_ in attempts})
    of_conversation = {
        conversation: list(rows) for conversation, rows in groupby(attempts, itemgetter(0))
    }
    rows = connection.execute("SELECT * FROM conversations ORDER BY version DESC").fetchall()
    require(of_conversation.keys() <= {row[0] for row in rows})
    found = [_conversation_from(row, of_conversation.get(row[0], []), turns) for row in rows]
    return found, messages


def _conversation_from(
    row: Sequence[Any], attempts: Sequence[Sequence[Any]], turns: Mapping[int, Turn]
) -> Written:
    require_checksum(row)
    number, name, _, version, size, unit, revision, count, created_at, *_ = row
    require(checked(count, int) == len(attempts))
    checked(revision, int)
    slots: list[SavedSlot] = []
    positions: list[int] = []
    for position, rows in groupby(attempts, itemgetter(1)):
        slots.append(_slot_from(list(rows), turns, revision))
        positions.append(position)
    require(not positions or positions[0] > 0)
    held = Held(text_of(name), (size, text_of(unit)), revision, tuple(slots))
    return Written(
        *(held, checked(number, int), checked(version, int), tuple(positions), count),
        text_of(created_at),
    )


def _slot_from(rows: Sequence[Sequence[Any]], turns: Mapping[int, Turn], latest: int) -> SavedSlot:
    require([row[2] for row in rows] == list(range(1, len(rows) + 1)))
    require({row[6] for row in rows} <= {0, 1} and len({row[6] for row in rows}) == 1)
    require(all(0 <= sent_at <= committed_at <= latest for *_, sent_at, committed_at, _, _ in rows))
    attempts = (SavedAttempt(turns[row[3]], row[4], row[5]) for row in rows)
    return SavedSlot(tuple(attempts), bool(rows[0][6]))


def utc_now() -> str:
    """Return the time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
