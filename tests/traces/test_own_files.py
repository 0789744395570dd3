"""What this package writes loads as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batch.made import batch_of, turn
from store.files import save_turns
from traces.written import THOUGHT, lines

from qwq_magic import load_turns
from qwq_magic.errors import FileError, RateLimited
from qwq_magic.events import Ending
from qwq_magic.memory import ConversationMemory
from qwq_magic.memory.records import turn_records
from qwq_magic.reasoning import export_steps
from qwq_magic.store import Store
from qwq_magic.turns import Message, Turn

TURNS = [
    turn(0, "6 × 7 is 42.\n\nSo it is 42.", "\\boxed{42}", cost=0.5),
    turn(1, "Hm \ud83d <think>", "It is 4 </think>", notices=("Retrying.",)),
    turn(2, "Hm", complete=False, finish_reason=None),
    turn(3, "Hm", "4", finish_reason="length", ending=Ending.CONTEXT_FULL, complete=False),
]


def in_text(found: Turn) -> dict[str, Any]:
    """What a table of turns has of one."""
    names = (
        *("id", "prompt", "reasoning", "answer", "model", "server"),
        *("finish_reason", "state", "timing", "started_at"),
    )
    return {name: getattr(found, name) for name in names}


def remembered(turns: Sequence[Turn]) -> ConversationMemory:
    memory = ConversationMemory()
    for each in turns:
        memory.commit(each, memory.context())
    return memory


def test_turns_as_json_are_the_same_turns(tmp_path: Path) -> None:
    error = replace(TURNS[0], id="failed", complete=False, error=RateLimited("Too many."))
    turns = [*TURNS, error]
    found = load_turns(lines(tmp_path / "turns.jsonl", *[each.to_dict() for each in turns]))

    assert [each.to_dict() for each in found] == [each.to_dict() for each in turns]


def test_a_damaged_value_of_a_turn_is_skipped(tmp_path: Path) -> None:
    data = TURNS[0].to_dict()
    damaged = [{**data, "usage": {"input_tokens": -1}}, {**data, "messages": [{"role": "x"}]}]
    found = load_turns(lines(tmp_path / "turns.jsonl", data, *damaged, {**data, "parent": 3}))

    assert list(found) == [TURNS[0]]
    assert {each.reason for each in found.skipped} == {"it is a turn with a damaged value"}


def test_a_saved_conversation_loads_with_all_its_attempts(tmp_path: Path) -> None:
    memory = remembered(TURNS[:3])
    memory.save(tmp_path / "notes.jsonl")

    assert list(load_turns(tmp_path / "notes.jsonl")) == TURNS[:3]


def test_a_damaged_conversation_is_not_read_in_part(tmp_path: Path) -> None:
    memory = remembered(TURNS[:1])
    memory.save(tmp_path / "notes.jsonl")
    text = (tmp_path / "notes.jsonl").read_text("utf-8")
    (tmp_path / "notes.jsonl").write_text(text.partition("\n")[0] + "\n", "utf-8")

    with pytest.raises(FileError, match="lines are missing"):
        load_turns(tmp_path / "notes.jsonl")


def test_a_store_loads_with_all_its_turns_in_order(tmp_path: Path) -> None:
    save_turns(tmp_path / "notes.db", TURNS[:2])
    with Store(tmp_path / "notes.db") as store:
        store.put((), TURNS[2:])

    assert list(load_turns(tmp_path / "notes.db")) == TURNS


def test_traces_are_saved_to_a_store_and_found_there(tmp_path: Path) -> None:
    traces = load_turns(lines(tmp_path / "traces.jsonl", {"prompt": "6 × 7?", "response": THOUGHT}))
    traces.save(tmp_path / "notes.db")
    traces.save(tmp_path / "notes.db")

    assert list(load_turns(tmp_path / "notes.db")) == list(traces)
    with Store(tmp_path / "notes.db") as store:
        [hit] = store.search("hm")
    assert hit.turn_id == traces[0].id


def test_records_of_a_conversation_keep_their_counts_and_times(tmp_path: Path) -> None:
    found = load_turns(lines(tmp_path / "turns.jsonl", *turn_records(TURNS[::3])))

    for loaded, original in zip(found, TURNS[::3], strict=True):
        # These have no ids.
        assert {**in_text(loaded), "id": ""} == {**in_text(original), "id": ""}
        assert loaded.usage == replace(original.usage, total_tokens=None, cached_tokens=None)
    assert [each.conversation for each in found] == ["main", "main"]


def test_a_batch_loads_from_parquet_with_ids_counts_times_and_gold(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    batch = batch_of(TURNS[::3], rows=[{"gold": "42"}])
    batch.export(tmp_path / "batch.parquet")
    found = load_turns(tmp_path / "batch.parquet")

    assert [in_text(each) for each in found] == [in_text(each) for each in TURNS[::3]]
    assert [each.usage.reasoning_tokens for each in found] == [15, 15]
    assert [each.cost for each in found] == [0.5, None]
    assert found.gold == ("42", "42")
    assert found.right == (True, False)


def test_a_batch_loads_from_chat_lines(tmp_path: Path) -> None:
    batch_of(TURNS[:2], rows=[{"target": "42"}]).export(tmp_path / "batch.jsonl")
    found = load_turns(tmp_path / "batch.jsonl", gold="input.target")

    assert [each.reasoning for each in found] == [TURNS[0].reasoning, "Hm \ufffd <think>"]
    assert [each.answer for each in found] == [each.answer for each in TURNS[:2]]
    assert found[0].messages == (Message("system", "Be brief."), Message("user", "How many?"))
    assert found.right == (True, False)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_table_of_steps_is_the_reasoning_again(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("pyarrow")
    turns = [TURNS[0], replace(TURNS[0], id="other", reasoning="One.\n\n Two.\n\n Three.")]
    path = tmp_path / f"steps.{suffix}"
    export_steps(turns, path)
    found = load_turns(path)

    assert [(each.id, each.reasoning) for each in found] == [
        (each.id, each.reasoning) for each in turns
    ]


def test_a_table_of_metrics_has_no_texts_and_is_refused(tmp_path: Path) -> None:
    path = lines(tmp_path / "metrics.jsonl", {"turn": 1, "turn_id": "a", "prompt": "?", "steps": 3})

    with pytest.raises(FileError, match="no column that is known as a reply"):
        load_turns(path)


def test_a_turn_that_was_loaded_is_a_turn_like_any_other(tmp_path: Path) -> None:
    record = {"prompt": "6 × 7?", "response": THOUGHT}
    first, second = load_turns(lines(tmp_path / "traces.jsonl", record, record))

    assert "So" not in repr(first.inspect())
    assert [step.text for step in first.steps] == ["\nHm. 6 × 7 is 42.\n"]
    assert first.compare(second).pairs
    assert json.loads(json.dumps(first.to_dict()))["reasoning"] == first.reasoning
