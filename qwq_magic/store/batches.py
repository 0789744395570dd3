"""Batches as rows of the store: their input, and which turn is which sample.

A sample has a key, by which the same request is recognised in a later batch.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from qwq_magic.store.text import cell_of, text_of
from qwq_magic.store.turn_rows import in_parts, read_turns
from qwq_magic.turns import Turn, is_cut


def insert_batch(
    connection: sqlite3.Connection,
    template: str,
    rows: Sequence[Mapping[str, object]],
    *,
    started_at: str,
) -> int:
    """Write a batch and its rows; return its id."""
    query = "INSERT INTO batches (template, started_at) VALUES (?, ?)"
    batch = connection.execute(query, (cell_of(template), cell_of(started_at))).lastrowid
    assert batch is not None
    connection.executemany(
        "INSERT INTO batch_rows VALUES (?, ?, ?)",
        ((batch, number, _json_of(row)) for number, row in enumerate(rows)),
    )
    return batch


def _json_of(row: Mapping[str, object]) -> str | bytes:
    values = {str(name): _plain(value) for name, value in row.items()}
    return cell_of(json.dumps(values, ensure_ascii=False))


def _plain(value: object) -> object:
    """Return the value if it is JSON, otherwise its text."""
    try:
        # Also refuses NaN, which is not JSON.
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return str(value)
    return value


class StoredSample(NamedTuple):
    """One sample of a batch.

    Attributes:
        row: the index of its row, from 0.
        number: the number of the sample of this row.
        model: the model that was asked.
        key: what its turn is found by.
        turn: the turn.
    """

    row: int
    number: int
    model: str
    key: str
    turn: Turn


def insert_sample(
    connection: sqlite3.Connection, batch: int, sample: StoredSample, *, turn: int
) -> None:
    """Note which turn, by its number, is this sample."""
    row, number, model, key, _ = sample
    connection.execute(
        "INSERT INTO samples (batch, row, number, model, key, turn) VALUES (?, ?, ?, ?, ?, ?)",
        (batch, row, number, cell_of(model), cell_of(key), turn),
    )


def turns_of(
    connection: sqlite3.Connection, keys: Iterable[str], *, is_finished: bool
) -> dict[str, Turn]:
    """Return the latest turn of each key; with `is_finished`, the latest that is finished.

    Finished is a turn that need not be asked again: it is complete, or the server ended it.

    Raises:
        TypeError, ValueError, LookupError, ...: one of `saved_turn.DAMAGE`; a row is damaged.
        sqlite3.Error: the file is damaged.
    """
    waiting = _turns_by_key(connection, list(dict.fromkeys(keys)), without_errors=is_finished)
    found: dict[str, Turn] = {}
    while waiting:
        latest = {key: numbers.pop() for key, numbers in waiting.items()}
        turns, _ = read_turns(connection, latest.values())
        for key, number in latest.items():
            turn = turns[number]
            if not is_finished or turn.complete or is_cut(turn):
                found[key] = turn
        waiting = {key: left for key, left in waiting.items() if left and key not in found}
    return found


def _turns_by_key(
    connection: sqlite3.Connection, keys: Sequence[str], *, without_errors: bool
) -> dict[str, list[int]]:
    """Return the numbers of the turns of each key, oldest first."""
    query = (
        "SELECT samples.id, samples.key, samples.turn, turns.state FROM samples "
        "JOIN turns ON turns.number = samples.turn WHERE samples.key IN "
    )
    found: dict[str, list[int]] = {}
    for _, key, turn, state in sorted(in_parts(connection, query, list(map(cell_of, keys)))):
        if not (without_errors and state == "error"):
            found.setdefault(text_of(key), []).append(turn)
    return found
