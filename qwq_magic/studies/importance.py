"""Importance: how much each part of a reasoning moved the answer, by sampling on from cuts.

At each cut the rest of the reply is sampled again, several times. What comes between two cuts
matters as far as the answers differ: the effect of a segment is the change of the share of
samples that have the turn's own value (the way of Thought Anchors, Bogdan et al. 2025).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, overload

from qwq_magic.batch.votes import wilson_interval
from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.frames import frame_of
from qwq_magic.studies.remarks import failure_in, marks_on, remarks_on
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    import pandas as pd

# The columns of `Importance.to_frame`, in order.
SEGMENT_COLUMNS = ("first", "last", "start", "end", "effect", "low", "high", "before", "after")


@dataclass(frozen=True, slots=True)
class Cut:
    """A place from which the rest of the reply was sampled again.

    Attributes:
        place: how many steps of the reasoning were given.
        share: the share of the reasoning's characters that was given, 0 to 1.
        values: how many samples have each value; None for those without one.
        hits: how many samples have the value that is asked about.
        turns: the samples that have ended.
    """

    place: int
    share: float
    values: Mapping[str | None, int]
    hits: int
    turns: tuple[Turn, ...]

    @property
    def total(self) -> int:
        return len(self.turns)


@dataclass(frozen=True, slots=True)
class Segment:
    """The steps between two cuts, and how much they moved the answer.

    Attributes:
        first: the index of its first step, from 0.
        last: the index of its last step.
        start: its start, as a share of the reasoning's characters, 0 to 1.
        end: its end, likewise.
        effect: how much the share of samples with the value changes over it, −1 to 1.
        low: the lower end of the effect's 95 % interval.
        high: its upper end.
        before: the cut before it.
        after: the cut after it.
    """

    first: int
    last: int
    start: float
    end: float
    effect: float
    low: float
    high: float
    before: Cut
    after: Cut

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes no effect."""
        return self.low > 0 or self.high < 0

    @property
    def span(self) -> str:
        """Its steps, counted from 1 as they are shown: "4" or "4 to 6"."""
        first, last = self.first + 1, self.last + 1
        return f"{first:,}" if first == last else f"{first:,} to {last:,}"


class Importance(Sequence[Segment]):
    """The segments of a reasoning in order, with their effects.

    Attributes:
        turn: the turn.
        value: the value whose share is measured: the turn's own, or the right one.
        cuts: where the reply was sampled again, in order.
        failure: how many samples have failed, and why the first one did; "" if none has.
        remarks: what has to be known about the samples: failed ones, the quoted way, another
            model.
        marks: the same in a few words, in brackets; "" without any.
    """

    def __init__(
        self,
        turn: Turn,
        value: str,
        cuts: Sequence[Cut],
        *,
        replies: Sequence[Turn] = (),
        notes: Sequence[str] = (),
    ) -> None:
        """Compute the segments.

        Args:
            turn: the turn.
            value: the value whose share is measured.
            cuts: the cuts, in order.
            replies: all replies, those that failed or broke off as well.
            notes: what is known of them as a whole, such as why the rest was not asked.
        """
        self.turn = turn
        self.value = value
        self.cuts = tuple(cuts)
        self.failure = failure_in(replies, "samples")
        self.remarks = remarks_on(turn, replies, "samples", notes)
        self.marks = marks_on(replies)
        self._segments = tuple(_segments(self.cuts))

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Segment]: ...
    def __getitem__(self, index: int | slice) -> Segment | Sequence[Segment]:
        return self._segments[index]

    def __len__(self) -> int:
        return len(self._segments)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._segments)

    @property
    def largest(self) -> Segment | None:
        """The segment with the largest effect among those that are clear; None without any."""
        clear = [segment for segment in self._segments if segment.is_clear]
        return max(clear, key=lambda segment: abs(segment.effect), default=None)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row per segment; see `SEGMENT_COLUMNS`.

        `before` and `after` are the shares of samples with the value.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        rows = [
            (
                *(each.first, each.last, each.start, each.end, each.effect, each.low, each.high),
                *(_share(each.before), _share(each.after)),
            )
            for each in self._segments
        ]
        integers, floats = SEGMENT_COLUMNS[:2], SEGMENT_COLUMNS[2:]
        return frame_of(SEGMENT_COLUMNS, rows, integers=integers, floats=floats)

    def __repr__(self) -> str:
        largest = self.largest
        if largest is not None:
            found = (
                f"{largest.effect:+.0%} ({largest.low:+.0%} to {largest.high:+.0%}) over "
                f"{'step' if largest.first == largest.last else 'steps'} {largest.span}"
            )
        else:
            found = "no clear effect" if self._segments else "nothing was measured"
        samples = sum(cut.total for cut in self.cuts)
        value = one_line(self.value, limit_bytes=40)
        return (
            f"<Importance for {value}: {found}; {samples:,} samples at {len(self.cuts)} cuts"
            f"{self.marks}>"
        )


def _share(cut: Cut) -> float | None:
    return cut.hits / cut.total if cut.total else None


def _segments(cuts: Sequence[Cut]) -> Iterator[Segment]:
    # A cut without any reply measures nothing.
    known = [cut for cut in cuts if cut.total]
    for before, after in pairwise(known):
        effect, low, high = difference(before.hits, before.total, after.hits, after.total)
        yield Segment(
            before.place,
            after.place - 1,
            before.share,
            after.share,
            effect,
            low,
            high,
            before,
            after,
        )


def difference(
    hits: int, total: int, later_hits: int, later_total: int
) -> tuple[float, float, float]:
    """Return the difference of two shares, later minus earlier, with its 95 % interval.

    The interval is Newcombe's hybrid of two Wilson intervals (R. G. Newcombe, 1998, method 10).
    """
    first, second = hits / total, later_hits / later_total
    (first_low, first_high), (second_low, second_high) = (
        wilson_interval(hits, total),
        wilson_interval(later_hits, later_total),
    )
    # Each limit combines the nearer end of one interval with the farther end of the other.
    effect = second - first
    low = effect - math.hypot(second - second_low, first_high - first)
    high = effect + math.hypot(second_high - second, first - first_low)
    return effect, max(-1.0, low), min(1.0, high)
