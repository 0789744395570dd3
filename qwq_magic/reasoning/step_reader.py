"""Classified steps while a reasoning still streams.

A step that was given never changes, and the finished turn has the same: cut in the same
places, of the same kinds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from qwq_magic.reasoning.arrivals import Mark, seconds_between
from qwq_magic.reasoning.segmenter import Piece, StepSegmenter
from qwq_magic.reasoning.steps import Step, StepBuilder
from qwq_magic.token_estimate import estimate_tokens


class StepReader:
    """Takes deltas and the time they arrived at, gives the steps they settle."""

    def __init__(self) -> None:
        self._segmenter = StepSegmenter()
        self._length = 0
        self._marks: deque[Mark] = deque()
        self._builder = StepBuilder()

    def feed(self, delta: str, *, at_s: float | None = None) -> list[Step]:
        """The steps that are settled now; `at_s` is any clock's time, if it is known."""
        self._length += len(delta)
        if at_s is not None and delta:
            self._marks.append((self._length, at_s))
        return self._steps(self._segmenter.feed(delta))

    def close(self) -> list[Step]:
        """The steps that were still open."""
        return self._steps(self._segmenter.close())

    def _steps(self, pieces: Iterable[Piece]) -> list[Step]:
        return [self._step(piece) for piece in pieces]

    def _step(self, piece: Piece) -> Step:
        return self._builder.step(
            piece,
            seconds=self._seconds(piece),
            tokens=round(estimate_tokens(piece.text)),
        )

    def _seconds(self, piece: Piece) -> float | None:
        # Steps come in order, so what lies before this one is never asked for again.
        while len(self._marks) > 2 and self._marks[1][0] <= piece.start:
            self._marks.popleft()
        seconds = seconds_between([piece.start, piece.end], self._marks)
        return seconds[0] if seconds else None
