"""Samples with the same key, of rows that are the same: the first is asked for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from qwq_magic.batch.progress import Lane, Progress


class Twins:
    """Which samples are asked, and which take the turn of another one."""

    def __init__(self, lanes: list[Lane], keys: Sequence[str]) -> None:
        first_of: dict[str, Lane] = {}
        self._twins: dict[int, list[Lane]] = {}
        for lane in lanes:
            first = first_of.setdefault(keys[lane.index], lane)
            if first is not lane:
                self._twins.setdefault(first.index, []).append(lane)
        self.firsts = list(first_of.values())

    def of(self, lane: Lane) -> Sequence[Lane]:
        """Return the others that have the turn of this one."""
        return self._twins.get(lane.index, ())

    def save(self, progress: Progress) -> None:
        """What need not be asked need not be asked for its twins either."""
        for lane in self.firsts:
            if lane.state == "saved":
                progress.save(self.of(lane))
