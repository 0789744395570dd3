"""Compare two turns: their steps are aligned, their answers diffed, their metrics listed.

Steps are paired if they have the same words, otherwise if they share all significant words,
otherwise if they have the same numbers. Wording differs long before ideas do, so two
reasonings diverge only at a step that has no counterpart at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from qwq_magic.reasoning.alignment import align, gaps_between
from qwq_magic.reasoning.comparison_text import comparison_text
from qwq_magic.reasoning.frames import frame_of
from qwq_magic.reasoning.metrics import MetricValue, metric_values
from qwq_magic.reasoning.reasoned_turn import ReasonedTurn

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
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# A part includes the blanks after it, so that the parts join to the text.
_PART = re.compile(r"\A\s+|(?:[\u3040-\u9fff]|[^\W_\u3040-\u9fff]+|[^\w\s]|_)\s*")
# Frequent words of reasonings, which do not show what a step is about.
_STOP_WORD_LIST = (
    "a about actually again all alright also am an and are as at be been but by can check could "
    "do does each for from get gets gives had has have here hmm how i if in into is it its just "
    "know let like ll m maybe me my need no not now of ok okay on one or our re right s see "
    "should so some step t than that the their then there these they think this to us ve wait "
    "was we well were what which will with would yes you your 的 了 是 在 我 们 那 么 这 就 所 以 "
    "可 来 先 然 后 要 让 看 一 下 吧 呢 再 和 也 有"
)
_STOP_WORDS = frozenset(_STOP_WORD_LIST.split())


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
        divergence: the index of the first pair with a missing counterpart; None without one.
        answer_diff: a word diff of the answers; `both` and `left` parts join to the left
            answer, `both` and `right` parts to the right one.
        metrics: the metrics of both turns.
    """

    left: ReasonedTurn
    right: ReasonedTurn
    pairs: tuple[StepPair, ...]
    divergence: int | None
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
            "answer_diff": [asdict(part) for part in self.answer_diff],
            "metrics": [asdict(metric) for metric in self.metrics],
        }

    def __repr__(self) -> str:
        """Return a short table, which a notebook shows as plain text."""
        return comparison_text(self)


def compare(left: ReasonedTurn, right: ReasonedTurn) -> Comparison:
    """Compare two turns, such as two attempts at a prompt or replies of two models."""
    pairs = tuple(_pairs([s.text for s in left.steps], [s.text for s in right.steps]))
    alone = (at for at, pair in enumerate(pairs) if pair.match == "none")
    return Comparison(
        left=left,
        right=right,
        pairs=pairs,
        divergence=next(alone, None),
        answer_diff=tuple(diff_words(left.answer, right.answer)),
        metrics=tuple(_metrics(left, right)),
    )


def _same_words(text: str) -> Hashable:
    return tuple(_WORD.findall(text.lower()))


def _significant_words(text: str) -> Hashable:
    words = frozenset(_WORD.findall(text.lower())) - _STOP_WORDS
    # One word or number in common is too little to pair two steps.
    return words if len(words) > 1 else None


def _same_numbers(text: str) -> Hashable:
    numbers = frozenset(_NUMBER.findall(text))
    return numbers if len(numbers) > 1 else None


# From the strictest to the loosest.
_LEVELS: tuple[tuple[Callable[[str], Hashable], Match], ...] = (
    (_same_words, "same"),
    (_significant_words, "similar"),
    (_same_numbers, "similar"),
)


def _pairs(left: Sequence[str], right: Sequence[str]) -> Iterator[StepPair]:
    matches: dict[tuple[int, int], Match] = {}
    for key_of, match in _LEVELS:
        keys, other_keys = [key_of(text) for text in left], [key_of(text) for text in right]
        # A looser level only fills the gaps of the stricter ones, so that pairs never cross.
        for begin, end, other_begin, other_end in list(
            gaps_between(sorted(matches), (0, len(left), 0, len(right)))
        ):
            indices = [at for at in range(begin, end) if keys[at] is not None]
            others = [at for at in range(other_begin, other_end) if other_keys[at] is not None]
            found = align([keys[at] for at in indices], [other_keys[at] for at in others])
            matches |= {(indices[i], others[j]): match for i, j in found}
    at = other = 0
    for i, j in (*sorted(matches), (len(left), len(right))):
        yield from (StepPair(alone, None, "none") for alone in range(at, i))
        yield from (StepPair(None, alone, "none") for alone in range(other, j))
        if (i, j) in matches:
            yield StepPair(i, j, matches[i, j])
        at, other = i + 1, j + 1


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
