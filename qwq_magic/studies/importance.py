"""Importance: how much each part of a reasoning moved the answer, by sampling on from cuts.

At each cut the rest of the reply is sampled again, several times. What comes between two cuts
matters as far as the answers differ: the effect of a segment is the change of the share of
samples that have the turn's own value (the way of Thought Anchors, Bogdan et al. 2025). First the
cuts are coarse; then the segment with the largest effect is halved, as long as its effect is
distinguishable from none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, overload

from qwq_magic.batch import Batch
from qwq_magic.batch.budget import NOTHING_SPENT, Spent, tokens_of
from qwq_magic.batch.votes import wilson_interval
from qwq_magic.errors import ConfigurationError
from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.canonical_value import canonical
from qwq_magic.reasoning.frames import frame_of
from qwq_magic.steering import Act
from qwq_magic.studies.places import (
    StudyCost,
    even_places,
    given_at,
    input_tokens,
    require_count,
    require_studied,
    share_end,
)
from qwq_magic.studies.remarks import failure_in, marks_on, remarks_on
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Parent, Prefix, Turn

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
        remarks: what has to be known about the samples: failed and missing ones, and the quoted
            way.
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
        self.remarks = remarks_on(replies, "samples", notes)
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


class ImportanceStudy:
    """A study in stages: what to ask next, until the importance is settled.

    Attributes:
        acts: what to ask next; none once it is settled.
        spent: what the stages so far have used of the budget.
    """

    def __init__(
        self, turn: Turn, *, samples: int, cuts: int, rounds: int, value: str | None
    ) -> None:
        """Begin with the coarse cuts.

        Args:
            turn: the turn.
            samples: how many samples at each cut.
            cuts: how many coarse cuts, the beginning and the end among them.
            rounds: the most cuts that are added where the effect is largest.
            value: the value whose share is measured; None for the turn's own.

        Raises:
            ConfigurationError: the turn has no reasoning or no value, or a number is not valid.
        """
        self._value = checked_value(turn, value)
        _check(turn, samples, cuts, rounds)
        self._turn = turn
        self._samples = samples
        self._rounds = rounds
        self._found: list[Cut] = []
        self._replies: list[Turn] = []
        self._notes: tuple[str, ...] = ()
        self.spent = NOTHING_SPENT
        self.acts = [act_at(turn, place) for place in even_places(turn.steps, cuts)]

    def take(self, replies: Batch) -> None:
        """Read the replies to the acts in order, as many to each; then ask for the next ones.

        After a batch that was stopped, or whose budget is used up, nothing more is asked.
        """
        self._replies += replies
        self._notes = tuple(dict.fromkeys((*self._notes, replies.ending, replies.warning)))
        asked = [sample.turn for sample in replies.samples if not sample.is_reused]
        self.spent = Spent(
            self.spent.tokens + sum(map(tokens_of, asked)),
            self.spent.seconds + replies.elapsed_s,
            self.spent.cost + (replies.cost or 0.0),
        )
        for index, act in enumerate(self.acts):
            each = replies[index * self._samples : (index + 1) * self._samples]
            self._found.append(_cut(self._turn, (act.parent.step or 1) - 1, each, self._value))
        # A cut that was added in between belongs between its neighbours.
        self._found.sort(key=lambda cut: cut.place)
        largest = self.result.largest
        # Settled: nothing is distinguishable from no effect, or it is a single step.
        if replies.ending or not self._rounds or largest is None or largest.first == largest.last:
            self.acts = []
            return
        self._rounds -= 1
        self.acts = [act_at(self._turn, _middle(self._turn, largest))]

    @property
    def result(self) -> Importance:
        """The importance as far as it is known."""
        return Importance(
            self._turn, self._value, self._found, replies=self._replies, notes=self._notes
        )


def checked_value(turn: Turn, value: str | None) -> str:
    """Return the value whose share is measured, in its one spelling.

    Raises:
        ConfigurationError: the turn has no reasoning, or no value, or `value` is not one.
    """
    final = require_studied(turn).final_value
    if value is None and final is None:
        raise ConfigurationError(
            'The turn has no final value to measure. Name one, such as value="42".'
        )
    if value is None or value == final:
        return final or ""
    # A spelling of its own would never be found, after all samples have been paid for.
    found = canonical(value) if isinstance(value, str) else ""
    if not found:
        raise ConfigurationError(f'value is {value!r:.80}. Use a text such as value="42".')
    return found


def _check(turn: Turn, samples: int, cuts: int, rounds: int) -> None:
    require_studied(turn)
    require_count("samples", samples)
    require_count("cuts", cuts, least=2)
    require_count("rounds", rounds, least=0)


def act_at(turn: Turn, place: int) -> Act:
    """Return the act that samples the rest of the reply again from a place on."""
    # After all of it only the answer is left; an open end would let the model think on.
    is_end = place == len(turn.steps)
    return Act(
        turn,
        Prefix(given_at(turn, place), closed=is_end),
        Parent(turn.id, place + 1, "resample"),
    )


def importance_cost(turn: Turn, *, samples: int, cuts: int, rounds: int) -> StudyCost:
    """Estimate what measuring the importance costs at most.

    Raises:
        ConfigurationError: the turn has no reasoning, or a number is not valid.
    """
    _check(turn, samples, cuts, rounds)
    steps = turn.steps
    places = even_places(steps, cuts)
    # Where the rounds go is not known yet, so they are estimated at the middle.
    places = sorted([*places, *[len(steps) // 2] * rounds])
    thought = estimate_tokens(turn.reasoning)
    answered = estimate_tokens(turn.answer)
    left = [thought * (1 - share_end(steps, place) / steps[-1].end) + answered for place in places]
    calls = samples * len(places)
    return StudyCost(calls, *input_tokens(turn, places, samples), round(samples * sum(left)))


def _middle(turn: Turn, segment: Segment) -> int:
    """Return the place in the middle of a segment of several steps, by characters."""
    steps = turn.steps
    first, last = segment.first + 1, segment.last
    wanted = (share_end(steps, first - 1) + share_end(steps, last + 1)) / 2
    return min(range(first, last + 1), key=lambda place: abs(share_end(steps, place) - wanted))


def _cut(turn: Turn, place: int, replies: Sequence[Turn], value: str) -> Cut:
    # What was not asked or broke off says nothing about the answer.
    ended = tuple(reply for reply in replies if reply.complete)
    # Those without a value count as well: they do not have the one that is asked about.
    values = Counter(reply.final_value for reply in ended)
    steps = turn.steps
    return Cut(place, share_end(steps, place) / steps[-1].end, values, values[value], ended)


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
