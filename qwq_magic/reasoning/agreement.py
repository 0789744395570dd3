"""How far several people agree on the kinds of steps: Krippendorff's α and Cohen's κ.

Both compare the agreement that was found with the agreement that labels would reach by chance: 1
is full agreement, 0 is chance. Neither exists where everyone always chose the same one kind.

- α for nominal data, any number of people and missing labels: K. Krippendorff, "Computing
  Krippendorff's Alpha-Reliability" (2011), section C, by the matrix of coincidences.
- κ for two people: J. Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and
  Psychological Measurement 20 (1960).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from qwq_magic.reasoning.kind_names import LABEL_KINDS, Kind

if TYPE_CHECKING:
    from qwq_magic.reasoning.labels import StepLabel

_Category = TypeVar("_Category")


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """The agreement of two people.

    Attributes:
        one: the name of the first.
        other: the name of the second.
        n: how many steps both labelled.
        share: the share of these that they labelled alike; None without any.
        kappa: Cohen's κ; None if it is not defined.
        confusion: how often the first chose one kind and the second another, or the same.
    """

    one: str
    other: str
    n: int
    share: float | None
    kappa: float | None
    confusion: Mapping[tuple[Kind, Kind], int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement of several people.

    Attributes:
        alpha: Krippendorff's α; None if it is not defined.
        n: how many steps at least two people labelled; only these count.
        pairs: the agreement of each two people who labelled the same steps, by name.
    """

    alpha: float | None
    n: int
    pairs: tuple[PairAgreement, ...]

    @property
    def kappa(self) -> Mapping[tuple[str, str], float | None]:
        """Cohen's κ by the two names, in alphabetical order."""
        return {(pair.one, pair.other): pair.kappa for pair in self.pairs}

    def __str__(self) -> str:
        """Return the figures, and for each pair the kinds that it used, as lines of text."""
        if not self.n:
            return "No step has labels by two people yet."
        lines = [
            f"Krippendorff's α = {_figure(self.alpha)} ({_steps(self.n)} with 2 or more labels)"
        ]
        for pair in self.pairs:
            lines += ["", *_pair_lines(pair)]
        return "\n".join(lines)


def agreement(labels: Iterable[StepLabel]) -> Agreement:
    """Return the agreement of the people who made these labels.

    Of several labels of one person for one step, the last counts.
    """
    by_unit: dict[tuple[str, int, int], dict[str, Kind]] = {}
    for each in labels:
        by_unit.setdefault(each.unit, {})[each.annotator] = each.label
    units = [kinds for kinds in by_unit.values() if len(kinds) > 1]
    names = sorted({name for kinds in units for name in kinds})
    pairs = (_pair(units, one, other) for one, other in combinations(names, 2))
    alpha = krippendorff_alpha([list(kinds.values()) for kinds in units])
    return Agreement(alpha, len(units), tuple(pair for pair in pairs if pair.n))


def confusion(labels: Iterable[StepLabel], one: str, other: str) -> Mapping[tuple[Kind, Kind], int]:
    """Return how often `one` chose the first kind and `other` the second, on the same steps."""
    # By the characters that are labelled: the number of a step may change with a version.
    chosen: dict[tuple[str, int, int], dict[str, Kind]] = {}
    for each in labels:
        chosen.setdefault(each.unit, {})[each.annotator] = each.label
    return _confusion(chosen.values(), one, other)


def _confusion(
    units: Iterable[Mapping[str, Kind]], one: str, other: str
) -> Mapping[tuple[Kind, Kind], int]:
    both = (kinds for kinds in units if one in kinds and other in kinds)
    return Counter((kinds[one], kinds[other]) for kinds in both)


def _pair(units: Iterable[Mapping[str, Kind]], one: str, other: str) -> PairAgreement:
    counts = _confusion(units, one, other)
    n = sum(counts.values())
    alike = sum(count for (left, right), count in counts.items() if left == right)
    return PairAgreement(one, other, n, alike / n if n else None, cohen_kappa(counts), counts)


def krippendorff_alpha(units: Iterable[Sequence[object]]) -> float | None:
    """Return Krippendorff's α for nominal data.

    With n pairable values, of which n_c have the value c, and o_ck coincidences of c and k:
    α = 1 - (n - 1) · Σ o_ck / Σ n_c n_k, both sums over c ≠ k. The pairs of a unit with m values
    count 1 / (m - 1) each.

    Args:
        units: the values that each unit was given. Units with fewer than two do not count.

    Returns:
        None if there are no such units, or all values are the same.
    """
    totals: Counter[object] = Counter()
    disagreements = 0.0
    for values in units:
        if len(values) < 2:
            continue
        counts = Counter(values)
        totals.update(counts)
        # All ordered pairs of different values: those of a value with itself cancel out.
        pairs = len(values) ** 2 - sum(count**2 for count in counts.values())
        disagreements += pairs / (len(values) - 1)
    n = sum(totals.values())
    expected = n**2 - sum(count**2 for count in totals.values())
    return 1 - (n - 1) * disagreements / expected if expected else None


def cohen_kappa(counts: Mapping[tuple[_Category, _Category], int]) -> float | None:
    """Return Cohen's κ = (p_o - p_e) / (1 - p_e).

    p_o is the share of units that both put into the same category; p_e is the share that they
    would by chance, from how often each of them uses each category.

    Args:
        counts: how many units the first put into one category and the second into another.

    Returns:
        None without units, or if both use one and the same category only.
    """
    n = sum(counts.values())
    first: Counter[_Category] = Counter()
    second: Counter[_Category] = Counter()
    alike = 0
    for (one, other), count in counts.items():
        first[one] += count
        second[other] += count
        alike += count if one == other else 0
    # In whole numbers: p_o = alike / n, p_e = by_chance / n².
    by_chance = sum(count * second[category] for category, count in first.items())
    return (alike * n - by_chance) / (n**2 - by_chance) if n**2 != by_chance else None


def _figure(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"


def _steps(count: int) -> str:
    return f"{count:,} step{'' if count == 1 else 's'}"


def _pair_lines(pair: PairAgreement) -> list[str]:
    share = 0.0 if pair.share is None else pair.share
    # Nine columns would be too wide for most, and empty.
    used = [kind for kind in LABEL_KINDS if any(kind in both for both in pair.confusion)]
    width = max(map(len, used), default=0)
    lines = [
        f"{pair.one} and {pair.other}: Cohen's κ = {_figure(pair.kappa)}, "
        f"{_steps(pair.n)}, {share:.0%} alike",
        f"  {'':{width}}  {'  '.join(used)}   ← {pair.other}",
    ]
    for kind in used:
        cells = (f"{pair.confusion.get((kind, other), 0) or '·':>{len(other)}}" for other in used)
        lines.append(f"  {kind:{width}}  {'  '.join(cells)}")
    return lines
