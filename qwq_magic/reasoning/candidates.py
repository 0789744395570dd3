"""Candidate answers: the values that a reasoning asserted on its way to the final one.

Intermediate values are left out by what they are values of: a value is a candidate if nothing is
named ("so it is 19"), or the same as with a value that is one ("so the sum is 19 … the sum is 20").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qwq_magic.reasoning.assertions import Asserted, assertions_in, asserts
from qwq_magic.reasoning.steps import Step
from qwq_magic.reasoning.values import committed_value


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
    found = [(step, asserted) for step in steps for asserted in _assertions(step, final)]
    values = {final} | {asserted.value for _, asserted in found if not asserted.subject}
    subjects = {asserted.subject for _, asserted in found if asserted.value in values}
    candidates: list[Candidate] = []
    for step, asserted in found:
        # Without any that is the answer's, each may be.
        if subjects and asserted.subject not in subjects:
            continue
        if not candidates or candidates[-1].value != asserted.value:
            candidates.append(Candidate(asserted.value, step.index, step.end / steps[-1].end))
    return tuple(candidates)


def _assertions(step: Step, final: str | None) -> tuple[Asserted, ...]:
    found = assertions_in(step.text)
    if final is None or any(each.value == final for each in found):
        return found
    # A name or a formula is found only where it is known already.
    return (*found, Asserted(final, "")) if asserts(step.text, final) else found
