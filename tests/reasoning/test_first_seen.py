import pytest

from qwq_magic.reasoning import FirstSeen, first_seen, steps_of

REASONING = (
    "We need to find 6 times 7 here. "
    "Is the answer perhaps 42? "
    "Let me compute: 42 and 43 are near. "
    "So the answer is not 142. "
    "So the answer is 42. "
    "Let me double-check that again. "
    "Therefore, the answer is 42 square meters."
)


def test_the_first_step_that_asserts_the_answer_is_seen_first() -> None:
    steps = steps_of(REASONING)
    found = first_seen(steps, answer="The area is \\boxed{42} square meters.")

    assert found == FirstSeen("42", 4, steps[4].end / len(REASONING))
    assert steps[4].text == "So the answer is 42. "


def test_without_an_answer_the_reasoning_commits_itself() -> None:
    found = first_seen(steps_of(REASONING), answer="")

    assert found is not None
    assert (found.value, found.step) == ("42", 4)


@pytest.mark.parametrize(
    "sentence",
    [
        "So the answer is 1,042.",
        "So the answer is 4.2 or 42.5",
        "So the answer is 42/43.",
        "Is the answer 42?",
        "There were 42 of them.",
        "Therefore 42 people were in 13 rooms.",
        "So I should compare 13 and 42.",
        "So the answer is x42.",
        "So the answer is -42.",
        "So it is not 42.",
        "So it cannot be 42.",
        "So the answer isn't 42.",
        "Therefore it is not equal to $42$.",
        "Thus 42 is wrong.",
        "So 42 is too large.",
        "Thus x ≠ 42.",
        "Therefore it is more than 42.",
        "So at least 42.",
        "So suppose we ask if n = 42.",
        "所以不是42。",
        "因此至少有 42 种。",
    ],
)
def test_it_is_not_seen_in(sentence: str) -> None:
    assert first_seen(steps_of(sentence), answer="\\boxed{42}") is None


@pytest.mark.parametrize(
    "sentence",
    [
        "So the answer is $42$.",
        "Therefore, it's \\(42\\) meters.",
        "Thus the sum is **42.0**.",
        "So 40 + 2 = 42.",
        "So it is not 41 but 42.",
        "So there were 13 rooms. The answer is 42.",
        "So that makes 42. So 42!",
        "所以答案是42。",
        "因此一共有 42 种不同的排法。",
        "The final answer is \\boxed{42}, and we are done with it.",
    ],
)
def test_it_is_seen_in(sentence: str) -> None:
    assert first_seen(steps_of(sentence), answer="\\boxed{42}") is not None


def test_no_steps_or_no_clear_answer_is_none() -> None:
    assert first_seen(steps_of(""), answer="\\boxed{42}") is None
    assert first_seen(steps_of(REASONING), answer="It is hard to say.") is None
