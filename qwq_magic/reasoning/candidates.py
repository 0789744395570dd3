"""Candidate answers: the values that a reasoning asserted on its way to the final one.

Intermediate values are left out by what they are values of: a value is a candidate if nothing is
named ("so it is 19"), or what the final value is the value of ("the sum is 19 … the sum is 20").
Of running totals, the last one in a paragraph counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qwq_magic.reasoning.assertions import Asserted, assertions_in, asserts
from qwq_magic.reasoning.steps import Step
from qwq_magic.reasoning.values import committed_value

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:/\d+)?$")
# "Total 3 … Total 13", "a = 3 … a = 11"
_RUNNING = re.compile(r"total|\w")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that the reasoning asserts from one step on, until the next candidate.

    Attributes:
        value: the value, in its one spelling; see `Turn.final_value`.
        step: the index of the first step that asserts it, from 0.
        share: the share of the reasoning's characters up to the end of that step, 0 to 1.
    """

    value: str
    step: int
    share: float


def candidates_of(steps: Sequence[Step], *, answer: str = "") -> tuple[Candidate, ...]:
    """Return the candidate answers in order; two in a row always differ.

    Args:
        steps: the steps to read.
        answer: the whole answer, whose value is a candidate however it is asserted.
    """
    final = committed_value(answer) if steps else None
    found = [
        (step, asserted)
        for paragraph in _paragraphs(steps)
        for step, asserted in _without_running_values(paragraph, final)
        if final is None or _is_number(asserted.value) == _is_number(final)
    ]
    # What the final value is the value of; without any, only what names nothing counts.
    of_answer = {asserted.subject for _, asserted in found if asserted.value == final}
    subjects = of_answer or {""}
    candidates: list[Candidate] = []
    for step, asserted in found:
        if asserted.subject and asserted.subject not in subjects:
            continue
        # To assert the same again changes nothing.
        if not candidates or candidates[-1].value != asserted.value:
            candidates.append(Candidate(asserted.value, step.index, step.end / steps[-1].end))
    return tuple(candidates)


def _paragraphs(steps: Sequence[Step]) -> Iterator[list[Step]]:
    paragraph: list[Step] = []
    for step in steps:
        paragraph.append(step)
        if "\n\n" in step.text[len(step.text.rstrip()) :]:
            yield paragraph
            paragraph = []
    yield paragraph


def _without_running_values(
    paragraph: list[Step], final: str | None
) -> Iterator[tuple[Step, Asserted]]:
    """Yield what a paragraph asserts, in order; of running values, only the last one."""
    found = [(step, asserted) for step in paragraph for asserted in _assertions(step, final)]
    last = {asserted.subject: at for at, (_, asserted) in enumerate(found)}
    for at, (step, asserted) in enumerate(found):
        if not _RUNNING.fullmatch(asserted.subject) or last[asserted.subject] == at:
            yield step, asserted


def _is_number(value: str) -> bool:
    return _NUMBER.match(value) is not None


def _assertions(step: Step, final: str | None) -> tuple[Asserted, ...]:
    found = assertions_in(step.text)
    if final is None or any(each.value == final for each in found):
        return found
    # A name or a formula is found only where it is known already.
    return (*found, Asserted(final, "")) if asserts(step.text, final) else found
