import time

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


@pytest.mark.parametrize("answer", ["", " \n", "It is hard to say."])
def test_without_a_value_in_the_answer_nothing_is_first_seen(answer: str) -> None:
    assert first_seen(steps_of(REASONING), answer=answer) is None


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
        "So the answer must be greater than 42.",
        "答案大于42。",
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


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("C", "So the answer is C."),
        ("C", "Therefore, the correct option is (C)."),
        ("C", "So it must be C."),
        ("C", "Option C is correct."),
        ("C", "Thus, C."),
        ("C", "**Answer: C**"),
        ("C", "So I choose C."),
        ("C", "所以选C。"),
        ("C", "因此答案是 C。"),
        ("C", "So the answer must be option C."),
        ("42", "Q + R = 36 + 6 = 42."),
        ("42", "Answer 42."),
        ("42", "So the total is 42 apples."),
        ("42", "Maybe it's 41, but the answer is 42."),
        ("42", "The answer is 42. That was quick."),
        ("3/8", "So the probability is 0.375."),
        ("3/8", "Therefore P = 6/16 = 3/8."),
        ("3/8", "So it's $\\frac{3}{8}$."),
        ("120000", "So the energy is 1.2 × 10^5 J."),
        ("15:30", "So they meet at 3:30 PM."),
        ("3:30", "So they meet at 3:30."),
        ("(2,5]", "So the solution is (2, 5]."),
        ("{-2,3}", "So the answer is {3, -2}."),
        ("{-2,3}", "Therefore x = 3 or x = -2."),
        ("x^2+2x+1", "So the answer is x^2 + 2x + 1."),
        ("x^2+2x+1", "Therefore the product is $x^2 + 2x + 1$."),
        ("sqrt(3)/2", "Thus the height is $\\frac{\\sqrt{3}}{2}$."),
        ("yes", "So the answer is yes."),
        ("no", "So the answer is no."),
        ("1 kilogram of steel", "So the answer is 1 kilogram of steel."),
        ("paris", "So the answer is Paris."),
        ("错", "所以这个命题是错的。"),
        ("42", "因此总数是 42。"),
        ("42", "Also ist die Antwort 42."),
        ("42", "Por lo tanto, la respuesta es 42."),
        ("160", "所以一共需要160分钟。"),
        ("9.9", "So 9.9 is larger."),
        ("9.9", "Therefore 9.9 is larger than 9.11."),
        ("1234", "So the total is 1,234."),
        ("C", "The answer is \\boxed{C}."),
        ("120", "Therefore, the answer is 120 km."),
        ("50", "So it's 50%."),
    ],
)
def test_a_value_is_asserted_in(value: str, sentence: str) -> None:
    assert first_seen(steps_of(sentence), answer=_boxed(value)) is not None


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("C", "So C squared is 25."),
        ("C", "Maybe A is correct, or C."),
        ("A", "So maybe A is correct."),
        ("C", "So C is wrong."),
        ("C", "(A) 12 (B) 13 (C) 14 (D) 15"),
        ("A", "So a is 5."),
        ("A", "A train leaves at 3."),
        ("C", "Let me check option C."),
        ("C", "So what about option C?"),
        ("C", "If the answer is C, then it would be odd."),
        ("C", "So it cannot be C."),
        ("C", "Option C is not correct."),
        ("C", "So C = 5."),
        ("I", "So I think it is 5."),
        ("A", "So A and B are equal."),
        ("A", "The options are A. 12 B. 13 C. 14, so one of these is the answer."),
        ("42", "Maybe 42."),
        ("42", "So it could be 42."),
        ("42", "So suppose it is 42."),
        ("42", "So perhaps the answer is 42."),
        ("42", "也许答案是 42。"),
        ("42", "所以可能是 42。"),
        ("42", "假设答案是 42。"),
        ("42", "So the answer might be 42."),
        ("42", "So let x = 42."),
        ("42", "The options are (A) 42 (B) 43, so we pick one."),
        ("42", "So the answer is probably 42."),
        ("42", "Vielleicht ist die Antwort 42."),
        ("42", "Quizás la respuesta es 42."),
        ("42", "So the answer is not 42."),
        ("42", "So the answer isn't 42."),
        ("42", "If the answer is 42, we are done."),
        ("42", "So for n = 42."),
        ("42", "I got 42 + 1 = 43, so the answer is 43."),
        ("42", "So 42 of the 50 are red."),
        ("42", "大概是42。"),
        ("42", "So we should check whether the answer is 42."),
        ("42", "Is the answer 42?"),
        ("42", "There are 42 apples in the basket."),
        ("42", "Now 40 + 2 = 42."),
        ("3/8", "So the ratio is 3:8."),
        ("4", "So the chapter is 14."),
        ("4", "So x^4."),
        ("4", "So the result is 3/4."),
        ("3", "So it is 3x."),
        ("5", "So 2^5."),
        ("yes", "Yes, let me think."),
        ("no", "No, wait."),
        ("no", "So there is no solution."),
        ("42", "So I'd guess 42."),
        ("42", "So it seems to be 42."),
        ("42", "The answer is either 42 or 43."),
        ("42", "So 42 or 43."),
        ("3:30", "So she left at 3:30 and arrived at 4:15."),
    ],
)
def test_a_value_is_only_considered_in(value: str, sentence: str) -> None:
    assert first_seen(steps_of(sentence), answer=_boxed(value)) is None


def _boxed(value: str) -> str:
    value = value.replace("{", "\\{").replace("}", "\\}")
    return f"\\boxed{{\\text{{{value}}}}}" if value.isalpha() else f"\\boxed{{{value}}}"


def test_the_same_value_in_another_spelling_is_seen() -> None:
    found = first_seen(steps_of("Hmm. So the ratio is 0.375. So it is 3/8."), answer="It is 6/16.")

    assert found == FirstSeen("3/8", 0, found.share if found else 0)


@pytest.mark.parametrize("unit", ["So the answer is not 5. ", "It is 5. ", "5 = 5 = 5. ", "(A) 5 "])
def test_a_reasoning_of_near_misses_costs_linear_time(unit: str) -> None:
    steps = steps_of(unit * (200_000 // len(unit)))
    began = time.process_time()
    first_seen(steps, answer="\\boxed{5}")

    assert time.process_time() - began < 1


def test_no_steps_is_none() -> None:
    assert first_seen(steps_of(""), answer="\\boxed{42}") is None
