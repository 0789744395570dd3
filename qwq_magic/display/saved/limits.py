"""How much work and output a text may ask of the Markdown parser: little more than it is long.

Some constructs grow: a table pads every row to its header, a line that goes on lazily
belongs to every quote around it, one definition serves any number of links. What would
grow is shown as the text it is.
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

# Lines, each counted once for every quote or list around it.
_MAX_NESTED_LINES = 60_000
_MAX_EMPHASIS = 30_000
# Cells in one answer, and lines looked at to count them; a table's padding, beside its cells.
_MAX_CELLS = 20_000
_MAX_COUNTED_LINES = 50_000
_PADDING = 100
# A page typesets them in one go, milliseconds each.
_MAX_FORMULAS = 500

_NESTING = re.compile(r"[ \t]*(?:(?:[-*+>]|\d{1,9}[.)])[ \t]*)+")
_MARKER = re.compile(r"[-*+>]|\d+[.)]")
_EMPHASIS = re.compile(r"[*_~]+")


def is_runaway(text: str) -> bool:
    """Would parsing it take many times as long as parsing prose of its length?"""
    return _nested_lines(text) > _MAX_NESTED_LINES or (
        sum(1 for _ in _EMPHASIS.finditer(text)) > _MAX_EMPHASIS
    )


def _nested_lines(text: str) -> int:
    """Lines times the depth they may lie in: a line without a mark goes on as deep as the last."""
    total = depth = 0
    for line in text.split("\n"):
        if not line.strip():
            depth = 0
        elif opened := _NESTING.match(line):
            marks = opened.group()
            indent = len(marks.expandtabs(4)) - len(marks.expandtabs(4).lstrip(" "))
            depth = max(depth, len(_MARKER.findall(marks)) + indent // 2)
        total += depth
    return total


def repeats_addresses(tokens: Sequence[Token], length: int) -> bool:
    """Do links repeat addresses far beyond what was written, as references to one can?"""
    written = 0
    for token in tokens:
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                written += len(str(child.attrGet("href") or child.attrGet("src") or ""))
    return written > 2 * length + 10_000


def limit_formulas(tokens: Sequence[Token]) -> None:
    """Past a number of formulas, each further one is code."""
    left = _MAX_FORMULAS
    for token in tokens:
        for one in (token, *(token.children or ())):
            if one.type not in _CODE_FOR:
                continue
            left -= 1
            if left < 0:
                one.type, one.content = _CODE_FOR[one.type], one.markup


_CODE_FOR = {
    "math_inline": "code_inline",
    "math_display": "code_inline",
    "math_block": "code_block",
}

_Rule = Callable[["StateBlock", int, int, bool], bool]


def limit_tables(markdown: MarkdownIt, table: _Rule) -> None:
    """A table whose rows are much shorter than its header stays text."""

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
