"""Votes: which final value the samples of one prompt agree on, and how sure that is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from qwq_magic.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

# The quantile of the normal distribution that leaves 2.5 % on each side.
_Z_95 = 1.959963984540054

_SHOWN_VOTES = 20

# The columns of `Votes.to_frame`, in order.
VOTE_COLUMNS = ("row", "value", "count", "total", "share", "low", "high", "groups")


def wilson_interval(count: int, total: int, *, z: float = _Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a share, 95 % by default.

    It stays within 0 and 1 and is usable for few samples (E. B. Wilson, 1927).

    Args:
        count: how many of them.
        total: of how many; for 0 the interval is that of no knowledge, (0, 1).
        z: the quantile of the normal distribution.
    """
    if total == 0:
        return 0.0, 1.0
    share, square = count / total, z * z
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = z / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / 4 / total**2)
    return max(0.0, middle - half), min(1.0, middle + half)


def lead_probability(leading: int, second: int) -> float:
    """Return the probability that the leading value stays ahead of the second one.

    The share of the leader among these two has the distribution Beta(leading + 1, second + 1),
    starting from no preference; this is the probability that it is above one half.
    """
    if not 0 <= second <= leading:
        raise ConfigurationError(f"{leading} and {second} are not votes of a leader and another.")
    # For whole numbers, the Beta distribution is a sum of binomial coefficients.
    trials = leading + second + 1
    return float(sum(math.comb(trials, k) for k in range(leading + 1)) / 2**trials)


@dataclass(frozen=True, slots=True)
class Vote:
    """The vote of the samples of one row.

    Attributes:
        row: the row, from 0.
        value: the value that most samples reached; None if none has a final value.
        count: how many samples reached it.
        total: how many samples have a final value.
        groups: how often each value was reached, the most frequent first.
        without_value: how many samples ended without a final value.
    """

    row: int
    value: str | None
    count: int
    total: int
    groups: tuple[tuple[str, int], ...] = ()
    without_value: int = 0

    @property
    def share(self) -> float:
        """The share of the leading value, from 0 to 1; 0 without any."""
        return self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson)."""
        return wilson_interval(self.count, self.total)

    @property
    def is_tied(self) -> bool:
        """Whether another value was reached as often."""
        return len(self.groups) > 1 and self.groups[1][1] == self.count

    @property
    def confidence(self) -> float:
        """The probability that the leading value stays ahead of the second one; 0 without any."""
        if not self.groups:
            return 0.0
        return lead_probability(self.count, self.groups[1][1] if len(self.groups) > 1 else 0)

    def is_settled(self, probability: float) -> bool:
        """Whether the leading value stays ahead with at least this probability."""
        return self.total > 0 and self.confidence >= probability

    def to_dict(self) -> dict[str, Any]:
        low, high = self.interval
        return {
            "row": self.row,
            "value": self.value,
            "count": self.count,
            "total": self.total,
            "share": self.share,
            "low": low,
            "high": high,
            "groups": dict(self.groups),
        }

    def __str__(self) -> str:
        if self.value is None:
            return "no final value"
        low, high = self.interval
        tied = ", tied" if self.is_tied else ""
        return (
            f"{self.value}: {self.count} of {self.total} "
            f"({self.share:.0%}, 95 % interval {low:.0%} to {high:.0%}{tied})"
        )


def vote_of(values: Iterable[str | None], *, row: int = 0) -> Vote:
    """Count the final values of one row's samples; of two as frequent, the first one leads."""
    counted: Counter[str] = Counter()
    without = 0
    for value in values:
        if value is None:
            without += 1
        else:
            counted[value] += 1
    # Of equal counts, `most_common` keeps the order of the first votes.
    groups = tuple(counted.most_common())
    value, count = groups[0] if groups else (None, 0)
    return Vote(row, value, count, counted.total(), groups, without)


class Votes(Sequence[Vote]):
    """One vote for each row of a batch."""

    def __init__(self, votes: Iterable[Vote]) -> None:
        self._votes = tuple(votes)

    @overload
    def __getitem__(self, index: int) -> Vote: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Vote]: ...
    def __getitem__(self, index: int | slice) -> Vote | Sequence[Vote]:
        return self._votes[index]

    def __len__(self) -> int:
        return len(self._votes)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row per vote; its columns are `VOTE_COLUMNS`.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        from qwq_magic.reasoning.frames import frame_of

        rows = [[vote.to_dict()[name] for name in VOTE_COLUMNS] for vote in self._votes]
        return frame_of(
            VOTE_COLUMNS, rows, integers=("row", "count", "total"), floats=("share", "low", "high")
        )

    def __repr__(self) -> str:
        if len(self._votes) == 1:
            return f"<Votes {self._votes[0]}>"
        shown = [f"  row {vote.row}: {vote}" for vote in self._votes[:_SHOWN_VOTES]]
        left = len(self._votes) - len(shown)
        more = [f"  … {left} more"] if left else []
        return "\n".join([f"<Votes of {len(self._votes)} rows", *shown, *more]) + ">"
