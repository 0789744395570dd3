"""A table of texts, as Markdown that nothing in it can escape from, and as aligned text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from qwq_magic.display.saved_text import escape_span, readable
from qwq_magic.plain_text import strip_controls, well_formed

_GAP = "  "
_MIN_WIDTH = 8


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under headings; a text may have several lines."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]

    def markdown(self) -> str:
        # To the left, said outright: some readers would centre the headings over the cells.
        lines = [_markdown_row(self.headings), "|" + ":---|" * len(self.headings)]
        lines += (_markdown_row(row) for row in self.rows)
        return "\n".join(lines)

    def plain(self, *, width: int) -> str:
        """Columns side by side in `width` characters; the widest are wrapped."""
        rows = [[strip_controls(well_formed(cell)) for cell in row] for row in self.rows]
        natural = [
            max(_width(line) for row in (self.headings, *rows) for line in row[n].split("\n"))
            for n in range(len(self.headings))
        ]
        widths = _fitted(natural, width - len(_GAP) * (len(natural) - 1))
        lines = _plain_row(self.headings, widths)
        lines.append(_GAP.join("─" * width for width in widths))
        for row in rows:
            lines += _plain_row(row, widths)
        return "\n".join(lines)


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_markdown_cell(cell) for cell in cells) + " |"


def _markdown_cell(text: str) -> str:
    return "<br>".join(escape_span(line) for line in readable(text).split("\n"))


def _plain_row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    columns = [
        [piece for line in cell.split("\n") for piece in _wrapped(line, width)]
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


def _fitted(natural: Sequence[int], width: int) -> list[int]:
    """The widest columns give way, all to the same width."""
    caps = range(max(width, _MIN_WIDTH), _MIN_WIDTH, -1)
    cap = next((c for c in caps if sum(min(n, c) for n in natural) <= width), _MIN_WIDTH)
    return [min(n, cap) for n in natural]


def _wrapped(line: str, width: int) -> list[str]:
    if _width(line) <= width:
        return [line]
    if _width(line) == len(line):
        return textwrap.wrap(line, width)
    # Where characters take two columns or none, words are not what counts.
    pieces, piece, used = [], "", 0
    for character in line:
        wide = _width(character)
        if used + wide > width:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + character, used + wide
    return [*pieces, piece]


def _width(text: str) -> int:
    from wcwidth import wcswidth  # only a table in a terminal needs it

    return len(text) if text.isascii() else max(0, wcswidth(text))


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
