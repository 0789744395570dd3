import pytest
from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.reasoning.canonical_value import canonical
from qwq_magic.reasoning.values import boxed_values, committed_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("So \\boxed{1{,}234}.", "1234"),
        ("It is $\\boxed{\\dfrac{3}{4}}$ then", "3/4"),
        ("\\boxed{12 \\text{ cm}}", "12"),
        ("First \\boxed{1}, then \\boxed{90^\\circ}", "90"),
        ("The answer is **42**.", "42"),
        ("The final answer is: $x^2 + 1$.", "x^2+1"),
        ("The answer is no.", "no"),
        ("Therefore the total is 1,500 dollars.", "1500"),
        ("So 3 + 4 = 7, and the sum is 7.0 kg", "7"),
        ("所以答案是 42。", "42"),
        ("因此一共有 12 种排法。", "12"),
        ("故选 C。", "C"),
        ("**9.9 is larger.**\n\nGive both numbers two places.", "9.9"),
        ("The distance is **1234 km**, since both trains meet there.", "1234"),
        ("There are **12 apples**.", "12"),
        ("x = 7", "7"),
        ("It is 1/2.", "1/2"),
        ("The total is 42.\n", "42"),
        ("It is $\\boxed{\\frac12}$.", "1/2"),
        ("\\boxed{\\dfrac1{12}}", "1/12"),
        ("I like trees.", None),
        ("The first is 3, the second is taller by 4 m or so.", None),
        ("So the tree is tall.", None),
        ("", None),
    ],
)
def test_the_committed_value_of(text: str, value: str | None) -> None:
    assert committed_value(text) == value


def test_boxes_may_hold_braces_and_stay_open() -> None:
    assert boxed_values("\\boxed{\\frac{1}{2}} \\boxed{open") == ["\\frac{1}{2}"]


@given(st.text(max_size=300))
def test_normalising_is_stable_and_takes_any_text(text: str) -> None:
    assert isinstance(canonical(text), str)
    committed_value(text)


@pytest.mark.parametrize(
    "unit", ["\\boxed{", "so is ", "answer is ", "1,", "\\frac{", "**", "所以"]
)
def test_a_megabyte_of_hostile_text_is_read_to_its_end(unit: str) -> None:
    value = committed_value(unit * (1_000_000 // len(unit)))

    assert value is None or len(value) < 1_000
