"""When a reasoning arrived: marks (characters, seconds) of how much was there by when.

A mark is the last delta of an interval of 50 ms, so that a pause is dated from its true
beginning. There are never more than a thousand: past that, every second one goes and the
interval doubles, so that a delta costs the same in a turn of any length.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

Mark: TypeAlias = tuple[int, float]

MOST_MARKS = 1_000
INTERVAL_S = 0.05


class ArrivalRecorder:
    """Takes the deltas of one reasoning as they come."""

    def __init__(self) -> None:
        self._marks: list[Mark] = []
        self._characters = 0
        self._interval_s = INTERVAL_S
        self._due_s = 0.0

    def add(self, characters: int, at_s: float) -> None:
        self._characters += characters
        # The first mark says when the reasoning began, and stays.
        if at_s < self._due_s and len(self._marks) > 1:
            self._marks[-1] = (self._characters, at_s)
            return
        self._marks.append((self._characters, at_s))
        self._due_s = at_s + self._interval_s
        if len(self._marks) > MOST_MARKS:
            self._marks = self._marks[::2]
            self._interval_s *= 2

    def marks(self, *, since_s: float) -> tuple[Mark, ...]:
        """The marks, in seconds after `since_s`."""
        return tuple((count, round(max(0.0, at_s - since_s), 3)) for count, at_s in self._marks)


def seconds_between(offsets: Sequence[int], marks: Sequence[Mark]) -> list[float] | None:
    """How long each stretch between neighbouring offsets took to come; None if nobody knows.

    What came at once shares its time by characters.
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
    (begin, begin_s), (end, end_s) = marks[index - 1], marks[index]
    return begin_s + (end_s - begin_s) * (offset - begin) / (end - begin)


def pack_marks(marks: Sequence[Mark]) -> list[int]:
    """The marks for JSON: characters and milliseconds in turn, each since the mark before."""
    packed: list[int] = []
    characters = milliseconds = 0
    for count, at_s in marks:
        at_ms = round(at_s * 1_000)
        packed += (count - characters, at_ms - milliseconds)
        characters, milliseconds = count, at_ms
    return packed


def unpack_marks(packed: Any) -> tuple[Mark, ...]:
    """The reverse of `pack_marks`, from a file that anybody may have written.

    Raises:
        ValueError: these are no marks.
    """
    if not (
        isinstance(packed, list)
        and len(packed) <= 2 * MOST_MARKS
        and len(packed) % 2 == 0
        and all(type(step) is int and 0 <= step < 2**40 for step in packed)
    ):
        raise ValueError("no arrival marks")
    times = (ms / 1_000 for ms in accumulate(packed[1::2]))
    return tuple(zip(accumulate(packed[::2]), times, strict=True))
