"""Where the samples of a row part: the values that each reasoning asserts, by final value.

What counts as an assertion is decided in `qwq_magic.reasoning.assertions`, as for "first seen":
a value that the text concludes, not one that it only considers. That a value is not asserted does
not mean that the model did not have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from qwq_magic.batch.batch import Sample
from qwq_magic.batch.inspection_text import inspection_text
from qwq_magic.batch.votes import Vote, vote_of
from qwq_magic.reasoning.assertions import asserted_values, asserts
from qwq_magic.reasoning.frames import frame_of
from qwq_magic.reasoning.segmenter import pieces_of
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    import pandas as pd

# The columns of `BatchInspection.to_frame`, in order; docs/columns.md describes them.
INSPECTION_COLUMNS = (
    "row",
    "sample",
    "model",
    "final_value",
    "value",
    "step",
    "share",
    "is_parting",
)


@dataclass(frozen=True, slots=True)
class Assertion:
    """A value that a reasoning asserts, where it does so first.

    Attributes:
        value: the value, in its one spelling; see `Turn.final_value`.
        step: the number of the step, from 1.
        share: the share of the reasoning's characters up to the end of the step, 0 to 1.
    """

    value: str
    step: int
    share: float


@dataclass(frozen=True, slots=True)
class Trail:
    """The values that the reasoning of one sample asserts, in the order of their first assertion.

    Attributes:
        sample: the sample.
        final_value: the value that its answer commits to; None without one.
        assertions: the values; none of them is given text.
    """

    sample: Sample
    final_value: str | None
    assertions: tuple[Assertion, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The samples of a row that have the same final value.

    Attributes:
        value: the final value; None for those without one.
        trails: the samples, in order.
        parting: the first value that most of these samples assert, as far as they assert any,
            and no sample with another final value does: at the sample where it is first. None if
            there is no such value.
    """

    value: str | None
    trails: tuple[Trail, ...]
    parting: Assertion | None = None


@dataclass(frozen=True, slots=True)
class RowInspection:
    """Where the samples of one row part.

    Attributes:
        row: the row, from 0.
        vote: its vote.
        groups: its samples by final value, the most frequent first; last those without one.
        partings: where the leading group and the next part from each other, as `Group.parting`;
            empty unless there are two.
        seen: the median share of the leading group's reasoning at which its final value is
            first seen; None if it is not.
    """

    row: int
    vote: Vote
    groups: tuple[Group, ...]
    partings: tuple[Assertion | None, ...]
    seen: float | None


class BatchInspection:
    """The value of `batch.inspect()`: a notebook shows a table, a console the text.

    Each reasoning is read when it is first needed, and only once for its batch.
    """

    def __init__(
        self, samples: Sequence[Sample], rows: Sequence[int], trails: MutableMapping[int, Trail]
    ) -> None:
        """Read nothing yet.

        Args:
            samples: all samples of the batch.
            rows: the rows to inspect.
            trails: what has been read, by the index of the sample; what is read is added.
        """
        self.row_numbers = tuple(rows)
        self._samples = samples
        self._trails = trails
        self._read: dict[int, RowInspection] = {}
        # Once for all rows: a search for each row would take the square of the time.
        self._indices: dict[int, list[int]] = {row: [] for row in self.row_numbers}
        for index, sample in enumerate(samples):
            if sample.row in self._indices:
                self._indices[sample.row].append(index)
        self.has_models = len({sample.model for sample in samples}) > 1

    def row(self, number: int) -> RowInspection:
        """Return where the samples of a row part; the row is one of `row_numbers`."""
        if number not in self._read:
            self._read[number] = _inspected(number, [self._trail(i) for i in self._indices[number]])
        return self._read[number]

    def _trail(self, index: int) -> Trail:
        if index not in self._trails:
            sample = self._samples[index]
            final = sample.turn.final_value
            self._trails[index] = Trail(sample, final, assertions_of(sample.turn, final))
        return self._trails[index]

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row per sample and value that its reasoning asserts.

        Its columns are `INSPECTION_COLUMNS`.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        rows = []
        for number in self.row_numbers:
            for group in self.row(number).groups:
                parting = group.parting and group.parting.value
                for trail in group.trails:
                    ours = (number, trail.sample.number, trail.sample.model, group.value)
                    rows += [
                        (*ours, found.value, found.step, found.share, found.value == parting)
                        for found in trail.assertions
                    ]
        return frame_of(
            INSPECTION_COLUMNS,
            rows,
            integers=("row", "sample", "step"),
            floats=("share",),
            booleans=("is_parting",),
        )

    def __repr__(self) -> str:
        return inspection_text(self)


def assertions_of(turn: Turn, final_value: str | None) -> tuple[Assertion, ...]:
    """Return the values that the reasoning of a turn asserts, in the order of first assertion.

    Given text asserts nothing. `final_value`: the value of the answer, which is also found where
    only a name or a formula that is already known can be.
    """
    pieces = pieces_of(turn.reasoning)
    found: dict[str, Assertion] = {}
    for number, piece in enumerate(pieces, 1):
        # A step that has begun before the received text was given, even if it ends in it.
        if piece.start < turn.given[0]:
            continue
        values = asserted_values(piece.text)
        # So that a final value is where `first_seen` has it.
        if final_value and final_value not in found and asserts(piece.text, final_value):
            values = (*values, final_value)
        for value in values:
            if value not in found:
                found[value] = Assertion(value, number, piece.end / pieces[-1].end)
    return tuple(found.values())


def _inspected(row: int, trails: Sequence[Trail]) -> RowInspection:
    vote = vote_of((trail.final_value for trail in trails), row=row)
    by_value: dict[str | None, list[Trail]] = {value: [] for value, _ in vote.groups}
    for trail in trails:
        by_value.setdefault(trail.final_value, []).append(trail)
    # Those without a final value are compared with no one: they may still have come to any.
    values = {value: _values_of(found) for value, found in by_value.items() if value is not None}
    # Counted once, so that the cost does not depend on how many groups there are.
    having = Counter(value for found in values.values() for value in found)
    groups = tuple(
        Group(value, tuple(found), _parting(values[value], found, having, len(values)))
        if value is not None
        else Group(None, tuple(found))
        for value, found in by_value.items()
    )
    # A value of a third group may still be what the first two differ in.
    pair = [group for group in groups if group.value is not None][:2]
    both = Counter(value for group in pair for value in values[group.value or ""])
    partings = [_parting(values[g.value or ""], g.trails, both, len(pair)) for g in pair]
    return RowInspection(
        row, vote, groups, tuple(partings) if len(pair) == 2 else (), _seen(by_value, vote.value)
    )


def _values_of(trails: Sequence[Trail]) -> Counter[str]:
    """Return how many of the samples assert each value."""
    return Counter(found.value for trail in trails for found in trail.assertions)


def _parting(
    values: Mapping[str, int], trails: Sequence[Trail], having: Mapping[str, int], groups: int
) -> Assertion | None:
    """Return the first assertion of a value that is a group's own.

    Args:
        values: how many samples of the group assert each value.
        trails: the samples of the group.
        having: how many of the groups have each value.
        groups: how many groups there are.
    """
    if groups < 2:
        return None
    # One sample may come upon anything, so a value is the group's if most of it has it.
    asserting = sum(bool(trail.assertions) for trail in trails)
    own = (
        found
        for trail in trails
        for found in trail.assertions
        if having[found.value] == 1 and 2 * values[found.value] > asserting
    )
    return min(own, key=lambda found: (found.share, found.step), default=None)


def _seen(by_value: Mapping[str | None, Sequence[Trail]], leading: str | None) -> float | None:
    if leading is None:
        return None
    shares = [
        found.share
        for trail in by_value[leading]
        for found in trail.assertions
        if found.value == leading
    ]
    return median(shares) if shares else None
