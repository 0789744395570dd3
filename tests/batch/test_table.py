from __future__ import annotations

import builtins
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from batch.columns import columns_of, documented_columns
from batch.made import answering, batch_of, turn

from qwq_magic.batch import BATCH_COLUMNS, Batch
from qwq_magic.errors import AuthenticationError, ConfigurationError
from qwq_magic.events import Usage
from qwq_magic.turns import Turn

pandas = pytest.importorskip("pandas")

FAILED = turn(3, complete=False, error=AuthenticationError("The key is not valid. Use another."))


def test_the_columns_are_these() -> None:
    assert (
        *("row", "sample", "model", "server", "value", "state", "error", "error_message"),
        *("is_reused", "prompt", "reasoning", "answer", "finish_reason", "input_tokens"),
        *("output_tokens", "reasoning_tokens", "cost", "ttft_s", "thinking_s", "total_s"),
        *("started_at", "turn_id", "key"),
    ) == BATCH_COLUMNS


def test_the_documentation_lists_the_columns_and_their_types() -> None:
    frame = batch_of(answering("42"), rows=[{}]).to_frame()

    assert documented_columns("Batches") == columns_of(frame)


def test_a_row_of_the_table_is_a_sample() -> None:
    rows = [{"question": "6 × 7"}, {"question": "6 + 7"}]
    frame = batch_of([*answering("42", "41", "13"), FAILED], rows=rows).to_frame()

    assert list(frame["question"]) == ["6 × 7", "6 × 7", "6 + 7", "6 + 7"]
    assert list(frame["row"]) == [0, 0, 1, 1]
    assert list(frame["sample"]) == [1, 2, 1, 2]
    assert list(frame["value"]) == ["42", "41", "13", None]
    assert list(frame["state"]) == ["complete", "complete", "complete", "error"]
    assert list(frame["error"]) == [None, None, None, "auth"]
    assert frame["error_message"][3] == "The key is not valid. Use another."
    assert frame["reasoning_tokens"][0] == 15
    assert frame["total_s"][0] == 2.0


def test_types_stay_the_same_without_values() -> None:
    some = batch_of(answering("42", "41")).to_frame()
    none = batch_of([Turn("a", "why?"), Turn("b", "why?")]).to_frame()

    assert list(some.dtypes) == list(none.dtypes)


def test_columns_of_the_rows_come_after_the_server_and_only_a_taken_name_changes() -> None:
    row = {"id": 7, "answer": "42", "input_answer": 1, "model": "old", "input_prompt": "p"}
    frame = batch_of(answering("42"), rows=[{**row, "prompt": "q"}]).to_frame()

    assert list(frame.columns[3:11]) == [
        *("server", "id", "input_input_answer", "input_answer", "input_model", "input_prompt"),
        *("input_input_prompt", "value"),
    ]
    assert frame["input_answer"][0] == 1
    assert frame["input_input_answer"][0] == "42"
    assert frame["input_input_prompt"][0] == "q"


def test_a_column_of_the_rows_has_the_type_of_its_values_whichever_are_missing() -> None:
    rows: list[dict[str, Any]] = [
        {"n": 1, "x": 1.5, "is_old": True, "text": "a", "list": [1], "far": 10**30},
        {"n": None, "x": float("nan"), "is_old": pandas.NA, "text": float("nan")},
        {"n": 3, "x": 2, "is_old": None, "text": "c", "list": None, "far": 1},
    ]
    frame = batch_of(answering("1", "2", "3"), rows=rows).to_frame()

    types = [str(frame[name].dtype) for name in rows[0]]
    assert types == ["Int64", "Float64", "boolean", "object", "object", "object"]
    assert list(frame["text"]) == ["a", None, "c"]
    assert list(frame["list"]) == [[1], None, None]


def test_rows_of_a_data_frame_come_back() -> None:
    table = pandas.DataFrame({"n": [1, 2], "day": [date(2026, 1, 31)] * 2, "name": ["a", None]})
    rows = table.to_dict("records")
    frame = batch_of(answering("1", "2"), rows=rows).to_frame()

    assert list(frame["n"]) == [1, 2]
    assert list(frame["day"]) == [date(2026, 1, 31)] * 2
    assert list(frame["name"]) == ["a", None]


def test_the_cost_is_what_the_server_reports_or_the_user_named() -> None:
    reported = replace(turn(0, answer="1", usage=Usage(30, 20)), cost=0.25)
    batch = batch_of([reported, turn(1, answer="1")], prices={"qwq-plus": (1.0, 2.0)})

    assert list(batch.to_frame()["cost"]) == [0.25, 70 / 1_000_000]
    assert list(batch_of(answering("1")).to_frame()["cost"].isna()) == [True]


def test_a_message_loses_the_address_of_the_server() -> None:
    error = ConfigurationError("http://gpu.example:8000/v1 replied 404. Use https://a/v1.")
    frame = batch_of([turn(0, complete=False, error=error)]).to_frame()

    assert frame["error_message"][0] == "[address] replied 404. Use [address]"


def test_without_pandas_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def guarded(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "pandas":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    batch = batch_of(answering("1"))
    monkeypatch.setattr(builtins, "__import__", guarded)

    with pytest.raises(ConfigurationError, match=r'pip install "qwq-magic\[data\]"'):
        batch.to_frame()
    with pytest.raises(ConfigurationError, match=r'pip install "qwq-magic\[data\]"'):
        batch.inspect().to_frame()


def test_an_empty_batch_is_an_empty_table() -> None:
    assert list(Batch([], rows=[], template="").to_frame().columns) == list(BATCH_COLUMNS)
