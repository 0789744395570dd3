"""Turns that are judged by the right answer."""

from __future__ import annotations

import pytest

from qwq_magic.reasoning import Judgement, judged
from qwq_magic.reasoning.gold import gold_values, underthinking_score
from qwq_magic.turns import Turn

# Two thoughts, of which the first one comes to 19.
THOUGHTS = (
    "We need the sum of both. 12 + 7 = 19, so the answer is 19.\n\n"
    "Alternatively, let me read the other row. 12 + 8 = 20, so the answer is 20."
)


def _turn(answer: str, reasoning: str = THOUGHTS) -> Turn:
    return Turn("a", "?", reasoning, answer)


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("The answer is 0.375.", "\\frac{3}{8}"),
        ("The answer is 42.", "42.0"),
        ("The answer is 1,234.", "$1234$"),
        ("**C**", "C"),
        ("The answer is (B).", "B) 12 cm"),
        ("It takes **90 minutes**.", "90"),
        ("\\boxed{(2, 5]}", "(2,5]"),
        ("The answer is 42.", "First 6, then 7.\n#### 42"),
        ("The answer is 42.", "Thus $6 \\cdot 7 = \\boxed{42}$."),
        ("The answer is 42.", "6 times 7 is 42, and " * 20 + "so the answer is 42."),
        ("\\boxed{5m}", "5m"),
        ("The answer is 5 m.", "5m"),
        ("Yes, it is.", "yes"),
        ("答案是 42。", "42"),
    ],
)
def test_equal_values_are_right_however_they_are_written(answer: str, gold: str) -> None:
    assert judged(_turn(answer), gold).right is True


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ("The answer is 41.", "42", False),
        ("The answer is 41.", ("42", "41"), True),
        ("I do not know.", "42", None),
        ("", "42", None),
        ("The answer is 41.", None, None),
        ("The answer is 41.", " ", None),
    ],
)
def test_a_turn_is_right_wrong_or_neither(
    answer: str, gold: str | tuple[str, ...] | None, right: bool | None
) -> None:
    assert judged(_turn(answer), gold).right is right


def test_the_first_correct_candidate_is_a_step_whether_or_not_the_answer_is_right() -> None:
    right, wrong = _turn("The answer is 19."), _turn("The answer is 20.")

    for turn in (right, wrong):
        found = judged(turn, "19")
        assert found.first_correct is not None
        assert "the answer is 19" in turn.steps[found.first_correct].text
    assert judged(wrong, "21").first_correct is None


def test_underthinking_is_the_share_after_the_first_correct_thought_of_a_wrong_answer() -> None:
    turn = _turn("The answer is 20.")
    tokens = [(step.episode, step.tokens or 0) for step in turn.steps]
    first, total = sum(n for thought, n in tokens if not thought), sum(n for _, n in tokens)

    assert {thought for thought, _ in tokens} == {0, 1}
    assert judged(turn, "19").underthinking == pytest.approx(1 - first / total)
    # A thought that comes to it at the very end leaves nothing.
    assert judged(_turn("The answer is 19."), "20").underthinking == pytest.approx(0)


def test_a_wrong_answer_without_a_correct_thought_is_not_underthinking() -> None:
    assert judged(_turn("The answer is 20."), "21") == Judgement(False, None, 0.0)
    assert judged(_turn("The answer is 20."), "20").underthinking is None
    assert judged(_turn("The answer is 20.", reasoning=""), "21").underthinking is None


def test_the_score_is_the_mean_of_the_wrong_answers() -> None:
    wrong = [Judgement(False, 3, 0.5), Judgement(False, None, 0.0)]

    assert underthinking_score([*wrong, Judgement(True, 1)]) == 0.25
    assert underthinking_score([Judgement(True, 1), Judgement()]) is None


def test_a_gold_solution_of_any_length_is_read_in_linear_time() -> None:
    for text in ("#### " * 50_000, "\\boxed{" * 50_000, "{" * 200_000, "so it is 4. " * 50_000):
        gold_values(text)
