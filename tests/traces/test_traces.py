"""The sequence of turns that a file is, and its page in the documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from batch.columns import columns_of, documented_columns
from traces.written import lines

from qwq_magic import Turn, load_turns
from qwq_magic.display.saved.traces import traces_bundle

PAGE = Path(__file__).parents[2] / "docs" / "traces.md"
REPLIES = [
    {"question": "6 × 7?", "response": "<think>So it is 42.</think>It is **42**.", "gold": "42"},
    {
        "question": "6 × 8?",
        "response": "<think>So the answer is 48.\n\nAlternatively, count: so the answer is 46."
        "</think>The answer is 46.",
        "gold": ["48", "forty-eight"],
    },
    {"question": "6 × 9?", "response": "I do not know.", "gold": "54"},
]


def test_the_page_runs_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)

    traces = names["traces"]
    assert repr(traces) == "<Traces of traces.jsonl: 2 turns, 1 of 2 right>"
    assert (traces.right, traces.judgements[1].first_correct) == ((True, False), 0)
    assert 0.3 < traces.underthinking < 0.7


def test_traces_are_a_sequence_of_turns_and_a_slice_is_one_too(tmp_path: Path) -> None:
    traces = load_turns(lines(tmp_path / "traces.jsonl", *REPLIES))

    assert [type(turn) for turn in traces] == [Turn] * 3
    assert (len(traces[1:]), traces[1:].gold) == (2, traces.gold[1:])
    assert traces[-1].prompt == "6 × 9?"
    assert repr(traces[:1]) == "<Traces of traces.jsonl: 1 turn, 1 of 1 right>"


def test_a_turn_without_a_value_is_neither_right_nor_wrong(tmp_path: Path) -> None:
    traces = load_turns(lines(tmp_path / "traces.jsonl", *REPLIES))

    assert traces.right == (True, False, None)
    assert repr(traces) == "<Traces of traces.jsonl: 3 turns, 1 of 2 right>"


def test_the_table_has_the_columns_that_the_page_promises(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    traces = load_turns(lines(tmp_path / "traces.jsonl", *REPLIES))
    frame = traces.to_frame()

    assert columns_of(frame) == columns_of(traces[2:].to_frame()) == documented_columns("Traces")
    assert list(frame["gold"]) == ["42", "48 | forty-eight", "54"]
    assert list(frame["first_correct_step"].astype(object))[:2] == [0, 0]


def test_a_notebook_shows_a_table_in_which_nothing_runs(tmp_path: Path) -> None:
    hostile = {
        "question": "<script>fired(1)</script>|\n|",
        "response": "\x1b[31m**7**",
        "gold": "8",
    }
    traces = load_turns(lines(tmp_path / "traces.jsonl", *REPLIES, *[hostile] * 20))
    markdown = traces_bundle(traces)["text/markdown"]

    assert markdown.startswith("<p><strong>traces.jsonl: 23 turns, 1 of 22 right</strong></p>\n\n")
    assert markdown.endswith("<p>3 more turns: see to_frame()</p>")
    assert "✓ right" in markdown
    assert "✗ wrong" in markdown
    assert "<script" not in markdown
    assert "\x1b" not in markdown
