"""Turns as rows of the store, and the messages that were sent with them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from qwq_magic.store.saved_turn import checked, require, require_message, require_turn, turn_from
from qwq_magic.store.schema import checksum
from qwq_magic.store.text import cell_of, text_of
from qwq_magic.turns import Message, Turn

# The columns that are fields of a turn with a text; `details` has the other fields.
_TEXTS = ("id", "conversation", "model", "server", "started_at", "prompt", "answer", "reasoning")
# Only for readers with other tools: these are derived from the turn.
_DERIVED = ("state", "parent")
_VALUES = (*_TEXTS, "finish_reason", *_DERIVED, "details")
_COLUMNS = ("edition", *_VALUES, "sent")
# The names of the columns are constants.
_PLACES = ", ".join("?" * (len(_COLUMNS) + 1))
_INSERT = f"INSERT INTO turns ({', '.join(_COLUMNS)}, checksum) VALUES ({_PLACES})"  # noqa: S608
_SAME_ID = f"SELECT number, edition, {', '.join(_VALUES)} FROM turns WHERE id = ?"  # noqa: S608
_DEFAULTS = Turn("", "").to_dict()
_MANY = 500
# A forged file must not expand without limit in memory, at 8 bytes per reference.
_MAX_SENT = 120_000_000
_Item = TypeVar("_Item")


def values_of(turn: Turn) -> tuple[Any, ...]:
    """Return the values of a turn's row, without those that depend on the file.

    Raises:
        TypeError, ValueError, LookupError, RecursionError: a value could not be read back.
    """
    data = replace(turn, messages=()).to_dict()
    require_turn(data)
    texts = [cell_of(data.pop(name)) for name in _TEXTS]
    finish_reason = data.pop("finish_reason")
    details = {name: value for name, value in data.items() if value != _DEFAULTS.get(name)}
    return (
        *texts,
        None if finish_reason is None else cell_of(finish_reason),
        turn.state,
        None if turn.parent is None else cell_of(turn.parent.id),
        cell_of(json.dumps(details, ensure_ascii=False)),
    )


def number_of(connection: sqlite3.Connection, values: Sequence[Any]) -> tuple[int | None, int]:
    """Return the number of the row with these values, or None, and the edition of a new one."""
    edition = 0
    for number, used, *found in connection.execute(_SAME_ID, values[:1]):
        if found == list(values):
            return number, used
        edition = max(edition, used + 1)
    return None, edition


def insert_turn(
    connection: sqlite3.Connection, values: Sequence[Any], *, edition: int, sent: str
) -> int:
    """Write a turn and return its number."""
    row = (edition, *values, sent)
    number = connection.execute(_INSERT, (*row, checksum(row))).lastrowid
    assert number is not None
    return number


def insert_messages(
    connection: sqlite3.Connection, messages: Iterable[tuple[int, Message]]
) -> None:
    """Write messages under these numbers.

    Raises:
        TypeError: a message could not be read back.
    """
    for number, message in messages:
        texts = (message.role, message.text, message.reasoning, message.signature)
        require_message(*texts)
        row = (number, *map(cell_of, texts))
        connection.execute("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)", (*row, checksum(row)))


def read_turns(
    connection: sqlite3.Connection, numbers: Iterable[int]
) -> tuple[dict[int, Turn], dict[int, Message]]:
    """Return the turns by number, and the messages that were sent with them, by theirs.

    Raises:
        TypeError, ValueError, LookupError, ...: one of `saved_turn.DAMAGE`; a row is damaged.
        sqlite3.Error: the file is damaged.
    """
    wanted = set(numbers)
    rows: dict[int, tuple[dict[str, Any], list[list[int]]]] = {}
    query = f"SELECT number, {', '.join(_COLUMNS)}, checksum FROM turns WHERE number IN "  # noqa: S608
    for number, *row in in_parts(connection, query, sorted(wanted)):
        require_checksum(row)
        rows[number] = _data_of(dict(zip(_COLUMNS, row, strict=False)))
    require(rows.keys() == wanted)
    every_run = [run for _, runs in rows.values() for run in runs]
    require(sum(last - first + 1 for first, last in every_run) <= _MAX_SENT)
    messages = _read_messages(connection, every_run)
    return {
        number: turn_from(data, _messages_in(runs, messages))
        for number, (data, runs) in rows.items()
    }, messages


def turns_with_id(connection: sqlite3.Connection, prefix: str, *, limit: int) -> list[Turn]:
    """Return turns whose id begins with the text, the latest first; see `read_turns`."""
    # A range, for which the index on ids is used.
    query = "SELECT number FROM turns WHERE id >= ? AND id < ? ORDER BY number DESC LIMIT ?"
    found = connection.execute(query, (prefix, f"{prefix}{chr(0x10FFFF)}", limit))
    turns, _ = read_turns(connection, [number for [number] in found])
    return [turns[number] for number in sorted(turns, reverse=True)]


def in_parts(
    connection: sqlite3.Connection, query: str, values: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query that ends in `IN`, for any number of values."""
    for part in parts_of(values):
        yield from connection.execute(f"{query}({', '.join('?' * len(part))})", part)


def parts_of(values: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Yield the values in lists that are short enough for one statement."""
    left = iter(values)
    while part := list(islice(left, _MANY)):
        yield part


def require_checksum(row: Sequence[Any]) -> None:
    """Check the row, which ends in its checksum.

    Raises:
        ValueError: the row has changed since it was written.
    """
    *values, expected = row
    if expected is not None and expected != checksum(values):
        raise ValueError("a row that has changed")


def _data_of(cells: Mapping[str, Any]) -> tuple[dict[str, Any], list[list[int]]]:
    """Return a turn as `Turn.to_dict` makes it, without messages, and the runs of these."""
    details = checked(json.loads(text_of(cells["details"])), dict)
    require(not details.keys() & {*_TEXTS, "finish_reason", "messages"})
    texts = {name: text_of(cells[name]) for name in _TEXTS}
    reason = cells["finish_reason"]
    runs = checked(json.loads(text_of(cells["sent"])), list)
    for run in runs:
        first, last = checked(run, list)
        require(0 < checked(first, int) <= checked(last, int) < 2**63)
    return {
        **details,
        **texts,
        "finish_reason": None if reason is None else text_of(reason),
    }, runs


def _read_messages(
    connection: sqlite3.Connection, runs: Sequence[Sequence[int]]
) -> dict[int, Message]:
    found: dict[int, Message] = {}
    end = 0
    query = "SELECT * FROM messages WHERE number BETWEEN ? AND ? ORDER BY number"
    # Turns are sent nearly the same messages, so most runs overlap; none is read twice.
    for first, last in sorted(map(tuple, runs)):
        if last <= end:
            continue
        for row in connection.execute(query, (max(first, end + 1), last)):
            require_checksum(row)
            number, role, *texts = row[:-1]
            text, reasoning, signature = map(text_of, texts)
            require_message(role, text, reasoning, signature)
            found[number] = Message(role, text, reasoning, signature)
        end = last
    return found


def _messages_in(
    runs: Sequence[Sequence[int]], messages: Mapping[int, Message]
) -> tuple[Message, ...]:
    return tuple(messages[number] for first, last in runs for number in range(first, last + 1))
