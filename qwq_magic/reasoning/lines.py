"""Recognise lines that are steps of their own: items of lists, headings and rows of tables.

All is decided by the beginning of a line, or by a whole line of limited length.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

from qwq_magic.reasoning.step_length import is_long_enough

# What "Step 2:" may be called, for use in a pattern without regard to case.
LABELS: Final = (
    "step|case|option|part|phase|method|approach|stage|question|problem|scenario|claim|lemma|"
    "attempt|example|schritt|fall|étape|etape|cas|paso|caso|passo|etapa|шаг|случай|крок|bước|"
    "adım|krok|stap|langkah|चरण|الخطوة|مرحله"
)
_CHINESE_LABELS = "步骤|步驟|情况|情況|方法|方案|选项|選項|ステップ|ケース"
_NUMERALS = "一二三四五六七八九十"

_LONGEST_MARKER = 20
_LONGEST_HEADING = 200
_LONGEST_ROW = 1_000
# How much of an item is read to see whether it is long enough.
_ITEM_BEGINNING = 64

_BULLETS = "-•◦‣▪●○"
_MARKER = re.compile(
    rf"(?:[{_BULLETS}*]|\(?(?:\d{{1,3}}|[A-Za-z]|[ivxIVX]{{2,4}})\)|(?:\d{{1,3}}|[A-Za-z])\.)\s"
    rf"|[(（](?:[{_NUMERALS}]{{1,3}}[)）]|[^\W_]{{1,3}}）)|\d{{1,3}}[、．）]|[{_NUMERALS}]{{1,3}}、"
    r"|[①-⑳]|\d{1,2}단계"
    rf"|(?i:{LABELS})\s(?:\d{{1,3}}|[A-Za-z]|[ivxIVX]{{2,4}})(?:\s?[:：.)]|\s[-–—])\s"
    rf"|第[{_NUMERALS}\d]{{1,3}}(?:步|种|種)|(?:{_CHINESE_LABELS})\s?[{_NUMERALS}\dA-Z]{{1,3}}[:：、.]"
)
_SHORT_MARKER = re.compile(rf"[{_BULLETS}]|[(（]?[^\W_]{{0,4}}[.)）、]?|\d{{1,2}}단?")
_LABEL_WORDS = tuple(f"{LABELS}|{_CHINESE_LABELS}|第".split("|"))
_LABEL_STARTS = frozenset(word[:2] for word in _LABEL_WORDS)
# First characters of markers that are not letters.
_FIRST = frozenset(f"{_BULLETS}(（0123456789{_NUMERALS}" + "".join(map(chr, range(0x2460, 0x2474))))

_HASHES = re.compile(r"#{1,6}")
_AFTER_BOLD = re.compile(r"[ \t]{0,20}[:：]?[ \t\r]{0,20}")
_BOLD_NUMBER = re.compile(r"(?:\d{1,3}|[A-Za-z])[.)]")


class LineKind(Enum):
    """What a line is; only a plain one is not a step of its own."""

    PLAIN = "plain"
    ITEM = "item"
    HEADING = "heading"
    ROW = "row"


class Line(NamedTuple):
    """What a line is.

    Attributes:
        kind: its kind.
        starts_step: whether a step starts with it.
        end: the offset up to which no step ends; 0 if steps may end anywhere in it.
    """

    kind: LineKind
    starts_step: bool = False
    end: int = 0


PLAIN_LINE: Final = Line(LineKind.PLAIN)


def line_at(text: str, at: int, *, closed: bool) -> Line | None:
    """Return what the line is whose first printable character is at `at`, or None if undecided.

    `closed` is whether the text is complete.
    """
    char = text[at]
    if char == "#":
        return _hashes_at(text, at, closed)
    if char == "|":
        return _row_at(text, at, closed)
    if char == "*" and text[at + 1 : at + 2] in ("*", ""):
        return _bold_at(text, at, closed)
    if char in _FIRST or char == "*" or _may_be_labelled(text, at, closed):
        return _marker_at(text, at, closed)
    return PLAIN_LINE


def _may_be_labelled(text: str, at: int, closed: bool) -> bool:
    start = text[at : at + 2]
    if len(start) < 2 and not closed:
        return True
    return start[1:] in (".", ")") or start.lower() in _LABEL_STARTS or start[0] == "第"


def _marker_at(text: str, at: int, closed: bool) -> Line | None:
    if _MARKER.match(text, at):
        return _item_at(text, at, closed)
    head = text[at : at + _LONGEST_MARKER]
    if closed or len(head) == _LONGEST_MARKER or "\n" in head:
        return PLAIN_LINE
    return None if _may_become_marker(head) else PLAIN_LINE


def _may_become_marker(head: str) -> bool:
    if _SHORT_MARKER.fullmatch(head):
        return True
    lower = head.lower()
    return head[0].isalpha() and any(
        word.startswith(lower) or lower.startswith(word) for word in _LABEL_WORDS
    )


def _item_at(text: str, at: int, closed: bool) -> Line | None:
    """Return an item, which starts a step if it is long enough for one."""
    beginning, line_break, _ = text[at : at + _ITEM_BEGINNING].partition("\n")
    if is_long_enough(beginning.rstrip()):
        return Line(LineKind.ITEM, starts_step=True)
    if line_break or closed or len(text) >= at + _ITEM_BEGINNING:
        return Line(LineKind.ITEM)
    return None


def _whole_line(text: str, at: int, limit: int, closed: bool) -> int | None:
    """Return the end of the line, 0 if it is longer than `limit`, or None if undecided."""
    found = text.find("\n", at, at + limit)
    if found >= 0:
        return found
    if len(text) >= at + limit:
        return 0
    return len(text) if closed else None


def _hashes_at(text: str, at: int, closed: bool) -> Line | None:
    match = _HASHES.match(text, at)
    assert match is not None, "the caller has seen the first one"
    end = match.end()
    if end == len(text) and not closed:
        return None
    if text[end : end + 1] not in (" ", "\t"):
        return PLAIN_LINE
    return _masked(LineKind.HEADING, _whole_line(text, at, _LONGEST_HEADING, closed))


def _masked(kind: LineKind, end: int | None) -> Line | None:
    if end is None:
        return None
    return Line(kind, starts_step=True, end=end) if end else PLAIN_LINE


def _row_at(text: str, at: int, closed: bool) -> Line | None:
    end = _whole_line(text, at, _LONGEST_ROW, closed)
    if not end:
        return None if end is None else PLAIN_LINE
    row = text[at:end].rstrip()
    if not row.endswith("|") or row.count("|") < 3:
        return PLAIN_LINE
    # The line under the heads of the columns belongs to them.
    return Line(LineKind.ROW, is_long_enough(row) and bool(row.strip("|-: \t")), end)


def _bold_at(text: str, at: int, closed: bool) -> Line | None:
    """Return what a line is that starts with bold text: often a heading."""
    limit = at + _LONGEST_HEADING
    close = text.find("**", at + 2, limit)
    line_end = text.find("\n", at, limit)
    if close < 0 or 0 <= line_end < close:
        is_decided = closed or line_end >= 0 or len(text) >= limit
        return PLAIN_LINE if is_decided else None
    match = _AFTER_BOLD.match(text, close + 2)
    assert match is not None, "the pattern matches the empty text"
    end = match.end()
    if end == len(text) and not closed:
        return None
    if end == len(text) or text[end] == "\n":
        return Line(LineKind.HEADING, starts_step=True, end=end)
    title = text[at + 2 : close].rstrip()
    introduces = title[-1:] in (":", "：") or match.group().strip() in (":", "：")
    if introduces or _BOLD_NUMBER.match(title):
        return _item_at(text, at, closed)
    return PLAIN_LINE
