"""Settling: which samples of a row still have to be asked for its vote.

A sample is held back as long as those that stream would settle the vote by agreeing with the
leading value, since it is then not needed; where they disagree, it is asked.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.batch.votes import lead_probability
from qwq_magic.errors import ConfigurationError


class Settling:
    """The votes of the rows, as far as they have come."""

    def __init__(self, probability: float | None, progress: Progress) -> None:
        """Count nothing yet.

        Args:
            probability: how sure the leading value has to be; None to ask every sample.
            progress: takes note of the samples that need not be asked.
        """
        self._probability = probability
        self._progress = progress
        self._votes: defaultdict[int, Counter[str]] = defaultdict(Counter)
        # The samples that were asked and have not ended, by row.
        self._under_way: defaultdict[int, set[int]] = defaultdict(set)
        self._held: defaultdict[int, list[Lane]] = defaultdict(list)
        if probability is not None:
            for lane in progress.ended:
                self._count(lane)

    def needs(self, lane: Lane) -> bool:
        """Whether the sample has to be asked now; otherwise it is held, or need not be asked."""
        # A request that is repeated is under way already.
        if self._probability is None or lane.index in self._under_way[lane.row]:
            return True
        if self._is_settled(lane.row):
            self._progress.save([lane])
            return False
        if self._is_settled(lane.row, more=len(self._under_way[lane.row])):
            self._held[lane.row].append(lane)
            return False
        self._under_way[lane.row].add(lane.index)
        return True

    def ended(self, lane: Lane) -> list[Lane]:
        """Take note of a turn; return the samples of its row that may have to be asked now."""
        if self._probability is None:
            return []
        self._under_way[lane.row].discard(lane.index)
        self._count(lane)
        held = self._held.pop(lane.row, [])
        if self._is_settled(lane.row):
            self._progress.save(held)
            return []
        return held

    def _count(self, lane: Lane) -> None:
        if lane.value is not None:
            self._votes[lane.row][lane.value] += 1

    def _is_settled(self, row: int, *, more: int = 0) -> bool:
        """Whether the vote is settled, if this many more votes go to the leading value."""
        assert self._probability is not None
        counts = [count for _, count in self._votes[row].most_common(2)]
        leading, second = (*counts, 0, 0)[:2]
        return leading + more > 0 and lead_probability(leading + more, second) >= self._probability


def checked_probability(settle: object) -> float | None:
    """Return the probability.

    Raises:
        ConfigurationError: it is not a number between one half and 1.
    """
    if settle is None or (type(settle) is float and 0.5 < settle < 1.0):
        return settle
    raise ConfigurationError(f"settle is {settle!r}. Use a probability, such as 0.95.")
