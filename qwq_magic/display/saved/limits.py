"""Limits that keep the cost and output of Markdown parsing proportional to the text.

Some constructs grow beyond their source: a table pads every row to the width of its header, a
lazy continuation line belongs to every enclosing quote, and one link definition serves any
number of links. Where such growth is too large, the source is shown as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.ruler import RuleOptionsType
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

# Each line is counted once per enclosing quote or list.
_MAX_NESTED_LINES = 60_000
_MAX_EMPHASIS = 30_000
# Per answer: table cells, and lines read to count them. Per table: cells of pure padding.
_MAX_CELLS = 20_000
_MAX_COUNTED_LINES = 50_000
_PADDING = 100
# A page typesets all formulas at once, and each takes milliseconds.
_MAX_FORMULAS = 500

_NESTING = re.compile(r"[ \t]*(?:(?:[-*+>]|\d{1,9}[.)])[ \t]*)+")
_MARKER = re.compile(r"[-*+>]|\d+[.)]")
_EMPHASIS = re.compile(r"[*_~]+")


def is_runaway(text: str) -> bool:
    """Whether parsing `text` would take many times as long as prose of the same length."""
    return _nested_lines(text) > _MAX_NESTED_LINES or (
        sum(1 for _ in _EMPHASIS.finditer(text)) > _MAX_EMPHASIS
    )


def _nested_lines(text: str) -> int:
    """Return the sum of the nesting depth over all lines.

    A line without a marker may be a lazy continuation, so it counts as deep as the last one.
    """
    total = depth = 0
    for line in text.split("\n"):
        if not line.strip():
            depth = 0
        elif match := _NESTING.match(line):
            marks = match.group()
            indent = len(marks.expandtabs(4)) - len(marks.expandtabs(4).lstrip(" "))
            depth = max(depth, len(_MARKER.findall(marks)) + indent // 2)
        total += depth
    return total


def repeats_addresses(tokens: Sequence[Token], length: int) -> bool:
    """Whether links repeat addresses far beyond the text's `length`, as references can."""
    written = 0
    for token in tokens:
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                written += len(str(child.attrGet("href") or child.attrGet("src") or ""))
    return written > 2 * length + 10_000


def limit_formulas(tokens: Sequence[Token]) -> None:
    """Turn all formulas past a maximum number into code."""
    left = _MAX_FORMULAS
    for token in tokens:
        for math in (token, *(token.children or ())):
            if math.type not in _CODE_FOR:
                continue
            left -= 1
            if left < 0:
                math.type, math.content = _CODE_FOR[math.type], math.markup


_CODE_FOR = {
    "math_inline": "code_inline",
    "math_display": "code_inline",
    "math_block": "code_block",
}

_Rule = Callable[["StateBlock", int, int, bool], bool]


def limit_tables(markdown: MarkdownIt, table: _Rule) -> None:
    """Keep tables whose rows are much shorter than their header as text."""

    def limited(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        return _has_room(state, first, last, silent) and table(state, first, last, silent)

    alternatives: RuleOptionsType = {"alt": ["paragraph", "reference"]}
    markdown.block.ruler.at("table", limited, alternatives)


def _has_room(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if first + 1 >= last:
        return False
    rule = _line(state, first + 1)
    if not rule or rule.strip("|-: \t"):
        return False
    columns, rows, pipes = rule.count("|") + 1, 0, 0
    used = state.env.setdefault("tables", {"cells": 0, "lines": 0})
    for number in range(first, last):
        if state.isEmpty(number) or used["lines"] > _MAX_COUNTED_LINES:
            break
        rows += 1
        used["lines"] += 1
        pipes += _line(state, number).count("|")
    cells = columns * rows
    if used["lines"] > _MAX_COUNTED_LINES or cells > _PADDING + 2 * pipes:
        return False
    if used["cells"] + cells > _MAX_CELLS:
        return False
    if not silent:
        used["cells"] += cells
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
