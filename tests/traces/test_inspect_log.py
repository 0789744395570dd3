from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from batch.made import batch_of, turn
from traces.written import document

from qwq_magic import load_turns
from qwq_magic.errors import FileError
from qwq_magic.turns import Message

PARTS = [{"type": "reasoning", "reasoning": "6 × 7 is 42."}, {"type": "text", "text": "42"}]
REPLY = {"role": "assistant", "content": PARTS}
SAMPLE = {
    "id": "a/b",
    "epoch": 2,
    "input": "6 × 7?",
    "target": ["42", "forty-two"],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "6 × 7?"},
        REPLY,
    ],
    "output": {
        "model": "vllm/qwq-32b",
        "choices": [{"message": REPLY, "stop_reason": "stop"}],
        "usage": {
            "input_tokens": 3,
            "output_tokens": 9,
            "total_tokens": 16,
            "input_tokens_cache_read": 4,
            "reasoning_tokens": 7,
        },
        "time": 1.5,
    },
    "metadata": {"level": "easy"},
    "uuid": "sample-1",
}


def log(*samples: Any) -> dict[str, Any]:
    return {"version": 2, "status": "success", "eval": {"model": "x"}, "samples": list(samples)}


def archive(path: Path, *samples: Any, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("header.json", "{}")
        for number, sample in enumerate(samples, 1):
            text = sample if isinstance(sample, bytes) else json.dumps(sample).encode()
            file.writestr(f"samples/s{number}_epoch_1.json", text)
        file.writestr("summaries.json", "[]")
    return path


@pytest.mark.parametrize("form", ["eval", "json"])
def test_a_sample_is_a_turn_with_its_target_as_gold(tmp_path: Path, form: str) -> None:
    if form == "eval":
        path = archive(tmp_path / "log.eval", SAMPLE)
    else:
        path = document(tmp_path / "log.json", log(SAMPLE))
    traces = load_turns(path)
    [turn_] = traces

    assert (turn_.id, turn_.prompt, turn_.reasoning, turn_.answer) == (
        *("sample-1", "6 × 7?", "6 × 7 is 42.", "42"),
    )
    assert turn_.messages == (Message("system", "Be brief."), Message("user", "6 × 7?"))
    assert (turn_.model, turn_.finish_reason, turn_.state) == ("vllm/qwq-32b", "stop", "complete")
    assert (turn_.usage.input_tokens, turn_.usage.cached_tokens) == (7, 4)
    assert (turn_.usage.reasoning_tokens, turn_.timing.total_s) == (7, 1.5)
    assert (traces.gold, traces.right) == ((("42", "forty-two"),), (True,))


def test_gold_may_be_a_value_of_the_metadata(tmp_path: Path) -> None:
    path = document(tmp_path / "log.json", log(SAMPLE))

    assert load_turns(path, gold="level").gold == ("easy",)


def test_texts_that_a_log_keeps_apart_are_put_in_their_place(tmp_path: Path) -> None:
    content = [{"type": "reasoning", "reasoning": "attachment://r"}, "attachment://a"]
    reply = {"role": "assistant", "content": content}
    output = {"model": "m", "choices": [{"message": reply}]}
    sample = {"input": "attachment://q", "output": output, "attachments": {"q": "?", "r": "Hm.",
              "a": "42"}}  # fmt: skip
    [found] = load_turns(document(tmp_path / "log.json", log(sample)))

    assert (found.prompt, found.reasoning, found.answer) == ("?", "Hm.", "42")


def test_samples_without_a_reply_are_skipped_with_their_error(tmp_path: Path) -> None:
    failed = {"id": 2, "input": "?", "output": {}, "error": {"message": "Too many requests."}}
    path = archive(tmp_path / "log.eval", SAMPLE, failed, b"{", {"id": 4, "input": "?"})
    traces = load_turns(path)

    assert len(traces) == 1
    assert list(map(str, traces.skipped)) == [
        "s2_epoch_1: it failed: Too many requests.",
        "s3_epoch_1: it is not JSON: Expecting property name enclosed in double quotes at "
        "character 2",
        "s4_epoch_1: it has no reply",
    ]


def test_our_own_log_loads_as_the_turns_it_was_written_from(tmp_path: Path) -> None:
    turns = [turn(0, "6 × 7 is 42.", "\\boxed{42}"), turn(1, "Hm.", "43", finish_reason="length")]
    batch_of(turns, rows=[{"target": "42"}]).export(tmp_path / "log.json")
    traces = load_turns(tmp_path / "log.json")

    for found, original in zip(traces, turns, strict=True):
        names = (
            *("id", "prompt", "reasoning", "answer", "model", "server", "finish_reason"),
            *("usage", "timing", "started_at", "messages", "state"),
        )
        for name in names:
            assert getattr(found, name) == getattr(original, name), name
    assert traces.right == (True, False)


def test_an_archive_that_inspect_writes_is_read(tmp_path: Path) -> None:
    pytest.importorskip("inspect_ai.log", reason="inspect-ai is not installed")
    turns = [turn(n, f"{n}. " * 1_000, f"\\boxed{{{n}}}") for n in range(3)]
    batch_of(turns, rows=[{"target": "1"}]).export(tmp_path / "log.json")
    # In a process of its own: where another test has nested loops, Inspect leaves a loop open.
    rewrite = (
        "import sys; from inspect_ai.log import read_eval_log, write_eval_log; "
        "write_eval_log(read_eval_log(sys.argv[1]), sys.argv[2])"
    )
    paths = [str(tmp_path / name) for name in ("log.json", "log.eval")]
    subprocess.run([sys.executable, "-c", rewrite, *paths], check=True, timeout=120)
    with zipfile.ZipFile(tmp_path / "log.eval") as file:
        methods = {each.compress_type for each in file.infolist()}
    traces = load_turns(tmp_path / "log.eval")

    # Zstandard, which this Python may not read by itself.
    assert methods & {8, 93}
    assert sorted(traces, key=lambda found: found.id) == [
        *load_turns(tmp_path / "log.json"),
    ]
    assert sorted(map(str, traces.right)) == ["False", "False", "True"]


def test_names_in_an_archive_control_no_terminal(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.eval", "w") as file:
        file.writestr("samples/\x1b[31m\n.json", json.dumps(SAMPLE))
        file.writestr(f"samples/../{'a' * 900}.json", "{")
    traces = load_turns(tmp_path / "log.eval")

    assert [trace.where for trace in traces.traces] == [""]
    assert repr(traces).isprintable()
    assert len(repr(traces)) < 400
    assert [path.name for path in tmp_path.iterdir()] == ["log.eval"]


def test_an_archive_without_samples_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        load_turns(archive(tmp_path / "log.eval"))

    assert str(caught.value) == (
        f"{tmp_path / 'log.eval'} has no samples/*.json. Load an eval log of Inspect."
    )


def test_a_damaged_archive_is_one_line(tmp_path: Path) -> None:
    path = archive(tmp_path / "log.eval", SAMPLE)
    path.write_bytes(path.read_bytes()[:300])

    with pytest.raises(FileError, match=r"is damaged: .*\. Copy it again\.$"):
        load_turns(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_small_archive_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, method: int) -> None:
    path = archive(tmp_path / "log.eval", b" " * 200_000_000, method=method)

    assert path.stat().st_size < 500_000
    with pytest.raises(FileError, match="unpacks to far more than its size"):
        load_turns(path)
