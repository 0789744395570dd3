"""Cut reasoning into steps while it streams.

A step ends at a blank line or after a sentence, and includes the blanks after it, so the steps
join to the original text. Abbreviations, numbers and ellipses do not end a sentence.

A cut is made only when all text that decides it has arrived, so it does not depend on how the
text is divided into deltas. One piece is held until its successor is known to be long enough
for a step of its own. So emitted pieces never change. Lookahead is limited, which keeps the
cost linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qwq_magic.reasoning.masked_spans import UNDECIDED, span_end

# Abbreviations that never end a sentence.
_ALWAYS = "e.g i.e cf viz vs dr mr mrs ms prof jr sr st mt fig figs eqs al resp u.s u.k ph.d"
# Abbreviations that do not end a sentence before a lowercase letter or a digit.
_BEFORE_LOWER = (
    "etc approx no nos eq sec ch chap vol p pp art incl max min avg est dept ref thm prop def "
    "lem cor ex a.m p.m ca inc ltd co corp jan feb mar apr jun jul aug sep sept oct nov dec "
    "mon tue wed thu fri sat sun hr hrs sq ft lb lbs oz"
)
_NEVER_END = frozenset(_ALWAYS.split())
_SELDOM_END = frozenset(_BEFORE_LOWER.split())
_LAST_WORD = re.compile(r"(?:[A-Za-z]+\.)*[A-Za-z]+$")
_LIST_NUMBER = re.compile(
    r"(?:^|[\n;(（]|[.?!。？！；]\s)[\s>#*_+-]{0,12}(?:\(?\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})$|"
    r"[:：]\s?\(?1$"
)
# A sentence does not begin with these, so after `n!` they continue a formula.
_OPERATORS = frozenset("+=/×÷·^<>≤≥≈≠−%")
_FACTOR = re.compile(r"(?:[\d)\]}]|(?<![A-Za-z'’])[A-Za-z])$")
_DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]$")
_INITIALS = re.compile(r"(?:^|[\s(])(?:[A-Z]\.\s?)+[A-Z]$")
_LONGEST_WORD = 32  # longer than any abbreviation


def ends_sentence(before: str, signs: str, following: str) -> bool:
    """Whether `signs` end a sentence.

    Args:
        before: the step so far, or its last characters, up to the signs.
        signs: punctuation, which is followed by a blank.
        following: the next character that is not blank; "" at the end of the text.
    """
    may_continue = following.islower() or following.isdigit() or following in "(["
    if following and following in _OPERATORS:
        return False
    # `n!` and `(k+1)!` are factorials if more of a formula can follow.
    if signs.startswith("!") and may_continue and _FACTOR.search(before):
        return False
    if signs != ".":
        # Ideographs have no case, so after an ellipsis any of them may begin a sentence.
        is_ellipsis = signs.endswith("..") or signs.endswith("…")
        return not (is_ellipsis and not (following.isupper() or following > "\u2e7f"))
    # A quick check, since most sentences end with a word that cannot be a list number.
    last = before[-1:]
    may_be_number = last in "ivxIVX" or not before[-2:-1].isalpha()
    if may_be_number and _LIST_NUMBER.search(before):
        return False
    if last.isupper() and _INITIALS.search(before):
        return False
    if last.isdigit():
        return not following.islower()
    match = _LAST_WORD.search(before, max(0, len(before) - _LONGEST_WORD))
    word = match.group().lower() if match else ""
    if word in _NEVER_END or (_DOTTED.match(word) and word not in _SELDOM_END):
        return False
    return not (word in _SELDOM_END and may_continue)


# Shorter ones, such as "Okay.", join the next step, or the previous one at the end.
SHORTEST_STEP = 10

_SIGN = re.compile(r"[$\\`~\n.?!。？！；]")
_END = re.compile(
    r"(?P<signs>[.?!…。？！；]{0,200})(?P<closers>[\"'”’»)\]}*_」』）】》]{0,20})(?P<gap>\s{0,1000})"
)
_INK = re.compile(r"\S")
# No blank follows these in Chinese text, so they end a sentence without one.
_CHINESE_ENDS = frozenset("。？！；")

# How many characters before the scan position are kept, and how many are scanned before the
# window is trimmed.
_CONTEXT = 64
_TRIM_AFTER = 2_048


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one step and its position: `reasoning[start:end] == text`."""

    start: int
    end: int
    text: str


class StepSegmenter:
    """Turns deltas into pieces; `feed` returns settled pieces and `close` the rest."""

    def __init__(self) -> None:
        # A virtual newline before the text makes its first line like any other line.
        self._window = "\n"
        self._base = -1  # the offset of the window in the text
        self._start = 1  # where the open step begins in the window
        self._at = 1  # the scan position in the window
        self._ink = 1  # the earliest possible first printable character of the open step
        self._front: list[str] = []  # the start of the open step, if trimmed from the window
        self._front_is_long = False
        self._held: Piece | None = None
        self._is_closed = False

    def feed(self, delta: str) -> list[Piece]:
        """Read a delta; return the pieces it settles.

        Raises:
            ValueError: the segmenter is closed.
        """
        if self._is_closed:
            raise ValueError("The segmenter is closed. Create a new one for another text.")
        self._window += delta
        settled = self._scan()
        if self._held is not None and self._tail_is_long(len(self._window)):
            settled.append(self._held)
            self._held = None
        self._trim()
        return settled

    def close(self) -> list[Piece]:
        """Return the remaining pieces, including an unterminated tail."""
        if self._is_closed:
            return []
        self._is_closed = True
        settled = self._scan()
        held, self._held = self._held, None
        end = len(self._window)
        if held is not None and not self._tail_is_long(end):
            tail = self._take(end)
            settled.append(Piece(held.start, tail.end, held.text + tail.text))
            return settled
        if held is not None:
            settled.append(held)
        if self._front or self._start < end:
            settled.append(self._take(end))
        return settled

    def _scan(self) -> list[Piece]:
        settled: list[Piece] = []
        while match := _SIGN.search(self._window, self._at):
            at = match.start()
            if match.group() in "$\\`~":
                end, span = span_end(self._window, at, closed=self._is_closed)
                if span == UNDECIDED:
                    self._at = at
                    return settled
                self._at = max(end, span)
            elif not self._pass_end(at, settled):
                self._at = at
                return settled
        self._at = len(self._window)
        return settled

    def _pass_end(self, at: int, settled: list[Piece]) -> bool:
        """Cut at the possible end at `at`, or skip it; return False if more text is needed."""
        window = self._window
        match = _END.match(window, at)
        assert match is not None, "the pattern matches the empty text"
        end = match.end()
        if end == len(window):
            if not self._is_closed:
                return False
            self._at = end
            return True
        if self._ends_step(match) and self._tail_is_long(match.start("gap")):
            if self._held is not None:
                settled.append(self._held)
            self._held = self._take(end)
        self._at = max(end, at + 1)
        return True

    def _ends_step(self, match: re.Match[str]) -> bool:
        signs, gap = match["signs"], match["gap"]
        if gap.count("\n") >= 2:
            return True
        if not signs:
            return False
        if signs[-1] in _CHINESE_ENDS:
            return True
        before = self._window[max(self._start, match.start() - _CONTEXT) : match.start()]
        return bool(gap) and ends_sentence(before, signs, self._window[match.end()])

    def _tail_is_long(self, end: int) -> bool:
        """Whether the open step has ten characters up to `end`, without surrounding blanks."""
        if self._front_is_long:
            return True
        # The result is kept, so that a long run of blanks is not read again with every delta.
        if self._ink >= 0:
            ink = _INK.search(self._window, self._ink, end)
            self._ink = end if ink is None else ink.start()
        tenth = max(0, self._ink + SHORTEST_STEP - 1)
        return _INK.search(self._window, tenth, end) is not None

    def _take(self, end: int) -> Piece:
        text = "".join([*self._front, self._window[self._start : end]])
        piece = Piece(self._base + end - len(text), self._base + end, text)
        self._front.clear()
        self._front_is_long = False
        self._start = self._ink = end
        return piece

    def _trim(self) -> None:
        """Drop scanned text from the window, once it is long enough to be worth a copy."""
        cut = self._at - _CONTEXT
        if cut < _TRIM_AFTER:
            return
        if self._start < cut:
            self._front_is_long = self._tail_is_long(cut)
            self._front.append(self._window[self._start : cut])
            self._start = cut
        self._window = self._window[cut:]
        self._base += cut
        self._start -= cut
        self._at -= cut
        self._ink -= cut  # negative: already found, but no longer in the window


def pieces_of(text: str) -> list[Piece]:
    """Return the pieces of a whole text."""
    segmenter = StepSegmenter()
    return segmenter.feed(text) + segmenter.close()
