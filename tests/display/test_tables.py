from __future__ import annotations

import pytest

from qwq_magic.display.tables import Table

SENTENCE = "Which of 9.11 and 9.9 is larger, and why?"


def lines_of(table: Table, width: int) -> list[str]:
    return table.plain(width=width).split("\n")


def test_a_heading_and_a_word_are_not_cut_where_there_is_room() -> None:
    table = Table(("parameters", "prompt"), [("", f"`<script>x</script>` {SENTENCE}")])

    assert lines_of(table, 32) == [
        "parameters  prompt",
        "──────────  ────────────────────",
        "            `<script>x</script>`",
        "            Which of 9.11 and",
        "            9.9 is larger, and",
        "            why?",
    ]


def test_a_word_longer_than_its_column_is_cut_on_a_line_of_its_own() -> None:
    table = Table(("a",), [("so " + "x" * 25 + " it is",)])

    assert lines_of(table, 22)[2:] == ["so", "x" * 22, "xxx it is"]


def test_text_without_blanks_fills_its_lines_and_words_among_it_stay_whole() -> None:
    table = Table(("a",), [("哪个更大 which is larger 哪个更大",)])

    assert lines_of(table, 12)[2:] == ["哪个更大", "which is", "larger 哪个", "更大"]


def test_prose_stays_readable_beside_columns_that_can_be_narrower() -> None:
    facts = ("Nov 28, 20:37:29", "qwq-plus-2025-03-05", "complete")
    table = Table(
        ("started", "prompt", "model", "state", "answer"),
        [(facts[0], SENTENCE, *facts[1:], SENTENCE)],
        prose=("prompt", "answer"),
    )

    rule = lines_of(table, 80)[1]

    assert [len(column) for column in rule.split()] == [8, 24, 8, 8, 24]


def test_a_prose_column_is_as_wide_in_markdown_as_its_heading_with_fixed_spaces() -> None:
    heading = (
        Table(("turn", "prompt"), [("1", "Why?")], prose=("prompt",)).markdown().split("\n")[0]
    )

    assert heading == "| turn | prompt" + "&#8199;" * 10 + " |"


def test_a_column_that_says_nothing_can_be_left_out() -> None:
    table = Table(("turn", "parameters", "prompt"), [("1", "", "a"), ("2", "", "")])

    assert table.without_empty_columns() == Table(("turn", "prompt"), [("1", "a"), ("2", "")])


@pytest.mark.parametrize("width", [1, 20, 40, 79, 100])
@pytest.mark.parametrize("text", ["", " " * 200, "x" * 200, "用" * 200, "b-" * 90, "x\n\n  b"])
def test_every_text_ends_up_in_its_column(text: str, width: int) -> None:
    table = Table(("one", "two"), [(text, "Yes. " * 30)], prose=("two",))

    lines = lines_of(table, width)

    shown = "".join(lines)
    assert [shown.count(c) for c in "xb用"] == [text.count(c) for c in "xb用"]
    assert all(len(line) <= max(width, 18) for line in lines)
