"""Where two reasonings part: at values, not at words."""

from __future__ import annotations

import pytest

from qwq_magic.reasoning.partings import Parting
from qwq_magic.turns import Turn


def parting(left: str, right: str, *, answers: tuple[str, str] = ("", "")) -> Parting | None:
    turns = [
        Turn("t", "?", text, answer) for text, answer in zip((left, right), answers, strict=True)
    ]
    return turns[0].compare(turns[1]).parting


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Let me think about the rows.", "Hmm, something else entirely."),
        ("First, 12 + 7 = 19. Thus it is 19.", "I add 7 and 12, which gives 19."),
        ("12 × 10 = 120. 120 / 4 = 30.", "The product is 120, and a quarter of it 30."),
        ("So it is 0.375.", "3/8 of them, then. So it is 3/8."),
        ("That makes 1,234 in total = 1,234.", "1234 in total."),
        ("Is it 21? Maybe 22.", "Maybe it is 23?"),
        ("2 − 5 = -3.", "It is −3 then."),
        ("10000/π ≈ 3183.0988618.", "10000/π ≈ 3183.09886."),
        ("So x = 0.010075125.", "So x is about 0.01008."),
        ("So the formula is $(1+r)^t$.", "So the formula is $(r+1)^t$."),
    ],
)
def test_other_words_for_the_same_values_do_not_part_them(left: str, right: str) -> None:
    assert parting(left, right) is None
    assert parting(right, left) is None


def test_an_intermediate_value_that_the_other_side_never_mentions_parts_them() -> None:
    left = "I add the rows. 12 + 7 = 19. So the answer is 40."
    right = "I add the rows. 12 + 8 = 20. So the answer is 40."

    assert parting(left, right) == Parting("left", 1, "19")


def test_a_final_value_that_the_other_side_only_mentions_parts_them() -> None:
    left = "Both come to 18 or 17. So the answer is 18."
    right = "Both come to 18 or 17. So the answer is 17."
    answers = "The answer is 18.", "The answer is 17."

    assert parting(left, right, answers=answers) == Parting("left", 1, "18")
    assert parting(left, left, answers=answers) is None


def test_a_candidate_answer_that_the_other_side_only_mentions_parts_them() -> None:
    left = "So the answer is B. Hmm, no. So the answer is C."
    right = "B is wrong. So the answer is C."

    assert parting(left, right) == Parting("left", 0, "B")
    assert parting(right, left) == Parting("right", 0, "B")


def test_a_term_of_a_sum_is_not_a_result() -> None:
    assert parting("12 + 7 = 10 + 9 = 19.", "7 and 12 are 19.") is None
