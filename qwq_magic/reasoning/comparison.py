"""Compare two turns: their steps are aligned, their answers diffed, their metrics listed.

Steps are paired by their words, see `similar_steps`. Wording differs long before ideas do, so
two reasonings diverge at a value that only one of them has, see `partings`.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from qwq_magic.reasoning.alignment import align
from qwq_magic.reasoning.comparison_text import comparison_text
from qwq_magic.reasoning.frames import frame_of
from qwq_magic.reasoning.metrics import MetricValue, metric_values
from qwq_magic.reasoning.partings import Parting, StepValues, first_parting
from qwq_magic.reasoning.reasoned_turn import ReasonedTurn
from qwq_magic.reasoning.similar_steps import similar_pairs

if TYPE_CHECKING:
    import pandas as pd

Match: TypeAlias = Literal["same", "similar", "none"]

# The columns of `Comparison.to_frame`, in order.
PAIR_COLUMNS = (
    "match",
    "left_index",
    "left_kind",
    "left_text",
    "right_index",
    "right_kind",
    "right_text",
)

# Chinese and Japanese are compared by character, since no blanks separate their words.
_WORD = re.compile(r"[\u3040-\u9fff]|[^\W_\u3040-\u9fff]+|[-+*/=<>^]")
# A part includes the blanks after it, so that the parts join to the text.
_PART = re.compile(r"\A\s+|(?:[\u3040-\u9fff]|[^\W_\u3040-\u9fff]+|[^\w\s]|_)\s*")


@dataclass(frozen=True, slots=True)
class StepPair:
    """A row of the alignment: the steps' indices, or None for a missing counterpart."""

    left: int | None
    right: int | None
    match: Match


@dataclass(frozen=True, slots=True)
class AnswerPart:
    """A part of the answers that occurs on both sides or on one."""

    side: Literal["both", "left", "right"]
    text: str


@dataclass(frozen=True, slots=True)
class MetricPair:
    """One metric of both sides; `difference` is right minus left, None unless numeric."""

    name: str
    left: MetricValue
    right: MetricValue
    difference: float | int | None


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """The comparison of two turns.

    Attributes:
        left: the first turn.
        right: the second turn.
        pairs: the aligned steps; every step is in exactly one pair, in order.
        divergence: the index of the first pair with a value that only one side has; None
            without one.
        parting: that value, and its step.
        answer_diff: a word diff of the answers; `both` and `left` parts join to the left
            answer, `both` and `right` parts to the right one.
        metrics: the metrics of both turns.
    """

    left: ReasonedTurn
    right: ReasonedTurn
    pairs: tuple[StepPair, ...]
    divergence: int | None
    parting: Parting | None
    answer_diff: tuple[AnswerPart, ...]
    metrics: tuple[MetricPair, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row per pair; its columns are `PAIR_COLUMNS`.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        left, right = self.left.steps, self.right.steps
        rows = []
        for pair in self.pairs:
            row: list[object] = [pair.match]
            for steps, index in ((left, pair.left), (right, pair.right)):
                step = None if index is None else steps[index]
                row += (index, step and step.kind.value, step and step.text)
            rows.append(row)
        return frame_of(PAIR_COLUMNS, rows, integers=("left_index", "right_index"))

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain JSON, complete enough to draw it."""
        return {
            "left": _side(self.left),
            "right": _side(self.right),
            "pairs": [asdict(pair) for pair in self.pairs],
            "divergence": self.divergence,
            "parting": self.parting and asdict(self.parting),
            "answer_diff": [asdict(part) for part in self.answer_diff],
            "metrics": [asdict(metric) for metric in self.metrics],
        }

    def __repr__(self) -> str:
        """Return a short table, which a notebook shows as plain text."""
        return comparison_text(self)


def compare(left: ReasonedTurn, right: ReasonedTurn) -> Comparison:
    """Compare two turns, such as two attempts at a prompt or replies of two models."""
    steps, other_steps = left.steps, right.steps
    pairs = tuple(_pairs([s.text for s in steps], [s.text for s in other_steps]))
    at, parting = first_parting(
        [(pair.left, pair.right) for pair in pairs],
        StepValues(steps, left.answer),
        StepValues(other_steps, right.answer),
    ) or (None, None)
    return Comparison(
        left=left,
        right=right,
        pairs=pairs,
        divergence=at,
        parting=parting,
        answer_diff=tuple(diff_words(left.answer, right.answer)),
        metrics=tuple(_metrics(left, right)),
    )


def _same_words(text: str) -> Hashable:
    return tuple(_WORD.findall(text.lower()))


def _pairs(left: Sequence[str], right: Sequence[str]) -> Iterator[StepPair]:
    keys, other_keys = list(map(_same_words, left)), list(map(_same_words, right))
    at = other = 0
    for i, j in (*_aligned(left, right, keys, other_keys), (len(left), len(right))):
        yield from (StepPair(alone, None, "none") for alone in range(at, i))
        yield from (StepPair(None, alone, "none") for alone in range(other, j))
        if i < len(left):
            yield StepPair(i, j, "same" if keys[i] == other_keys[j] else "similar")
        at, other = i + 1, j + 1


def _aligned(
    left: Sequence[str],
    right: Sequence[str],
    keys: Sequence[Hashable],
    other_keys: Sequence[Hashable],
) -> Iterator[tuple[int, int]]:
    """Yield the indices of steps that belong together, increasing on both sides."""
    shorter = min(len(left), len(right))
    # A fork begins as its parent does, and its own steps are compared with each other.
    head = next((n for n in range(shorter) if keys[n] != other_keys[n]), shorter)
    tail = next((n for n in range(shorter - head) if keys[-1 - n] != other_keys[-1 - n]), None)
    tail = shorter - head if tail is None else tail
    end, other_end = len(left) - tail, len(right) - tail
    yield from ((n, n) for n in range(head))
    for i, j in similar_pairs(left[head:end], right[head:other_end]):
        yield head + i, head + j
    yield from ((end + n, other_end + n) for n in range(tail))


def diff_words(left: str, right: str) -> Iterator[AnswerPart]:
    """Yield the common and differing parts of two texts, by words and punctuation."""
    parts, others = _PART.findall(left), _PART.findall(right)
    at = other = 0
    for i, j, length in (*_runs(align(parts, others)), (len(parts), len(others), 0)):
        if at < i:
            yield AnswerPart("left", "".join(parts[at:i]))
        if other < j:
            yield AnswerPart("right", "".join(others[other:j]))
        if length:
            yield AnswerPart("both", "".join(parts[i : i + length]))
        at, other = i + length, j + length


def _runs(pairs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield runs of consecutive pairs: the start on both sides, and the length."""
    for _, run in groupby(
        enumerate(pairs), key=lambda item: (item[1][0] - item[0], item[1][1] - item[0])
    ):
        (_, (i, j)), *rest = run
        yield i, j, 1 + len(rest)


def _metrics(left: ReasonedTurn, right: ReasonedTurn) -> Iterator[MetricPair]:
    values, other_values = metric_values(left.metrics), metric_values(right.metrics)
    for name, value in values.items():
        other = other_values[name]
        yield MetricPair(name, value, other, _difference(value, other))


def _difference(left: MetricValue, right: MetricValue) -> float | int | None:
    match left, right:
        # A boolean is an integer to Python, but its difference is not a metric.
        case (bool(), _) | (_, bool()):
            return None
        case (int() | float(), int() | float()):
            return right - left
        case _:
            return None


def _side(turn: ReasonedTurn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "model": turn.model,
        "server": turn.server,
        "state": turn.state,
        "reasoning": turn.reasoning,
        "answer": turn.answer,
        # Without their texts, which `start` and `end` cut from the reasoning.
        "steps": [
            {
                "start": step.start,
                "end": step.end,
                "kind": step.kind.value,
                "cue": step.cue,
                "group": step.group.value,
                "episode": step.episode,
                "seconds": step.seconds,
                "tokens": step.tokens,
            }
            for step in turn.steps
        ],
    }
