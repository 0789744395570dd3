import pytest

from qwq_magic.prompts.tables import is_table, markdown_table

pandas = pytest.importorskip("pandas", reason="pandas is not installed")


def test_a_frame_is_a_markdown_table() -> None:
    frame = pandas.DataFrame(
        {"name": ["Ada", "a|b\nc"], "value": [1 / 3, float("nan")], "n": [1, 2], "b": [True, None]}
    )

    assert is_table(frame)
    assert markdown_table(frame) == (
        "| name | value | n | b |\n|---|---|---|---|\n"
        "| Ada | 0.333333 | 1 | True |\n| a\\|b c |  | 2 |  |"
    )


def test_a_series_has_its_name_and_its_index() -> None:
    series = pandas.Series([1.5, 2.0], index=pandas.Index(["a", "b"], name="key"), name="total")

    assert markdown_table(series) == "| key | total |\n|---|---|\n| a | 1.5 |\n| b | 2 |"


def test_a_frame_without_columns_is_said_to_have_none() -> None:
    assert markdown_table(pandas.DataFrame()) == "(a table of 0 rows and no columns)"
    assert markdown_table(pandas.DataFrame(index=range(3))) == "(a table of 3 rows and no columns)"


def test_an_index_that_leaves_out_rows_is_shown() -> None:
    every_second = pandas.DataFrame({"n": [1, 2, 3]}).iloc[::2]

    assert markdown_table(every_second).splitlines() == [
        "|  | n |",
        "|---|---|",
        "| 0 | 1 |",
        "| 2 | 3 |",
    ]


def test_groups_of_indices_and_columns_are_flat() -> None:
    frame = pandas.DataFrame({("a", "x"): [1], ("a", "y"): [2]})
    frame.index = pandas.MultiIndex.from_tuples([("k", pandas.Timestamp("2026-01-02"))])

    assert markdown_table(frame).splitlines()[0] == "|  |  | a / x | a / y |"
    assert markdown_table(frame).splitlines()[2] == "| k | 2026-01-02 00:00:00 | 1 | 2 |"


def test_of_a_large_frame_only_the_beginning_is_shown_and_said() -> None:
    frame = pandas.DataFrame({f"c{n}": range(1_000) for n in range(40)})

    lines = markdown_table(frame).splitlines()

    assert len(lines) == 2 + 20 + 2
    assert lines[0].count("|") == 13
    assert lines[-1] == "(the first 20 of 1,000 rows and 12 of 40 columns)"


def test_a_long_text_in_a_cell_is_cut_and_an_empty_frame_says_so() -> None:
    assert len(markdown_table(pandas.DataFrame({"t": ["x" * 10_000]})).splitlines()[2]) == 104
    assert markdown_table(pandas.DataFrame({"t": []})) == "| t |\n|---|\n\n(no rows)"


def test_other_values_are_no_tables() -> None:
    assert not any(map(is_table, ([[1]], {"a": 1}, "text", None)))
