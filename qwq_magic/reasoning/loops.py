"""Notice, while it streams, that a model says the same thing over and over.

A loop is a unit of 20 to 1,000 characters, of any kind, that fills the end of the text at
least three times. The text is looked at in blocks of twenty characters: where its last
twenty stood before, their distance may be the length of a unit, and from then on each
block is only compared with the one that far back. So the cost per character does not
grow, and the last few thousand characters are all that is kept.
"""

from __future__ import annotations

import functools
from collections import deque
from dataclasses import dataclass

SHORTEST_UNIT = 20
LONGEST_UNIT = 1_000
FEWEST_REPEATS = 3

# No loop is missed: between the second and the third repeat ends a block, as no unit is shorter.
_BLOCK = SHORTEST_UNIT
_WINDOW = FEWEST_REPEATS * LONGEST_UNIT + 2 * _BLOCK
_MOST_CANDIDATES = 64
_MOST_LOOPS = 1_000
_LONGEST_RULER = 240


@dataclass(frozen=True, slots=True)
class Loop:
    """`reasoning[start:end]` is `unit`, repeated; the last time perhaps in part."""

    start: int
    end: int
    unit: str

    @property
    def repeats(self) -> int:
        """How often the whole unit stands there."""
        return (self.end - self.start) // len(self.unit)

    @property
    def is_ruler(self) -> bool:
        """May it be drawn on purpose: a line of dashes, the border of a table?"""
        is_short = self.end - self.start < _LONGEST_RULER
        return is_short and not any(sign.isalnum() for sign in self.unit)


class LoopDetector:
    """Takes deltas; `loop` says whether the text ends in a loop now."""

    def __init__(self) -> None:
        self._window = ""  # the end of the text: whole blocks that were looked at
        self._rest = ""  # what does not fill a block yet
        self._offset = 0  # where the rest stands in the text
        self._period = 0  # the length of the unit that is followed, 0 without one
        self._run = 0  # how many characters at the window's end repeat with it
        self._ended: deque[Loop] = deque(maxlen=_MOST_LOOPS)

    @property
    def loop(self) -> Loop | None:
        """The loop the text ends in, None where it does not."""
        if not self._period:
            return None
        same = _same_prefix(self._rest, self._expected(len(self._rest)))
        return self._loop(same) if same == len(self._rest) else None

    @property
    def loops(self) -> tuple[Loop, ...]:
        """All loops so far, up to a thousand, the running one included."""
        return (*self._ended, *filter(None, [self.loop]))

    def feed(self, delta: str) -> Loop | None:
        """Take a delta; the loop that the text ends in now, if any."""
        text = self._rest + delta
        whole = len(text) - len(text) % _BLOCK
        for at in range(0, whole, _BLOCK):
            self._add(text[at : at + _BLOCK])
        self._rest = text[whole:]
        return self.loop

    def close(self) -> tuple[Loop, ...]:
        """All loops of the finished text, also one that its last characters broke."""
        if self._period and self.loop is None:
            self._end(_same_prefix(self._rest, self._expected(len(self._rest))))
        return self.loops

    def _add(self, block: str) -> None:
        if self._period:
            same = _same_prefix(block, self._expected(_BLOCK))
            if same < _BLOCK:
                self._end(same)
            else:
                self._run += _BLOCK
        self._window += block
        self._offset += _BLOCK
        if len(self._window) >= 2 * _WINDOW:
            self._window = self._window[-_WINDOW:]
        if not self._period:
            self._look_back()

    def _expected(self, length: int) -> str:
        """What comes next if the loop goes on."""
        begin = len(self._window) - self._period
        return self._window[begin : begin + length]

    def _loop(self, more: int) -> Loop | None:
        run = self._run + more
        if run < FEWEST_REPEATS * self._period:
            return None
        # The run began before the window's end by that much; its unit stands there still.
        unit = self._window[len(self._window) - self._period :]
        turn = self._run % self._period
        unit = unit[self._period - turn :] + unit[: self._period - turn]
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


def _same_prefix(one: str, other: str) -> int:
    if one == other:
        return len(one)
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )


# A turn that ends is asked for them several times: for its metrics, its data, its caption.
@functools.lru_cache(maxsize=4)
def loops_of(text: str) -> tuple[Loop, ...]:
    """The loops of a whole text."""
    detector = LoopDetector()
    detector.feed(text)
    return detector.close()
