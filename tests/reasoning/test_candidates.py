"""The values a reasoning asserts on its way to the final one."""

from __future__ import annotations

import pytest

from qwq_magic.reasoning import Candidate, candidates_of, measure, steps_of
from qwq_magic.turns import Prefix, Turn

CHANGED = (
    "We need the sum of both. 12 + 7 = 19, so the answer is 19. "
    "Wait, that is the wrong row: it has to be 12 + 8. So the answer is 20. "
    "Hmm, could the answer be 21? No, that does not fit. "
    "The first row was right after all, so the answer is 19."
)


def _values(reasoning: str, answer: str = "") -> list[str]:
    return [found.value for found in candidates_of(steps_of(reasoning), answer=answer)]


def test_a_candidate_is_what_was_asserted_and_where() -> None:
    steps = steps_of(CHANGED)
    found = candidates_of(steps, answer="It is **19**.")

    assert [candidate.value for candidate in found] == ["19", "20", "19"]
    for candidate in found:
        step = steps[candidate.step]
        assert f"the answer is {candidate.value}" in step.text
        assert candidate.share == step.end / len(CHANGED)


@pytest.mark.parametrize(
    ("reasoning", "answer", "values"),
    [
        (
            "So the speed is 60 km/h. Then the time is 3 h. Therefore the distance is 180 km. "
            "Hmm, wait. The time is 2 h. Therefore the distance is 120 km.",
            "The distance is 120 km.",
            ["180", "120"],
        ),
        ("Option A is wrong. So the answer is B. But C fits. So the answer is C.", "C", ["B", "C"]),
        (
            "- 1 and 2 cross: 2. Total 2.\n- 1 returns: 1. Total 3.\n- 5 and 10 go. Total 13.\n\n"
            "Can it be less? No, so the answer is 12.",
            "**12**",
            ["12"],
        ),
        ("Total 19.\n\nLet me try again.\n\nNow the total is 17.\n\n", "17", ["19", "17"]),
        ("So these are columns 2–3. So the answer is 12.", "12", ["12"]),
        ("So it is 3/8. As a decimal, the answer is 0.375.", "3/8", ["3/8"]),
        (
            "所以距离是180公里。等等，时间应该是2小时。所以距离是120公里。",
            "距离是120公里",
            ["180", "120"],
        ),
        ("所以答案是12。不对，少算了一个。因此答案是13。", "**13**", ["12", "13"]),
        ("So the capital is Sydney. No. So the capital is Canberra.", "**Canberra**", ["canberra"]),
    ],
)
def test_intermediate_values_are_left_out_and_equal_ones_are_one(
    reasoning: str, answer: str, values: list[str]
) -> None:
    assert _values(reasoning, answer) == values


@pytest.mark.parametrize(
    "reasoning",
    ["", "Let me think about it.", "Is the answer 12?", "Perhaps the answer is 12.", "12 people."],
)
def test_what_asserts_nothing_has_no_candidates(reasoning: str) -> None:
    assert _values(reasoning) == []


def test_a_reasoning_without_an_answer_has_candidates() -> None:
    assert _values(CHANGED) == ["19", "20", "19"]


def test_a_turn_has_its_candidates_and_counts_its_flips() -> None:
    turn = Turn("a", "", reasoning=CHANGED, answer="**19**")

    assert turn.candidates == candidates_of(turn.steps, answer="**19**")
    assert isinstance(turn.candidates[0], Candidate)
    assert turn.metrics.flips == 2
    assert measure("Let me think.", "12").flips == 0
    assert measure("So the answer is 12.", "12").flips == 0


def test_given_text_asserts_no_candidate() -> None:
    given = "So the answer is 11. "
    turn = Turn(
        "a", "", reasoning=given + "No, so the answer is 12.", answer="12", prefix=Prefix(given)
    )

    assert [(found.value, found.step) for found in turn.candidates] == [("12", 1)]
    assert turn.metrics.flips == 0
