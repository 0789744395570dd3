"""Where two reasonings part: at the first value of one that the other does not have.

Wording differs from the first sentence on, values only where the reasonings do. An intermediate
value parts them if the other side never mentions it. So does the final value of one if the other
side has another one and never asserts this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from qwq_magic.reasoning.assertions import asserted_values
from qwq_magic.reasoning.candidates import candidates_of
from qwq_magic.reasoning.canonical_value import canonical
from qwq_magic.reasoning.exact_numbers import read_number
from qwq_magic.reasoning.steps import Step
from qwq_magic.reasoning.values import committed_value

Side: TypeAlias = Literal["left", "right"]

# The result of an equation; what another sign follows is only a part of one.
_RESULT = re.compile(
    r"[=≈]\s{0,3}[$£€]?(-?\d[\d,]{0,30}(?:\.\d{1,30})?)(?![\d.,]*\d)(?!\s{0,3}[-+*/×÷·^=≈(%\\])"
)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:/\d+)?")
_LETTERS = re.compile(r"[A-J](?:,[A-J])*")
_LONGEST_NUMBER = 60


@dataclass(frozen=True, slots=True)
class Parting:
    """The first value of one reasoning that the other does not have.

    Attributes:
        side: the reasoning that has the value.
        step: the index of its step, from 0.
        value: the value, in its one spelling; see `Turn.final_value`.
    """

    side: Side
    step: int
    value: str


class StepValues:
    """The values of a reasoning, and the values that it mentions."""

    def __init__(self, steps: Sequence[Step], answer: str) -> None:
        asserted = [asserted_values(step.text) for step in steps]
        self._values = [
            (*_results(step.text), *filter(_has_one_spelling, found))
            for step, found in zip(steps, asserted, strict=True)
        ]
        candidates = candidates_of(steps, answer=answer)
        self._candidates = {each.step: each.value for each in candidates}
        self._final = committed_value(answer)
        self._asserted = {value for found in asserted for value in found}
        self._asserted |= {*self._candidates.values(), *filter(None, [self._final])}
        texts = (*(step.text for step in steps), answer)
        numbers = {number for text in texts for number in _NUMBER.findall(text)}
        self._mentioned = set(map(_rounded, self._asserted | numbers))

    def only_here(self, index: int, other: StepValues) -> str | None:
        """Return the first value of a step that the other reasoning does not have."""
        for value in self._values[index]:
            rounded = _rounded(value)
            # The sign is not a part of a number that is only mentioned.
            if not other._mentioned & {rounded, rounded.removeprefix("-")}:
                return value
        # What comes to nothing on the other side may be mentioned there.
        own = self._candidates.get(index)
        is_own = own is not None and own == self._final and own not in other._asserted
        return own if is_own and other._final is not None else None


def _results(text: str) -> list[str]:
    """Return the results of the equations in a step, each in its one spelling."""
    return [canonical(found, is_math=True) for found in _RESULT.findall(text)]


def _has_one_spelling(value: str) -> bool:
    """Whether equal values are equal strings; formulas are equal in many forms, and texts too."""
    number = read_number(value)
    is_number = number is not None and not number[1]
    return is_number or _LETTERS.fullmatch(value) is not None


def _rounded(value: str) -> str:
    """Return a number that is not whole with four digits, since two sides round differently."""
    if value.isdigit():
        return value.lstrip("0") or "0"
    found = read_number(value.replace(",", "")) if len(value) <= _LONGEST_NUMBER else None
    if found is None or found[1]:
        return value
    return f"{float(found[0]):.4g}" if found[0].denominator > 1 else str(found[0])


def first_parting(
    rows: Sequence[tuple[int | None, int | None]], left: StepValues, right: StepValues
) -> tuple[int, Parting] | None:
    """Return the first row with a value that only one side has, and the value; None without one.

    `rows`: the indices of the aligned steps, None for a missing counterpart.
    """
    for at, (i, j) in enumerate(rows):
        if i is not None and (value := left.only_here(i, right)) is not None:
            return at, Parting("left", i, value)
        if j is not None and (value := right.only_here(j, left)) is not None:
            return at, Parting("right", j, value)
    return None
