"""Where the reasoning first asserts the final answer: "first seen", never "found".

When a model knows something cannot be observed. `assertions` has the rules of what counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qwq_magic.reasoning.assertions import asserts
from qwq_magic.reasoning.steps import Step
from qwq_magic.reasoning.values import committed_value


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """The first step that asserts the final answer.

    Attributes:
        value: the value of the final answer, in its one spelling; see `Turn.final_value`.
        step: the step's index, from 0.
        share: the share of the reasoning's characters up to the end of the step, 0 to 1.
    """

    value: str
    step: int
    share: float


def first_seen(steps: Sequence[Step], *, answer: str) -> FirstSeen | None:
    """Return where `steps` first assert the value of `answer`; None if either is unclear.

    Without an answer, as in a turn that was stopped while it reasoned, nothing is first seen.
    """
    value = committed_value(answer) if steps else None
    if value is None:
        return None
    for step in steps:
        if asserts(step.text, value):
            return FirstSeen(value, step.index, step.end / steps[-1].end)
    return None
