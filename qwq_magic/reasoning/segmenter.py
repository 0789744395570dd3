"""Cut reasoning into steps while it streams.

A step ends at a blank line, after a sentence, and around a line that is an item, a heading or a
row of a table. It includes the blanks after it, so the steps join to the original text.
Abbreviations, initials, numbers and ellipses do not end a sentence.

A cut is made only when all text that decides it has arrived, so it does not depend on how the
text is divided into deltas. One piece is held until its successor is known to be long enough
for a step of its own; until then it may be a verdict on the held one, or its last words. So
emitted pieces never change. Lookahead is limited, which keeps the cost linear.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qwq_magic.reasoning.lines import Line, LineKind, line_at
from qwq_magic.reasoning.masked_spans import UNDECIDED, span_end
from qwq_magic.reasoning.sentence_ends import ENDS, LOOKAHEAD, ends_sentence, ends_without_blank
from qwq_magic.reasoning.step_length import SHORTEST_STEP, is_long_enough
from qwq_magic.reasoning.verdicts import closes_step, is_statement, leads_on

_SIGN = re.compile(rf"[$\\`~\n{ENDS}]")
_END = re.compile(
    rf"(?P<signs>[…{ENDS}]{{0,200}})(?P<closers>[\"'”’»)\]}}*_」』）】》]{{0,20}})(?P<gap>\s{{0,1000}})"
)
_SPAN_SIGN = re.compile(r"[$\\`~]")
_TITLE_END = re.compile(r"\*\*[:：]?$")
_INK = re.compile(r"\S")

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
        self._seen = 1  # up to where verdicts would have been found
        self._ink = 1  # the earliest possible first printable character of the open step
        self._front: list[str] = []  # the start of the open step, if trimmed from the window
        self._front_is_long = False
        self._held: list[Piece] = []  # a piece, and the verdicts on it
        self._line: Line | None = None  # the line at the scan position; None before the first
        self._opens_line = True  # whether the open step starts at the beginning of a line
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
        if self._held and self._tail_is_long(self._seen):
            settled.append(self._release())
        self._trim()
        return settled

    def close(self) -> list[Piece]:
        """Return the remaining pieces, including an unterminated tail."""
        if self._is_closed:
            return []
        self._is_closed = True
        settled = self._scan()
        end = len(self._window)
        has_tail = bool(self._front) or self._start < end
        if self._held and not self._tail_is_long(end):
            if has_tail:
                self._held.append(self._take(end))
            settled.append(self._release())
            return settled
        if self._held:
            settled.append(self._release())
        if has_tail:
            settled.append(self._take(end))
        return settled

    def _scan(self) -> list[Piece]:
        settled: list[Piece] = []
        if self._line is None and not self._open_first_line():
            return settled
        while match := _SIGN.search(self._window, self._at):
            at = match.start()
            if match.group() in "$\\`~":
                end, span = span_end(self._window, at, closed=self._is_closed)
                if span == UNDECIDED:
                    self._at, self._seen = at, len(self._window)
                    return settled
                self._at = max(end, span)
            elif not self._pass_end(at, settled):
                # What follows may be a verdict, or a line of its own, so it is not seen yet.
                self._at = self._seen = at
                return settled
        self._at = self._seen = len(self._window)
        return settled

    def _open_first_line(self) -> bool:
        if len(self._window) == self._at:
            return False
        self._line = line_at(self._window, self._at, closed=self._is_closed)
        if self._line is not None:
            self._at = max(self._at, self._line.end)
        return self._line is not None

    def _pass_end(self, at: int, settled: list[Piece]) -> bool:
        """Cut at the possible end at `at`, or skip it; return False if more text is needed."""
        match = _END.match(self._window, at)
        assert match is not None, "the pattern matches the empty text"
        end = match.end()
        if end == len(self._window):
            self._at = end
            return self._is_closed
        line = None
        if breaks_line := "\n" in match["gap"]:
            line = line_at(self._window, end, closed=self._is_closed)
            if line is None:
                return False
        if self._tail_is_long(match.start("gap")):
            ends = self._ends_step(match, line)
            if ends is None:
                return False
            if ends:
                settled.extend([self._release()] if self._held else ())
                self._cut(end, breaks_line)
        elif breaks_line and self._held and self._belongs_back(match):
            self._cut(end, breaks_line)
        self._line = line or self._line
        self._at = max(end, at + 1, line.end if line else 0)
        return True

    def _belongs_back(self, match: re.Match[str]) -> bool:
        """Whether the short open step, which ends a line, belongs to the held one."""
        if self._front or match.start("gap") - self._start > _CONTEXT:
            return False
        text = self._window[self._start : match.start("gap")]
        # While it is unknown whether a span begins, the held piece may have been settled.
        if _SPAN_SIGN.search(text):
            return False
        if closes_step(text):
            return True
        # A short statement, or the last words of a paragraph, does not begin the next one.
        is_last = is_statement(text) or not self._opens_line
        return match["gap"].count("\n") >= 2 and is_last and not leads_on(text)

    def _ends_step(self, match: re.Match[str], following: Line | None) -> bool | None:
        """Whether a step ends at a match; None if more text is needed to decide.

        `following` is the line after the match, if the match ends a line.
        """
        signs, gap = match["signs"], match["gap"]
        if following is not None and (
            gap.count("\n") >= 2 or following.starts_step or self._leaves_line(match, following)
        ):
            return True
        if not signs:
            return False
        before = self._window[max(self._start, match.start() - _CONTEXT) : match.start()]
        if ends_without_blank(before, signs):
            return True
        after = self._window[match.end() : match.end() + LOOKAHEAD]
        return bool(gap) and ends_sentence(before, signs, after, closed=self._is_closed)

    def _leaves_line(self, match: re.Match[str], following: Line) -> bool:
        """Whether an item, a heading or a row ends at a match, and other text follows."""
        assert self._line is not None, "the first line is opened before anything is passed"
        kind = self._line.kind
        first = self._window[match.end()]
        start = match.start("gap")
        end_of_line = self._window[max(self._start, start - _CONTEXT) : start].rstrip()
        if kind is LineKind.HEADING or (kind is LineKind.ITEM and _TITLE_END.search(end_of_line)):
            return first not in "$\\"
        if kind is LineKind.ROW:
            return following.kind is not LineKind.ROW
        if kind is LineKind.PLAIN or following.kind is not LineKind.PLAIN:
            return False
        # An item may go on in the next line, and a formula may follow it.
        last = end_of_line.rstrip("*_")[-1:]
        return (
            match["gap"][-1] == "\n"
            and first.isalpha()
            and not first.islower()
            and last not in ":：,，"
        )

    def _tail_is_long(self, end: int) -> bool:
        """Whether the open step up to `end` is long enough, without surrounding blanks."""
        if self._front_is_long:
            return True
        # The result is kept, so that a long run of blanks is not read again with every delta.
        if self._ink >= 0:
            ink = _INK.search(self._window, self._ink, end)
            self._ink = end if ink is None else ink.start()
        start = max(0, self._ink)
        tenth = max(0, self._ink + SHORTEST_STEP - 1)
        if _INK.search(self._window, tenth, end) is not None:
            return True
        return is_long_enough(self._window[start : min(tenth, end)].rstrip())

    def _release(self) -> Piece:
        """Return the held pieces as one; they are no longer held."""
        text = "".join(piece.text for piece in self._held)
        piece = Piece(self._held[0].start, self._held[-1].end, text)
        self._held = []
        return piece

    def _cut(self, end: int, breaks_line: bool) -> None:
        self._held.append(self._take(end))
        self._opens_line = breaks_line

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
            if not self._front_is_long and self._ink > cut - SHORTEST_STEP:
                cut = min(cut, self._ink)  # so that what decides the length stays together
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
