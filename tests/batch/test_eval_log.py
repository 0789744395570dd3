"""The eval log is what Inspect's own reader and viewer expect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from batch.made import PROMPT, answering, batch_of, turn

from qwq_magic.batch import Batch
from qwq_magic.errors import AuthenticationError, RateLimited
from qwq_magic.events import Ending, Usage
from qwq_magic.turns import Message, Timing, Turn

inspect_log = pytest.importorskip("inspect_ai.log", reason="inspect-ai is not installed")

FAILED = turn(8, complete=False, error=RateLimited("Too many requests. Try again later."))
STOPPED = turn(9, "Hm", complete=False, finish_reason=None)
NEVER = Turn("never", PROMPT, model="qwq-plus")


def read(batch: Batch, folder: Path) -> Any:
    path = folder / "2026-01-31T12-00-00_batch.json"
    batch.export(path)
    return inspect_log.read_eval_log(str(path))


def test_a_sample_has_its_messages_with_the_reasoning_apart(tmp_path: Path) -> None:
    found = turn(0, "6 × 7 is 42.", "It is \\boxed{42}.")
    row = {"question": "6 × 7", "value": 3, "target": 42}
    [sample] = read(batch_of([found], rows=[row]), tmp_path).samples

    assert (sample.id, sample.epoch, sample.input, sample.target) == (0, 1, PROMPT, "42")
    assert [message.role for message in sample.messages] == ["system", "user", "assistant"]
    reasoning, answer = sample.messages[-1].content
    assert (reasoning.type, reasoning.reasoning) == ("reasoning", "6 × 7 is 42.")
    assert (answer.type, answer.text) == ("text", "It is \\boxed{42}.")
    assert sample.output.completion == "It is \\boxed{42}."
    assert sample.output.stop_reason == "stop"
    assert sample.error is None
    assert (sample.total_time, sample.output.time) == (2.0, 2.0)
    assert sample.started_at.startswith("2026-01-31T12:00:00")
    assert sample.metadata["value"] == "42"
    assert sample.metadata["question"] == "6 × 7"
    assert sample.metadata["input_value"] == 3
    assert sample.metadata["key"] == "key-0"


def test_rows_are_samples_and_samples_are_epochs(tmp_path: Path) -> None:
    rows = [{"question": "6 × 7"}, {"question": "6 + 7"}]
    log = read(batch_of(answering("42", "42", "41", "13", "13", "13"), rows=rows), tmp_path)

    assert (log.status, log.error) == ("success", None)
    assert log.eval.config.epochs == 3
    assert (log.eval.dataset.samples, log.eval.dataset.sample_ids) == (2, [0, 1])
    assert [(s.id, s.epoch) for s in log.samples] == [(r, n) for r in (0, 1) for n in (1, 2, 3)]
    assert (log.results.total_samples, log.results.completed_samples) == (6, 6)
    assert log.eval.model == "qwq-plus"
    assert log.eval.model_generate_config.temperature == 0.5
    assert log.plan.steps[0].params == {"template": "{{ question }}"}
    assert log.stats.started_at.startswith("2026-01-31T12:00:00")
    assert log.stats.completed_at.startswith("2026-01-31T12:00:07")


def test_each_model_has_samples_of_its_own(tmp_path: Path) -> None:
    models = ["qwq-plus", "qwen3"]
    log = read(batch_of(answering("1", "2", "3", "4"), models=models), tmp_path)

    found = [(sample.id, sample.epoch) for sample in log.samples]
    assert found == [("0 qwq-plus", 1), ("0 qwq-plus", 2), ("0 qwen3", 1), ("0 qwen3", 2)]
    assert (log.eval.config.epochs, log.eval.dataset.samples) == (2, 2)
    assert log.eval.model == "qwq-plus, qwen3"
    assert {m: usage.output_tokens for m, usage in log.stats.model_usage.items()} == {
        "qwq-plus": 40,
        "qwen3": 40,
    }


def test_usage_is_counted_as_inspect_counts_it(tmp_path: Path) -> None:
    log = read(batch_of(answering("42", "42")), tmp_path)

    # Its input tokens do not include those that were cached.
    counts = {"input_tokens": 20, "output_tokens": 20, "total_tokens": 50}
    counts |= {"input_tokens_cache_read": 10, "reasoning_tokens": 15}
    for usage in (log.samples[0].output.usage, log.samples[0].model_usage["qwq-plus"]):
        assert usage.model_dump(exclude_none=True) == counts
    [total] = log.stats.model_usage.values()
    assert total.model_dump(exclude_none=True) == {n: 2 * count for n, count in counts.items()}


def test_tokens_that_no_server_reported_are_not_zero(tmp_path: Path) -> None:
    log = read(batch_of([turn(0, "a", "b", usage=Usage())]), tmp_path)

    assert log.samples[0].output.usage is None
    assert log.stats.model_usage == {}


def test_errors_of_samples_leave_the_batch_a_success(tmp_path: Path) -> None:
    log = read(batch_of([*answering("42"), FAILED]), tmp_path)

    assert (log.status, log.results.completed_samples) == ("success", 1)
    assert log.eval.config.fail_on_error is False
    assert log.samples[1].error.message == "Too many requests. Try again later."
    assert [message.role for message in log.samples[1].messages] == ["system", "user"]
    assert log.samples[1].output.choices == []


def test_a_stopped_batch_is_cancelled_and_holds_only_what_was_asked(tmp_path: Path) -> None:
    batch = batch_of([*answering("42"), STOPPED, NEVER])
    log = read(batch, tmp_path)

    assert (log.status, log.error) == ("cancelled", None)
    assert len(log.samples) == 2
    assert log.samples[1].error.message == "CancelledError()"
    assert log.samples[1].output.message.content[0].reasoning == "Hm"
    assert log.eval.config.epochs == 3
    assert (log.results.total_samples, log.results.completed_samples) == (3, 1)
    assert "1 not asked" in batch.export(tmp_path / "again.json")


def test_a_budget_that_is_used_up_cancels(tmp_path: Path) -> None:
    log = read(batch_of(answering("42"), ending="The budget of 9 s is used up."), tmp_path)

    assert log.status == "cancelled"
    assert log.eval.metadata["ending"] == "The budget of 9 s is used up."


@pytest.mark.parametrize("ending", ["The key is not valid. Use another.", ""])
def test_an_error_that_ends_the_batch_is_its_error(tmp_path: Path, ending: str) -> None:
    error = AuthenticationError("The key is not valid. Use another.")
    turns = [turn(0, complete=False, error=error), *([NEVER] if ending else [])]
    log = read(batch_of(turns, ending=ending), tmp_path)

    assert (log.status, log.error.message) == ("error", "The key is not valid. Use another.")


def test_epochs_are_those_that_were_planned_even_if_the_vote_was_settled(tmp_path: Path) -> None:
    log = read(batch_of(answering("42", "42"), saved=6), tmp_path)

    assert (log.status, log.eval.config.epochs, log.results.total_samples) == ("success", 8, 8)


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (Ending.CONTEXT_FULL, "model_length"),
        (Ending.FILTERED, "content_filter"),
        (Ending.REPETITION, "unknown"),
    ],
)
def test_a_cut_reply_has_its_reason(tmp_path: Path, ending: Ending, reason: str) -> None:
    log = read(batch_of([turn(0, "a", "b", complete=False, ending=ending)]), tmp_path)

    assert (log.status, log.samples[0].error) == ("success", None)
    assert log.samples[0].output.stop_reason == reason


def test_earlier_turns_are_part_of_the_input(tmp_path: Path) -> None:
    before = (Message("user", "Hi."), Message("assistant", "Hello.", "A greeting."))
    found = turn(0, "a", "b", messages=(*before, Message("user", PROMPT)))
    [sample] = read(batch_of([found]), tmp_path).samples

    assert [message.role for message in sample.input] == ["user", "assistant", "user"]
    assert len(sample.messages) == 4


def test_rows_and_turns_of_any_kind_are_read(tmp_path: Path) -> None:
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    row = {
        "deep": deep,
        "nan": float("nan"),
        "inf": float("inf"),
        "huge": 10**5_000,
        "object": object,
        "nested": {1: [{"a": float("nan")}], "b": (1, 2)},
        "\ud83d": "\ud83d",
    }
    found = turn(
        0,
        "\x00\ud83d\x1b[31m",
        "\u2028",
        started_at="not a time",
        timing=Timing(None, None, None),
        parameters={"temperature": float("nan"), "seed": True, "max_tokens": 9},
    )
    log = read(batch_of([found], rows=[row], cost=float("inf")), tmp_path)

    [sample] = log.samples
    assert sample.metadata["nan"] is None
    assert sample.metadata["inf"] == "inf"
    assert sample.metadata["huge"] == "<int>"
    assert sample.metadata["nested"] == {"1": [{"a": None}], "b": [1, 2]}
    assert sample.metadata["\ufffd"] == "\ufffd"
    assert sample.started_at is None
    config = log.eval.model_generate_config
    assert (config.temperature, config.seed, config.max_tokens) == (None, None, 9)


def test_the_head_is_read_alone_and_one_sample_by_its_row(tmp_path: Path) -> None:
    path = str(tmp_path / "batch.json")
    batch_of([*answering("42", "41"), FAILED]).export(path)

    head = inspect_log.read_eval_log(path, header_only=True)
    assert (head.status, head.samples, head.results.total_samples) == ("success", None, 3)
    sample = inspect_log.read_eval_log_sample(path, id=0, epoch=2)
    assert sample.metadata["value"] == "41"


def test_inspect_lists_a_file_by_its_name_and_the_message_says_so(tmp_path: Path) -> None:
    batch = batch_of(answering("42"))
    messages = [
        batch.export(tmp_path / name) for name in ("batch.json", "2026-01-31T12-00-00_batch.json")
    ]

    assert "inspect view lists only names such as 2026-01-31T12-00-00_batch.json." in messages[0]
    assert "inspect view" not in messages[1]
    listed = inspect_log.list_eval_logs(str(tmp_path))
    assert [Path(log.name).name for log in listed] == ["2026-01-31T12-00-00_batch.json"]


def test_the_same_batch_has_the_same_ids(tmp_path: Path) -> None:
    logs = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        logs.append(read(batch_of(answering("42")), tmp_path / name))

    assert logs[0].eval.eval_id == logs[1].eval.eval_id
    assert logs[0].samples[0].uuid == logs[1].samples[0].uuid
