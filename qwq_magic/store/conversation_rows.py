"""Conversations as rows of the store.

A conversation has one owner, the writer that last changed it. A writer that finds its own
conversation changed by another one goes on with a copy, so neither loses a turn.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from qwq_magic.store.held import Held, SavedAttempt, SavedSlot, Written
from qwq_magic.store.saved_turn import checked, require
from qwq_magic.store.schema import checksum
from qwq_magic.store.slot_rows import NumberOf, SlotRows
from qwq_magic.store.text import cell_of, text_of
from qwq_magic.store.turn_rows import read_turns, require_checksum
from qwq_magic.turns import Message, Turn

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
    slots = SlotRows(connection, conversation, number_of)
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
        # The time tells the same conversation in a copy of the file from one of another file.
        query = "SELECT owner, version FROM conversations WHERE id = ? AND created_at = ?"
        found = connection.execute(query, (before.id, before.created_at)).fetchone()
        owner, version = found or (None, None)
        if version == before.version:
            return before
        if owner == writer:
            # An interrupt came between a write and the note of it, so what it wrote is unknown.
            connection.execute("DELETE FROM attempts WHERE conversation = ?", (before.id,))
            return Written(_NOTHING, before.id, created_at=before.created_at)
    return Written(_NOTHING)


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
