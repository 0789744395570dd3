"""Files of unknown origin: bounded, and a bad record costs no other."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hostile.corpus import taken_texts
from traces.written import THOUGHT, document, lines

from qwq_magic import load_turns
from qwq_magic.errors import FileError
from qwq_magic.plain_text import well_formed
from qwq_magic.traces import bounded_file

NAMES = (
    *("id", "model", "usage", "prompt", "gold", "messages", "choices", "response", "cost"),
    *("finish_reason", "state", "total_s", "reasoning", "chunks", "conversations", "error"),
)
GOOD: dict[str, Any] = {"prompt": "6 × 7?", "response": THOUGHT}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"response": ' + "[" * 200_000, "nested too deeply"),
        ('{"response": "' + "a", "not JSON"),
        ('{"response": ' + "1" * 5_000 + "}", "a number that is too long"),
        ('{"response": {}}', "its reply is empty"),
        ('{"messages": [{"role": "assistant"}]}', "its reply is empty"),
        ('{"messages": [{"role": "user", "content": "?"}]}', "no column that is known"),
        ('{"choices": [1, null]}', "its reply is empty"),
        ('{"choices": [{"message": 3}]}', "its reply is empty"),
        ('{"response": {"body": 3}}', "its request failed"),
        ('"text"', "of type str"),
        ("NaN", "of type float"),
        ("null", "of type NoneType"),
    ],
    ids=lambda text: text[:30],
)
def test_a_bad_line_costs_no_other(tmp_path: Path, line: str, reason: str) -> None:
    traces = load_turns(lines(tmp_path / "traces.jsonl", GOOD, line, GOOD))

    assert [trace.where for trace in traces.traces] == ["line 1", "line 3"]
    assert [each.where for each in traces.skipped] == ["line 2"]
    assert reason in traces.skipped[0].reason


@pytest.mark.parametrize("first", ["{", '{"response": ' + "[" * 200_000, "\x00", "\ufeff{"])
def test_a_bad_first_line_costs_no_other(tmp_path: Path, first: str) -> None:
    found = load_turns(lines(tmp_path / "traces.jsonl", first + " ?", GOOD))

    assert len(found) == 1


def test_values_of_any_type_are_read_or_skipped(tmp_path: Path) -> None:
    values: list[Any] = [None, True, 3, 1e400, -1, [], [[]], {}, [{}], {"a": []}, "", [1], [None]]
    records = [{**GOOD, name: value} for value in values for name in NAMES]
    traces = load_turns(lines(tmp_path / "traces.jsonl", *records))

    assert len(traces) + len(traces.skipped) >= len(records)
    for turn in traces:
        assert type(turn).from_dict(json.loads(json.dumps(turn.to_dict()))) == turn
    traces.save(tmp_path / "notes.db")
    assert len(traces.judgements) == len(traces)


def test_a_document_of_any_shape_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    shapes: list[Any] = [3, "a", None, [], {}, [[]], [3], {"samples": [3], "eval": {}}]
    shapes += [{"samples": [{"output": 3, "messages": 4}], "eval": {}}, [{"chunk": "a"}, 3]]
    for shape in shapes:
        with pytest.raises(FileError) as caught:
            load_turns(document(tmp_path / "traces.json", shape))
        assert "\n" not in str(caught.value)


def test_hostile_texts_are_kept_as_they_are_but_for_halves_of_surrogate_pairs(
    tmp_path: Path,
) -> None:
    texts = taken_texts(core=4)
    records = [{"prompt": text, "reasoning": text, "answer": f"A: {text}"} for text in texts]
    traces = load_turns(lines(tmp_path / "traces.jsonl", *records))

    assert [turn.reasoning for turn in traces] == list(map(well_formed, texts))
    assert "\x1b" not in repr(traces)


def test_messages_show_no_control_sequence_of_a_file(tmp_path: Path) -> None:
    path = lines(tmp_path / "traces.jsonl", {"\x1b[31mred\n": 1, "b" * 5_000: 2})

    with pytest.raises(FileError) as caught:
        load_turns(path)

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize("name", ["traces.jsonl.gz", "traces.json.gz"])
def test_a_small_file_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b'{"response":"' + b" " * 200_000_000 + b'"}'))

    with pytest.raises(FileError, match=r"far more than its size"):
        load_turns(path)


def test_a_line_that_is_too_long_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_file, "MAX_LINE", 1_000)
    long = {"response": "a" * 5_000}
    traces = load_turns(lines(tmp_path / "traces.jsonl", GOOD, long, GOOD, long))

    assert [trace.where for trace in traces.traces] == ["line 1", "line 3"]
    assert [each.where for each in traces.skipped] == ["line 2", "line 4"]


def test_a_download_that_was_cut_keeps_what_arrived(tmp_path: Path) -> None:
    packed = gzip.compress(
        b"".join(json.dumps({**GOOD, "n": n}).encode() + b"\n" for n in range(99_999))
    )
    path = tmp_path / "traces.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    traces = load_turns(path)

    assert 10_000 < len(traces) < 90_000
    assert "damaged from here on" in traces.skipped[-1].reason


def test_a_file_that_is_not_text_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "traces.bin"
    path.write_bytes(bytes(range(256)) * 100)

    with pytest.raises(FileError, match=r"has no readable turn\. Line 1: it is not "):
        load_turns(path)


def test_a_device_is_refused() -> None:
    with pytest.raises(FileError, match="Not a regular file"):
        load_turns("/dev/null")


def test_many_tags_and_many_equal_ids_cost_linear_time(tmp_path: Path) -> None:
    tags = "<think>a</think>\n" * 30_000 + "</think>" * 30_000
    records = [{"id": f"a-{n % 7}", "response": "1"} for n in range(20_000)]
    traces = load_turns(lines(tmp_path / "traces.jsonl", {"response": tags}, *records))

    assert len({turn.id for turn in traces}) == 20_001
