"""Detect, while a reply streams, that the model is repeating itself.

A loop is a unit of 20 to 1,000 arbitrary characters that is repeated at least three times at
the end of the text. The text is read in blocks of 20 characters. If the last 20 characters
occurred before, their distance is a candidate for the period, and from then on each block is
only compared with the text one period earlier. So the cost per character is constant, and only
the last few thousand characters are kept.
"""

from __future__ import annotations

import functools
from collections import deque
from dataclasses import dataclass

SHORTEST_UNIT = 20
LONGEST_UNIT = 1_000
FEWEST_REPEATS = 3

# As no unit is shorter than a block, a block ends within the third repeat: no loop is missed.
_BLOCK = SHORTEST_UNIT
_WINDOW = FEWEST_REPEATS * LONGEST_UNIT + 2 * _BLOCK
# The last block, such as 20 blanks, may occur at very many offsets, so the search is limited.
_MOST_CANDIDATES = 64
_MOST_LOOPS = 1_000
_LONGEST_RULER = 240


@dataclass(frozen=True, slots=True)
class Loop:
    """`reasoning[start:end]` repeats `unit`; the last repeat may be incomplete."""

    start: int
    end: int
    unit: str

    @property
    def repeats(self) -> int:
        """The number of complete repeats."""
        return (self.end - self.start) // len(self.unit)

    @property
    def is_ruler(self) -> bool:
        """Whether it is probably intended, such as a line of dashes or a table border."""
        is_short = self.end - self.start < _LONGEST_RULER
        return is_short and not any(sign.isalnum() for sign in self.unit)


class LoopDetector:
    """Reads deltas; `loop` is the loop that the text currently ends in."""

    def __init__(self) -> None:
        self._window = ""  # the end of the text, in whole blocks
        self._rest = ""  # the incomplete block after the window
        self._offset = 0  # the offset of the rest in the text
        self._period = 0  # the length of the candidate unit; 0 without one
        self._run = 0  # the length of the repetition at the end of the window
        self._ended: deque[Loop] = deque(maxlen=_MOST_LOOPS)

    @property
    def loop(self) -> Loop | None:
        """The loop that the text currently ends in, or None."""
        if not self._period:
            return None
        same = _common_prefix_length(self._rest, self._expected(len(self._rest)))
        return self._loop(same) if same == len(self._rest) else None

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The latest 1,000 loops so far, including the current one."""
        return (*self._ended, *filter(None, [self.loop]))

    def feed(self, delta: str) -> Loop | None:
        """Read a delta; return the loop that the text now ends in, if any."""
        text = self._rest + delta
        whole = len(text) - len(text) % _BLOCK
        for at in range(0, whole, _BLOCK):
            self._add(text[at : at + _BLOCK])
        self._rest = text[whole:]
        return self.loop

    def close(self) -> tuple[Loop, ...]:
        """Return all loops of the finished text, including one that ended within the rest."""
        if self._period and self.loop is None:
            self._end(_common_prefix_length(self._rest, self._expected(len(self._rest))))
        return self.loops

    def _add(self, block: str) -> None:
        if self._period:
            same = _common_prefix_length(block, self._expected(_BLOCK))
            if same < _BLOCK:
                self._end(same)
            else:
                self._run += _BLOCK
        self._window += block
        self._offset += _BLOCK
        # Only at twice the size, so that each character is copied once on average.
        if len(self._window) >= 2 * _WINDOW:
            self._window = self._window[-_WINDOW:]
        if not self._period:
            self._look_back()

    def _expected(self, length: int) -> str:
        """Return the next characters if the loop continues."""
        begin = len(self._window) - self._period
        return self._window[begin : begin + length]

    def _loop(self, more: int) -> Loop | None:
        run = self._run + more
        if run < FEWEST_REPEATS * self._period:
            return None
        # The last period of the window is the unit, rotated; undo the rotation, so that the unit
        # begins where the run does.
        last = self._window[len(self._window) - self._period :]
        rotation = self._run % self._period
        unit = last[self._period - rotation :] + last[: self._period - rotation]
        return Loop(self._offset - self._run, self._offset + more, unit)

    def _end(self, more: int) -> None:
        loop = self._loop(more)
        if loop is not None:
            self._ended.append(loop)
        self._period = self._run = 0

    def _look_back(self) -> None:
        window = self._window
        size = len(window)
        anchor = window[-SHORTEST_UNIT:]
        lowest = max(0, size - SHORTEST_UNIT - LONGEST_UNIT)
        highest = size - SHORTEST_UNIT  # the anchor must end here at the latest
        for _ in range(_MOST_CANDIDATES):
            found = window.rfind(anchor, lowest, highest)
            if found < 0:
                return
            period = size - SHORTEST_UNIT - found
            begin = size - period
            if begin >= period and window.endswith(window[begin - period : begin], begin):
                self._follow(period)
                return
            highest = found + SHORTEST_UNIT - 1

    def _follow(self, period: int) -> None:
        window, at = self._window, len(self._window) - period - 1
        while at >= 0 and window[at] == window[at + period]:
            at -= 1
        self._period = period
        self._run = len(window) - at - 1


def _common_prefix_length(one: str, other: str) -> int:
    if one == other:
        return len(one)
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )


# The metrics, the data and the caption of a turn all need its loops.
@functools.lru_cache(maxsize=4)
def loops_of(text: str) -> tuple[Loop, ...]:
    """Return the loops of a whole text."""
    detector = LoopDetector()
    detector.feed(text)
    return detector.close()
