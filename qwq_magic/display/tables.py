"""Tables of text, written as inert Markdown or as aligned plain text.

Cells hold untrusted text, so nothing in a cell may end it or be rendered as markup.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from qwq_magic.display.saved.text import escape_span, readable
from qwq_magic.plain_text import strip_controls, well_formed

_GAP = "  "
_MIN_WIDTH = 8
# The width a column keeps for its longest word, and a prose column for its lines.
_MOST_WORD_WIDTH = 20
_PROSE_WIDTH = 24
# A no-break space as wide as a digit.
_FIGURE_SPACE = "&#8199;"
_PROSE_HEADING = 16
# A line may break after each of these chunks: blanks, a word or its part up to a hyphen, and
# any character of a script that is written without spaces.
_UNSPACED = "\u1100-\u115f\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60"
_CHUNK = re.compile(rf"\s+|[{_UNSPACED}]|-*[^\s{_UNSPACED}-]+-*|-+")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings; a cell may have several lines.

    Attributes:
        headings: one per column.
        rows: each has one text per column.
        prose: headings of columns with whole sentences, which are kept wide enough to read.
    """

    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    prose: Collection[str] = ()

    def without_empty_columns(self) -> Table:
        """Return a copy without the columns that are empty in every row."""
        kept = [n for n in range(len(self.headings)) if any(row[n] for row in self.rows)]
        headings, *rows = (tuple(row[n] for n in kept) for row in (self.headings, *self.rows))
        return replace(self, headings=headings, rows=rows)

    def markdown(self) -> str:
        headings = [
            _markdown_cell(heading)
            # Markdown has no column widths; only a wide heading keeps a column from being
            # squeezed.
            + _FIGURE_SPACE * ((_PROSE_HEADING - len(heading)) if heading in self.prose else 0)
            for heading in self.headings
        ]
        # Aligned left explicitly, because some renderers centre headings by default.
        lines = [_markdown_row(headings), "|" + ":---|" * len(headings)]
        lines += (_markdown_row(map(_markdown_cell, row)) for row in self.rows)
        return "\n".join(lines)

    def plain(self, *, width: int) -> str:
        """Return the columns side by side in `width` characters; the widest ones are wrapped."""
        rows = [[_plain_cell(cell) for cell in row] for row in self.rows]
        columns = [
            _Column(
                natural=max(_width(line) for cell in cells for line in cell.split("\n")),
                word=max(_width(word) for cell in cells for word in _CHUNK.findall(cell) or [""]),
                is_prose=heading in self.prose,
            )
            for heading, *cells in zip(self.headings, self.headings, *rows, strict=True)
        ]
        widths = _fitted(columns, width - len(_GAP) * (len(columns) - 1))
        lines = _plain_row(self.headings, widths)
        lines.append(_GAP.join("─" * width for width in widths))
        for row in rows:
            lines += _plain_row(row, widths)
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Column:
    """The widths, in terminal cells, of a column's longest line and longest word."""

    natural: int
    word: int
    is_prose: bool


def _markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _markdown_cell(text: str) -> str:
    return "<br>".join(escape_span(line) for line in readable(text).split("\n"))


def _plain_cell(text: str) -> str:
    return strip_controls(well_formed(text)).expandtabs(4)


def _plain_row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    columns = [
        [part for line in cell.split("\n") for part in _wrapped(line, width)]
        for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(len(column) for column in columns)
    return [
        _GAP.join(
            _padded(column[line] if line < len(column) else "", width)
            for column, width in zip(columns, widths, strict=True)
        ).rstrip()
        for line in range(height)
    ]


def _fitted(columns: Sequence[_Column], width: int) -> list[int]:
    """Return column widths that fit in `width` if possible.

    The widest columns are narrowed to one common width, but keep room for words and prose.
    """
    natural = [column.natural for column in columns]
    narrow = [min(n, _MIN_WIDTH) for n in natural]
    words = [
        max(low, min(column.word, _MOST_WORD_WIDTH))
        for column, low in zip(columns, narrow, strict=True)
    ]
    prose = [n for n, column in enumerate(columns) if column.is_prose]
    taken = sum(word for n, word in enumerate(words) if n not in prose)
    room = min(_PROSE_WIDTH, (width - taken) // max(1, len(prose)))
    least = [min(natural[n], room) if n in prose else word for n, word in enumerate(words)]
    if room < _MIN_WIDTH or sum(least) > width:
        least = narrow
    for cap in range(max(width, _MIN_WIDTH), _MIN_WIDTH, -1):
        widths = [max(min(n, cap), low) for n, low in zip(natural, least, strict=True)]
        if sum(widths) <= width:
            return widths
    return least


def _wrapped(line: str, width: int) -> list[str]:
    if _width(line) <= width:
        return [line]
    lines, current, used = [], "", 0
    for chunk in _CHUNK.findall(line):
        if current.strip() and used + _width(chunk) > width:
            lines.append(current.rstrip())
            current, used = "", 0
        if chunk.isspace() and lines and not used:
            continue
        # A word longer than a line is broken at the end of the line.
        for part in [chunk] if _width(chunk) <= width else chunk:
            wide = _width(part)
            if used + wide > width:
                lines.append(current)
                current, used = "", 0
            current, used = current + part, used + wide
    return [*lines, current.rstrip()]


def _width(text: str) -> int:
    from wcwidth import wcswidth  # needed only for tables in a terminal

    # `wcswidth` returns -1 for text with a control character.
    return len(text) if text.isascii() else max(0, wcswidth(text))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
