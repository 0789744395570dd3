r"""Find the ends of math and code, so that no step is cut inside them.

A span must close within a limit, or its opening sign is plain text, so an unpaired `$` delays
steps by at most 1,000 characters. Inline spans cannot contain a blank line. The next `$`
decides whether a `$` opens math, by the rules of Pandoc: `$5 and $6` contains no math.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

INLINE_LIMIT = 1_000
DISPLAY_LIMIT = 4_000
FENCE_LIMIT = 20_000

# Results of `span_end` other than an offset: not a span, or more text is needed to decide.
PLAIN = -1
UNDECIDED = -2

_SIGN = re.compile(r"[$\\`~]")
_OPENER = re.compile(r"\\begin\{|\\.|\\|\$\$|\$|`+|~+", re.DOTALL)
_DISPLAY_CLOSERS = {"\\[": "\\]", "$$": "$$", "\\begin{": "\\end{"}
_BREAK = re.compile(r"\n[ \t\r]*\n")
_DOLLAR_OR_BREAK = re.compile(r"(?<!\\)\$|\n[ \t\r]*\n")
_TICKS_OR_BREAK = re.compile(r"`+|\n[ \t\r]*\n")
_FENCE_CLOSERS = {"`": re.compile(r"\n[ ]{0,3}(`{3,})"), "~": re.compile(r"\n[ ]{0,3}(~{3,})")}


def span_end(text: str, at: int, *, closed: bool) -> tuple[int, int]:
    """Return the end of the sign at `at`, and the end of its span, PLAIN or UNDECIDED.

    `closed` is whether the text is complete.
    """
    match = _OPENER.match(text, at)
    if match is None:
        return at + 1, PLAIN
    sign, end = match.group(), match.end()
    if not closed and (end == len(text) or _may_become_begin(text, at)):
        return end, UNDECIDED  # `\` may become `\[`, and `$` may become `$$`
    if end == len(text):
        return end, PLAIN
    return end, _end_of(sign, text, end, closed)


def _may_become_begin(text: str, at: int) -> bool:
    seen = text[at : at + 7]
    return len(seen) < 7 and "\\begin{".startswith(seen)


def _end_of(sign: str, text: str, start: int, closed: bool) -> int:
    if sign in _DISPLAY_CLOSERS:
        return _display_end(text, start, _DISPLAY_CLOSERS[sign], closed)
    if sign == "$":
        return _dollar_end(text, start, closed)
    if sign == "\\(":
        return _paren_end(text, start, closed)
    if len(sign) >= 3 and sign[0] in "`~" and _opens_line(text, start - len(sign)):
        return _fence_end(text, start, sign, closed)
    if sign[0] == "`":
        return _ticks_end(text, start, len(sign), closed)
    return PLAIN


def _give_up_or_wait(text: str, start: int, limit: int, closed: bool) -> int:
    return PLAIN if closed or len(text) - start >= limit else UNDECIDED


def _display_end(text: str, start: int, closer: str, closed: bool) -> int:
    found = text.find(closer, start, start + DISPLAY_LIMIT)
    if found >= 0:
        return found + len(closer)
    return _give_up_or_wait(text, start, DISPLAY_LIMIT, closed)


def _dollar_end(text: str, start: int, closed: bool) -> int:
    match = _DOLLAR_OR_BREAK.search(text, start, start + INLINE_LIMIT)
    if match is None:
        return _give_up_or_wait(text, start, INLINE_LIMIT, closed)
    if match.group() != "$":
        return PLAIN
    end = match.end()
    if end == len(text) and not closed:
        return UNDECIDED
    # Blanks on both sides are accepted, unlike in Pandoc, since some models write `$ x $`.
    opens_spaced, closes_spaced = text[start].isspace(), text[end - 2].isspace()
    follows_digit = text[end : end + 1].isdigit()
    return PLAIN if opens_spaced != closes_spaced or follows_digit else end


def _paren_end(text: str, start: int, closed: bool) -> int:
    found = text.find("\\)", start, start + INLINE_LIMIT)
    if _BREAK.search(text, start, start + INLINE_LIMIT if found < 0 else found):
        return PLAIN
    return found + 2 if found >= 0 else _give_up_or_wait(text, start, INLINE_LIMIT, closed)


def _ticks_end(text: str, start: int, length: int, closed: bool) -> int:
    match = _TICKS_OR_BREAK.search(text, start, start + INLINE_LIMIT)
    if match is None:
        return _give_up_or_wait(text, start, INLINE_LIMIT, closed)
    if match.end() == len(text) and match.group()[0] == "`" and not closed:
        return UNDECIDED
    return match.end() if match.group() == "`" * length else PLAIN


def _fence_end(text: str, start: int, sign: str, closed: bool) -> int:
    line_end = text.find("\n", start, start + INLINE_LIMIT)
    # CommonMark: no backtick follows the opening ones of a fence, so this is inline code.
    if "`" in text[start : line_end if line_end >= 0 else start + INLINE_LIMIT]:
        return _ticks_end(text, start, len(sign), closed)
    for match in _FENCE_CLOSERS[sign[0]].finditer(text, start, start + FENCE_LIMIT):
        if match.end() == len(text) and not closed:
            return UNDECIDED
        if len(match.group(1)) >= len(sign):
            return match.end()
    return _give_up_or_wait(text, start, FENCE_LIMIT, closed)


def _opens_line(text: str, at: int) -> bool:
    # CommonMark: a fence is indented by three spaces at most.
    line = text.rfind("\n", max(0, at - 4), at)
    return line >= 0 and text[line + 1 : at].strip(" ") == ""


def iter_unmasked(text: str) -> Iterator[str]:
    """Yield the text outside math and code."""
    begin = at = 0
    while match := _SIGN.search(text, at):
        end, span = span_end(text, match.start(), closed=True)
        if span >= 0:
            yield text[begin : match.start()]
            begin = span
        at = max(end, span)
    yield text[begin:]
