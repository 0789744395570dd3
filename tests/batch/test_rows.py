from __future__ import annotations

from typing import Any

import pytest

from qwq_magic import QwqError
from qwq_magic.batch.rows import prompts_for, rows_of
from qwq_magic.prompts.notebook import Notebook


def test_texts_become_rows_with_one_column() -> None:
    assert rows_of(["a", "b"]) == [{"text": "a"}, {"text": "b"}]
    assert prompts_for(rows_of(["a", "b"]), None) == ["a", "b"]
    assert prompts_for(rows_of(["a"]), "Translate: {{ text }}") == ["Translate: a"]


def test_dictionaries_fill_the_template_by_column() -> None:
    rows = rows_of([{"q": "1 + 1", "unit": "cm"}, {"q": "2 + 2", "unit": "m"}])
    assert prompts_for(rows, "{{ q }} in {{ unit }}; {{ row['q'] }}") == [
        "1 + 1 in cm; 1 + 1",
        "2 + 2 in m; 2 + 2",
    ]


def test_a_data_frame_is_a_table() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"q": ["x", "y"], "gold": [1, 2]})
    assert prompts_for(rows_of(frame), "{{ q }}{{ gold }}") == ["x1", "y2"]


def test_a_column_named_prompt_needs_no_template() -> None:
    assert prompts_for(rows_of([{"prompt": "Why?"}]), None) == ["Why?"]


def test_a_template_in_a_cell_may_use_the_notebook_but_a_column_goes_first() -> None:
    notebook = Notebook({"topic": "ships", "q": "of the notebook"})
    assert prompts_for(
        rows_of([{"q": "of the row"}]), "{{ topic }} {{ q }}", notebook=notebook
    ) == ["ships of the row"]


def test_braces_of_latex_stay() -> None:
    rows = rows_of([{"q": "x"}])
    assert prompts_for(rows, r"\frac{1}{2} {% raw %} {{ q }}") == [r"\frac{1}{2} {% raw %} x"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a text", "rows is of type str"),
        ({"q": 1}, "rows is of type dict"),
        (7, "rows is of type int"),
        ([], "rows is empty"),
        ([1, 2], "Row 0 is of type int"),
    ],
)
def test_what_is_not_a_table_is_an_error(rows: Any, message: str) -> None:
    with pytest.raises(QwqError, match=message):
        rows_of(rows)


def test_an_unknown_column_is_named_with_its_row_and_the_columns_there_are() -> None:
    rows = rows_of([{"q": "x"}, {"p": "y"}])
    with pytest.raises(QwqError, match=r"Row 1: .*'q'.*Its columns: p\."):
        prompts_for(rows, "{{ q }}")


def test_a_row_without_a_prompt_is_named() -> None:
    with pytest.raises(QwqError, match="Row 1 has no prompt"):
        prompts_for(rows_of([{"prompt": "a"}, {"text": " "}]), None)
    with pytest.raises(QwqError, match="The prompt of row 0 is empty"):
        prompts_for(rows_of([{"q": " "}]), "{{ q }}")


def test_a_column_with_a_number_for_a_name_is_an_item_of_the_row() -> None:
    pandas = pytest.importorskip("pandas")
    rows = rows_of(pandas.DataFrame([["x", "y"]]))
    assert prompts_for(rows, "{{ row[0] }}{{ row['1'] }}") == ["xy"]
    with pytest.raises(QwqError, match="looks up 2"):
        prompts_for(rows, "{{ row[2] }}")


def test_two_columns_of_one_name_are_an_error_rather_than_one_of_them() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(QwqError, match="Two columns are named a"):
        rows_of(pandas.DataFrame([[1, 2]], columns=["a", "a"]))
    with pytest.raises(QwqError, match="Two columns are named 1"):
        rows_of([{1: "x", "1": "y"}])


def test_an_error_in_the_template_of_a_table_names_no_option_of_a_cell() -> None:
    for template in ("{{ nowhere }}", "{{ my col }}", "{{ 1 / 0 }}"):
        with pytest.raises(QwqError, match=r"To send \{\{ \}\} literally, write") as caught:
            prompts_for(rows_of(["x"]), template)
        assert "-t" not in str(caught.value)
