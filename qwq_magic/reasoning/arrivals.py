"""Arrival marks: (characters, seconds) pairs of how much reasoning had arrived and when.

A mark is the last delta in an interval of 50 ms, so that a pause is measured from its true
start. There are at most a thousand marks: beyond that, every second one is dropped and the
interval doubles, which keeps the cost per delta constant in a turn of any length.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from copy import copy
from itertools import accumulate, pairwise, repeat
from operator import truediv
from typing import Any, TypeAlias

Mark: TypeAlias = tuple[int, float]

MOST_MARKS = 1_000
INTERVAL_S = 0.05


class ArrivalRecorder:
    """Records when the deltas of one reasoning arrive."""

    def __init__(self, given: int = 0) -> None:
        """Start after so many characters that were given, and so never arrive."""
        self._marks: list[Mark] = []
        self._characters = given
        self._interval_s = INTERVAL_S
        self._due_s = 0.0

    def add(self, characters: int, at_s: float) -> None:
        """Record a delta of so many characters at `at_s`, in seconds on any clock."""
        self._characters += characters
        # The first mark is never replaced, since it is the start of the reasoning.
        if at_s < self._due_s and len(self._marks) > 1:
            self._marks[-1] = (self._characters, at_s)
            return
        self._marks.append((self._characters, at_s))
        self._due_s = at_s + self._interval_s
        if len(self._marks) > MOST_MARKS:
            self._marks = self._marks[::2]
            self._interval_s *= 2

    def copy(self) -> ArrivalRecorder:
        """Return a recorder that goes on from here."""
        other = copy(self)
        other._marks = list(self._marks)
        return other

    def marks(self, *, since_s: float) -> tuple[Mark, ...]:
        """Return the marks, in seconds after `since_s`."""
        return tuple((count, round(max(0.0, at_s - since_s), 3)) for count, at_s in self._marks)


def seconds_between(offsets: Sequence[int], marks: Sequence[Mark]) -> list[float] | None:
    """Return the seconds between consecutive offsets; None with fewer than two marks.

    Between two marks, the time is divided in proportion to the characters.
    """
    if len(marks) < 2:
        return None
    counts = [count for count, _ in marks]
    times = [_time_at(offset, bisect_left(counts, offset), marks) for offset in offsets]
    return [max(0.0, end - begin) for begin, end in pairwise(times)]


def _time_at(offset: int, index: int, marks: Sequence[Mark]) -> float:
    if index == 0:
        return marks[0][1]
    if index == len(marks):
        return marks[-1][1]
    # `bisect_left` gives `begin < offset <= end`, so nothing is divided by zero.
    (begin, begin_s), (end, end_s) = marks[index - 1], marks[index]
    return begin_s + (end_s - begin_s) * (offset - begin) / (end - begin)


def pack_marks(marks: Sequence[Mark]) -> list[int]:
    """Return the marks for JSON: alternating character and millisecond differences."""
    packed: list[int] = []
    characters = milliseconds = 0
    for count, at_s in marks:
        at_ms = round(at_s * 1_000)
        # Differences, since they have fewer digits than sums.
        packed += (count - characters, at_ms - milliseconds)
        characters, milliseconds = count, at_ms
    return packed


def unpack_marks(packed: Any) -> tuple[Mark, ...]:
    """Return the marks that `pack_marks` packed; the input may be an untrusted file.

    Raises:
        ValueError: `packed` is not a valid list of marks.
    """
    # `type`, since `isinstance` accepts booleans. Without a limit, the sum of a forged list could
    # be too large to become a float.
    if not (
        isinstance(packed, list)
        and len(packed) <= 2 * MOST_MARKS
        and len(packed) % 2 == 0
        and set(map(type, packed)) <= {int}
        and all(0 <= step < 2**40 for step in (min(packed, default=0), max(packed, default=0)))
    ):
        raise ValueError("invalid arrival marks")
    times = map(truediv, accumulate(packed[1::2]), repeat(1_000))
    return tuple(zip(accumulate(packed[::2]), times, strict=True))
