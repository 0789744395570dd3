"""The inspection of a batch as a cell's output: where its samples part, as an inert table."""

from __future__ import annotations

from typing import Any

from qwq_magic.batch.inspection import BatchInspection, Group, RowInspection
from qwq_magic.batch.inspection_text import (
    NO_VALUE,
    SHOWN_GROUPS,
    SHOWN_ROWS,
    SHOWN_SAMPLES,
    inspection_text,
    label_of,
    parting_line,
    percent,
    shown,
    trail_text,
    votes_of,
)
from qwq_magic.display.captions import counted
from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.tables import Table


def batch_inspection_bundle(inspection: BatchInspection) -> dict[str, Any]:
    """Return the MIME bundle of an inspection, which is inert."""
    return {"text/markdown": _markdown(inspection), "text/plain": inspection_text(inspection)}


def _markdown(inspection: BatchInspection) -> str:
    rows = inspection.row_numbers
    if len(rows) != 1:
        table = Table(
            ("row", "value", "votes", "first seen, median"),
            [_row_cells(inspection.row(row)) for row in rows[:SHOWN_ROWS]],
        )
        return f"{table.markdown()}{_more(len(rows) - SHOWN_ROWS, 'more row')}"
    row = inspection.row(rows[0])
    cells = [
        cell for group in row.groups[:SHOWN_GROUPS] for cell in _group_cells(group, row, inspection)
    ]
    table = Table(("final value", "samples", "sample", "its reasoning asserts"), cells)
    sentence = f"<p><strong>{escape_span(parting_line(row))}</strong></p>"
    more = _more(len(row.groups) - SHOWN_GROUPS, "more group")
    return f"{sentence}\n\n{table.markdown()}{more}"


def _row_cells(row: RowInspection) -> tuple[str, str, str, str]:
    vote = row.vote
    if vote.value is None:
        return str(row.row), NO_VALUE, "", ""
    value = f"{shown(vote.value)}{' (tied)' if vote.is_tied else ''}"
    votes = f"{vote.count:,} of {vote.total:,} ({percent(vote.share)})"
    return str(row.row), value, votes, "" if row.seen is None else percent(row.seen)


def _group_cells(
    group: Group, row: RowInspection, inspection: BatchInspection
) -> list[tuple[str, str, str, str]]:
    cells = [
        (label_of(trail, inspection), trail_text(trail)) for trail in group.trails[:SHOWN_SAMPLES]
    ]
    left = len(group.trails) - SHOWN_SAMPLES
    if left > 0:
        cells.append(("…", f"{left:,} more"))
    # The group is named once.
    heads = [(shown(group.value), votes_of(group, row)), *[("", "")] * (len(cells) - 1)]
    return [(*head, *cell) for head, cell in zip(heads, cells, strict=True)]


def _more(left: int, noun: str) -> str:
    return f"\n\n<p>{counted(left, noun)}: see to_frame()</p>" if left > 0 else ""
