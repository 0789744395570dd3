from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qwq_magic.display.batch_lanes import row_labels, turn_line
from qwq_magic.turns import Turn


def test_a_row_is_known_by_what_differs_in_its_prompt() -> None:
    prompts = [f"Solve this: what is {n}?\nGive a number." for n in (12, 13, 2)]

    assert row_labels(prompts) == [
        "12? Give a number.",
        "13? Give a number.",
        "2? Give a number.",
    ]


def test_a_word_that_begins_alike_is_shown_whole() -> None:
    assert row_labels(["Translate carpet.", "Translate car."]) == ["carpet.", "car."]


def test_prompts_that_do_not_differ_have_no_labels() -> None:
    assert row_labels(["Why?"] * 3) == row_labels(["Why?"]) == row_labels([]) == []


@given(st.lists(st.text(max_size=30), max_size=6))
def test_every_row_has_a_label_or_none_has(prompts: list[str]) -> None:
    assert len(row_labels(prompts)) in (0, len(prompts))


def test_a_line_of_an_answer_is_free_of_emphasis() -> None:
    answer = "## Result\n\n**9.9** is `larger`."

    assert turn_line(Turn("t", "p", answer=answer, complete=True)) == "Result 9.9 is larger."


def test_the_line_of_a_long_answer_costs_only_its_beginning() -> None:
    line = turn_line(Turn("t", "p", answer="word " * 1_000_000, complete=True))

    assert len(line.encode()) <= 240
