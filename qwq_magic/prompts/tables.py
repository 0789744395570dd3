"""A DataFrame or a Series as a compact Markdown table, for a model to read.

A large table is cut to its first rows and columns, with a line that gives the full size.
pandas is not imported here: if the value is a frame, it already is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

MAX_ROWS = 20
MAX_COLUMNS = 12
_MAX_CELL_CHARACTERS = 100


def is_table(value: object) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series))


def markdown_table(value: Any) -> str:
    """Return the table; the index comes first, unless it only numbers the rows."""
    frame = value if value.ndim == 2 else value.to_frame(value.name or "value")
    rows, columns = frame.shape
    if not columns:
        return f"(a table of {rows:,} rows and no columns)"
    shown = frame.iloc[:MAX_ROWS, :MAX_COLUMNS]
    has_index = not _only_counts(shown.index)
    headings = [*(_index_headings(shown.index) if has_index else ()), *map(_cell, shown.columns)]
    lines = [_row(headings), "|" + "---|" * len(headings)]
    lines += (_row(list(_cells(row, has_index=has_index))) for row in shown.itertuples(name=None))
    left_out = " and ".join(
        f"{most} of {count:,} {name}"
        for count, most, name in ((rows, MAX_ROWS, "rows"), (columns, MAX_COLUMNS, "columns"))
        if count > most
    )
    if left_out:
        lines += ("", f"(the first {left_out})")
    return "\n".join(lines) if rows else "\n".join((*lines, "", "(no rows)"))


def _only_counts(index: Any) -> bool:
    is_range = index.name is None and type(index).__name__ == "RangeIndex"
    return is_range and (index.start, index.step) == (0, 1)


def _index_headings(index: Any) -> list[str]:
    return [_cell(name) if name is not None else "" for name in index.names]


def _cells(row: tuple[Any, ...], *, has_index: bool) -> Iterator[str]:
    index, *values = row
    if has_index:
        yield from map(_cell, index if isinstance(index, tuple) else (index,))
    yield from map(_cell, values)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: object) -> str:
    if isinstance(value, Real) and not isinstance(value, Integral):
        # Only NaN differs from itself; like the other missing values it becomes an empty cell.
        return "" if value != value else f"{float(value):.6g}"
    if value is None or type(value).__name__ in ("NaTType", "NAType"):
        return ""
    if isinstance(value, tuple):
        return " / ".join(_cell(part) for part in value)
    # Only the beginning of a long text is processed.
    text = " ".join(str(value)[: 4 * _MAX_CELL_CHARACTERS].split())
    if len(text) > _MAX_CELL_CHARACTERS:
        text = f"{text[: _MAX_CELL_CHARACTERS - 1]}…"
    return text.replace("\\", "\\\\").replace("|", "\\|")
