"""Hand labels as rows of the store, beside the turns that they are of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from qwq_magic.errors import FileError
from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.kind_names import LABEL_KINDS, Kind
from qwq_magic.reasoning.labels import MAX_TIME, StepLabel, is_annotator
from qwq_magic.store.saved_turn import checked, require
from qwq_magic.store.schema import checksum, has_labels
from qwq_magic.store.text import cell_of, text_of
from qwq_magic.store.turn_rows import in_parts, require_checksum
from qwq_magic.turns import Turn

_COLUMNS = ("turn", "first", "annotator", "past", "step", "label", "labelled_at")
_NAMES = ", ".join(_COLUMNS)


def require_label(label: StepLabel, reasoning: str) -> None:
    """Check that the label is one of a step of this reasoning.

    Raises:
        TypeError: it is not.
    """
    require(label.label in LABEL_KINDS and is_annotator(label.annotator))
    require(0 <= label.start < label.end <= len(reasoning) and label.step >= 0)
    when = label.labelled_at
    require(len(when) <= MAX_TIME and when == one_line(when))


def checked_labels(labels: Iterable[StepLabel], turn: Turn) -> tuple[StepLabel, ...]:
    """Return the labels, all of which are of steps of the turn.

    Raises:
        FileError: one of them is not.
    """
    checked_ones = tuple(labels)
    for label in checked_ones:
        try:
            require_label(label, turn.reasoning)
        except TypeError as error:
            raise FileError(
                f"Nothing was written: {one_line(repr(label), limit_bytes=300)} is not a label of "
                "this turn. Use offsets of a step, one of the nine kinds, and a name."
            ) from error
    return checked_ones


def put_label(connection: sqlite3.Connection, turn: int, label: StepLabel) -> None:
    """Write a label of a turn in place of those of the same person that begin in its step."""
    remove_labels(connection, turn, label)
    row = (
        *(turn, label.start, cell_of(label.annotator), label.end, label.step),
        *(label.label.value, cell_of(label.labelled_at)),
    )
    connection.execute("INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, checksum(row)))


def remove_labels(connection: sqlite3.Connection, turn: int, label: StepLabel) -> None:
    """Remove the labels of a turn by the same person that begin in the step of this one."""
    connection.execute(
        "DELETE FROM labels WHERE turn = ? AND annotator = ? AND first >= ? AND first < ?",
        (turn, cell_of(label.annotator), label.start, label.end),
    )


def read_labels(connection: sqlite3.Connection, turn_id: str | None) -> list[StepLabel]:
    """Return the labels of the turns with this id, or of all turns, in the order of the text.

    Raises:
        TypeError, ValueError, LookupError, ...: one of `saved_turn.DAMAGE`; a row is damaged.
        sqlite3.Error: the file is damaged.
    """
    # A file of version 1 that is only read has no such table.
    if not has_labels(connection):
        return []
    query = f"SELECT {_NAMES}, checksum FROM labels"  # noqa: S608  # the names are constants
    values: tuple[str | bytes, ...] = ()
    if turn_id is not None:
        query += " WHERE turn IN (SELECT number FROM turns WHERE id = ?)"
        values = (cell_of(turn_id),)
    rows = connection.execute(f"{query} ORDER BY turn, first, annotator", values).fetchall()
    # Only the text, since a whole turn would bring its messages along.
    texts: dict[int, tuple[str, str]] = {}
    wanted = sorted({row[0] for row in rows})
    for number, found, reasoning in in_parts(
        connection, "SELECT number, id, reasoning FROM turns WHERE number IN ", wanted
    ):
        texts[number] = text_of(found), text_of(reasoning)
    return [_label_from(row, texts) for row in rows]


def _label_from(row: tuple[Any, ...], texts: dict[int, tuple[str, str]]) -> StepLabel:
    require_checksum(row)
    turn, first, annotator, past, step, kind, labelled_at, _ = row
    turn_id, reasoning = texts[turn]
    label = StepLabel(
        turn_id,
        checked(step, int),
        checked(first, int),
        checked(past, int),
        Kind(text_of(kind)),
        text_of(annotator),
        text_of(labelled_at),
    )
    require_label(label, reasoning)
    return replace(label, text=reasoning[label.start : label.end])
