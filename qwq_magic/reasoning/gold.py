"""Judge a turn by the right answer: whether it is right, when it first was, and underthinking.

The answer is compared by its one spelling, as `Turn.final_value` has it: `.375` is right where
`\\frac{3}{8}` is. It is not computed, so `2^5` is not right where `32` is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from qwq_magic.reasoning.candidates import Candidate
from qwq_magic.reasoning.canonical_value import LONGEST_VALUE, canonical
from qwq_magic.reasoning.steps import Steps
from qwq_magic.reasoning.values import boxed_values, committed_value

# The right answer as a data set has it; several if any of them is right.
Gold: TypeAlias = str | tuple[str, ...]

# GSM8K and its relatives have the value after this mark, below a solution.
_VALUE_FOLLOWS = "####"


# A protocol, because `Turn` is in a layer above this one.
class JudgedTurn(Protocol):
    """The parts of a turn that are judged."""

    @property
    def final_value(self) -> str | None: ...
    @property
    def candidates(self) -> tuple[Candidate, ...]: ...
    @property
    def steps(self) -> Steps: ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """A turn, judged by the right answer.

    Attributes:
        right: whether the value of the answer is the right one; None without a value, or if the
            right answer is not known.
        first_correct: the index of the first step whose candidate answer is the right one, from
            0; None if there is no such step.
        underthinking: of a wrong answer, 1 − the tokens up to the end of the first correct
            thought ÷ the tokens of the reasoning, 0 to 1; 0 without a correct thought. A thought
            is an episode, the steps between two switches, and is correct if the right answer is
            one of its candidates. None if the answer is not wrong.
    """

    right: bool | None = None
    first_correct: int | None = None
    underthinking: float | None = None


def gold_values(gold: Gold | None) -> frozenset[str]:
    """Return every spelling in which `Turn.final_value` may have the right answer.

    Read are a value, a solution that ends in `\\boxed{…}` or `#### 42`, and a text that commits
    to a value as an answer does.
    """
    texts = (gold,) if isinstance(gold, str) else gold or ()
    return frozenset(value for text in texts for value in _spellings(text) if value)


def _spellings(text: str) -> Iterable[str | None]:
    if boxed := boxed_values(text):
        return (canonical(boxed[-1], is_math=True),)
    before, mark, value = text.rpartition(_VALUE_FOLLOWS)
    value = value.strip()
    if len(value) > LONGEST_VALUE:
        return (committed_value(value),)
    # Whether `5m` is a length or a product is known to the data set only.
    readings = (canonical(value), canonical(value, is_math=True))
    return readings if mark or before else (*readings, committed_value(value))


def judged(turn: JudgedTurn, gold: Gold | None) -> Judgement:
    """Judge a turn by the right answer.

    Args:
        turn: the turn.
        gold: the right answer as text, or several of which each is right; None if not known.
    """
    values = gold_values(gold)
    if not values:
        return Judgement()
    right = is_right(turn, values)
    first = next((each.step for each in turn.candidates if each.value in values), None)
    wrong = right is False
    return Judgement(right, first, _underthinking(turn.steps, first) if wrong else None)


def is_right(turn: JudgedTurn, values: frozenset[str]) -> bool | None:
    """Whether the final value is one of `gold_values`; None if either is missing."""
    final = turn.final_value
    return final in values if values and final is not None else None


def _underthinking(steps: Steps, first_correct: int | None) -> float | None:
    total = sum(step.tokens or 0 for step in steps)
    if not total:
        return None
    if first_correct is None:
        return 0.0
    thought = steps[first_correct].episode
    return 1 - sum(step.tokens or 0 for step in steps if step.episode <= thought) / total


def underthinking_score(judgements: Sequence[Judgement]) -> float | None:
    """Return the mean `underthinking` of the wrong answers, 0 to 1; None if none is wrong.

    It is the score ξ of “Thoughts Are All Over the Place” (arXiv 2501.18585): high where models
    leave a correct thought early and end wrong. There, a thought is cut and judged by a model;
    here by rules, so scores can be compared with each other, but not with those of the paper.
    """
    found = [each.underthinking for each in judgements if each.underthinking is not None]
    return sum(found) / len(found) if found else None
