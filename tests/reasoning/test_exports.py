import builtins
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from full_disk import full_disk

from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.memory import ConversationMemory
from qwq_magic.reasoning import (
    METRIC_COLUMNS,
    STEP_COLUMNS,
    export_metrics,
    export_steps,
    metrics_frame,
    steps_frame,
)
from qwq_magic.turns import Timing, Turn

DOCS = (Path(__file__).parents[2] / "docs" / "columns.md").read_text("utf-8")
FIRST = Turn(
    "a",
    "how many?",
    reasoning="Let me count them, \ud83d all. So the total is 14.",
    answer="\\boxed{14}",
    model="qwq-plus",
    server="demo",
    complete=True,
    timing=Timing(0.5, 1.0, 2.0),
    arrivals=((10, 0.5), (48, 1.5)),
)
SECOND = Turn("b", "and why?", reasoning='Hm, "why", you ask?\n\nI do not know.', answer="No idea.")


@pytest.fixture
def conversation() -> ConversationMemory:
    memory = ConversationMemory()
    for turn in (FIRST, SECOND):
        memory.commit(turn, memory.context())
    return memory


def without(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    real = builtins.__import__

    def guarded(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", guarded)


def test_the_columns_are_these() -> None:
    assert (
        *("turn", "turn_id", "conversation", "model", "server"),
        *("index", "start", "end", "text", "kind", "cue", "group", "episode", "seconds", "tokens"),
        *("logprob", "entropy"),
    ) == STEP_COLUMNS
    assert (
        *("turn", "turn_id", "conversation", "model", "server", "state", "started_at", "prompt"),
        *("ttft_s", "thinking_s", "total_s", "reasoning_tokens", "answer_tokens"),
        *("tokens_estimated", "reasoning_share", "tokens_per_s", "steps", "episodes"),
        *("switches_per_100_steps", "checks", "mean_episode_steps", "first_seen_value"),
        *("first_seen_step", "first_seen_share", "post_answer_ratio", "repetition", "loops"),
        *("language_mix", "flips"),
        *("sums", "sums_wrong"),
    ) == METRIC_COLUMNS


def test_the_documentation_lists_the_columns_and_their_types() -> None:
    pytest.importorskip("pandas")
    names = {"Int64": "integer", "Float64": "float", "boolean": "boolean", "object": "text"}
    frames = (steps_frame(FIRST), metrics_frame(FIRST))
    columns = [(name, names[str(dtype)]) for f in frames for name, dtype in f.dtypes.items()]

    documented = DOCS.partition("\n## Batches\n")[0]
    assert re.findall(r"^\| `(\w+)` \| (\w+) \|", documented, re.MULTILINE) == columns


def test_a_table_holds_one_turn_or_a_conversation(conversation: ConversationMemory) -> None:
    pytest.importorskip("pandas")

    assert list(steps_frame(FIRST)["turn"]) == [1, 1]
    assert list(steps_frame(conversation)["turn_id"]) == ["a", "a", "b", "b"]
    assert list(metrics_frame([SECOND])["prompt"]) == ["and why?"]
    assert list(metrics_frame(conversation)["first_seen_value"]) == ["14", None]


def test_types_stay_the_same_without_values() -> None:
    pytest.importorskip("pandas")

    assert list(steps_frame([]).dtypes) == list(steps_frame(FIRST).dtypes)
    assert list(metrics_frame([]).dtypes) == list(metrics_frame(FIRST).dtypes)


def test_json_lines_hold_a_row_each(conversation: ConversationMemory, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    export_steps(conversation, tmp_path / "steps.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "steps.jsonl").read_text("utf-8").splitlines()]

    assert [tuple(row) for row in rows] == [STEP_COLUMNS] * 4
    assert "".join(row["text"] for row in rows[:2]) == FIRST.reasoning.replace("\ud83d", "\ufffd")
    assert [row["seconds"] for row in rows[2:]] == [None, None]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_come_back_as_they_went(
    conversation: ConversationMemory, tmp_path: Path, suffix: str
) -> None:
    pandas = pytest.importorskip("pandas")
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = str(tmp_path / f"metrics{suffix}")
    export_metrics(conversation, path)
    back = pandas.read_csv(path) if suffix == ".csv" else pandas.read_parquet(path)

    assert tuple(back.columns) == METRIC_COLUMNS
    assert list(back["prompt"]) == ["how many?", "and why?"]
    assert list(back["first_seen_share"].isna()) == [False, True]


def test_a_parquet_file_has_the_same_types_without_values(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    parquet = pytest.importorskip("pyarrow.parquet")
    for name, turns in (("some", [FIRST]), ("none", [])):
        export_metrics(turns, tmp_path / f"{name}.parquet")

    some, none = (parquet.read_schema(tmp_path / f"{name}.parquet") for name in ("some", "none"))
    assert some.types == none.types


def test_a_name_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"\.jsonl, \.csv, \.parquet"):
        export_steps(FIRST, tmp_path / "steps.xlsx")


@pytest.mark.parametrize(
    ("name", "cause"),
    [("missing/steps.csv", "No such file or directory"), ("steps.csv", "regular file")],
)
def test_a_path_that_cannot_be_written_is_named_with_the_cause(
    tmp_path: Path, name: str, cause: str
) -> None:
    pytest.importorskip("pandas")
    (tmp_path / "steps.csv").mkdir()

    with pytest.raises(FileError, match=f"Cannot write .*{cause}.*Choose another path"):
        export_steps(FIRST, tmp_path / name)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_a_disk_that_is_full_costs_no_table_that_was_there(
    conversation: ConversationMemory, tmp_path: Path, suffix: str
) -> None:
    pytest.importorskip("pandas")
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"steps{suffix}"
    path.write_text("the table of yesterday")

    with full_disk(), pytest.raises(FileError, match=r"Cannot write .*steps\."):
        export_steps(conversation, path)

    assert path.read_text() == "the table of yesterday"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
@pytest.mark.parametrize("export", [export_steps, export_metrics])
def test_nothing_is_written_into_a_pipe(
    tmp_path: Path, export: Callable[[list[Turn], Path], None]
) -> None:
    pytest.importorskip("pandas")
    path = tmp_path / "rows.csv"
    os.mkfifo(path)
    # With a reader at its other end, so that even a write would not wait.
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(FileError, match="Not a regular file"):
            export([FIRST], path)

        assert path.is_fifo()
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)


def test_without_pyarrow_the_fix_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    without(monkeypatch, "pyarrow")

    with pytest.raises(ConfigurationError, match=r"qwq-magic\[data\]"):
        export_steps(FIRST, tmp_path / "steps.parquet")


def test_without_pandas_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "pandas")

    with pytest.raises(ConfigurationError, match=r"qwq-magic\[data\]"):
        metrics_frame(FIRST)
