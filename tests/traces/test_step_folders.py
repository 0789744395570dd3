from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from traces.written import document

from qwq_magic import load_turns
from qwq_magic.errors import FileError

TEXT = "Let me see. 6 × 7 is 42.\nWait, 6 × 7?\n\nYes."
CHUNKS = ["Let me see.", "6 × 7 is 42.", "Wait, 6 × 7?", "Yes."]
LABELED = [
    {"chunk": chunk, "chunk_idx": n, "function_tags": ["active_computation"], "depends_on": []}
    for n, chunk in enumerate(CHUNKS)
]
PROBLEM = {"problem": "6 × 7?", "level": "Level 5", "gt_solution": "6·7", "gt_answer": "42"}
BASE = {
    "prompt": "Solve: 6 × 7? <think>\n",
    "solution": f"{TEXT}\n</think>\n\nThe answer is \\boxed{{42}}.",
    "answer": "42",
    "is_correct": True,
}


def folder(path: Path, *, labeled: Any = LABELED, problem: Any = PROBLEM, base: Any = BASE) -> Path:
    document(path / "chunks_labeled.json", labeled)
    if problem is not None:
        document(path / "problem.json", problem)
    if base is not None:
        document(path / "base_solution.json", base)
    return path


@pytest.mark.parametrize("name", ["", "chunks_labeled.json"])
def test_a_folder_is_a_turn_with_the_text_of_its_solution(tmp_path: Path, name: str) -> None:
    traces = load_turns(folder(tmp_path / "problem_330") / name)
    [turn] = traces

    assert (turn.prompt, turn.reasoning.strip(), turn.answer) == (
        *("6 × 7?", TEXT, "The answer is \\boxed{42}."),
    )
    assert (traces.gold, traces.right) == (("42",), (True,))


def test_a_folder_of_folders_is_a_turn_for_each_in_order(tmp_path: Path) -> None:
    for number in (2, 1):
        folder(tmp_path / "qwen" / f"problem_{number}")
        # What was resampled at a step is no step list of its own.
        folder(tmp_path / "qwen" / f"problem_{number}" / "chunk_0")
    document(tmp_path / "qwen" / "problem_3" / "chunks.json", {"chunks": 3})
    traces = load_turns(tmp_path)

    assert [trace.where for trace in traces.traces] == ["qwen/problem_1", "qwen/problem_2"]
    assert [str(each) for each in traces.skipped] == ["qwen/problem_3: it is not a list of steps"]


def test_steps_without_their_text_are_joined_so_that_each_is_a_paragraph(tmp_path: Path) -> None:
    base = {**BASE, "solution": "Something else.</think>42"}
    [turn] = load_turns(folder(tmp_path, base=base))

    assert turn.reasoning == "\n\n".join(CHUNKS)


def test_a_list_of_steps_alone_is_a_reasoning(tmp_path: Path) -> None:
    path = document(tmp_path / "steps.json", LABELED)
    [turn] = load_turns(path)

    assert (turn.prompt, turn.reasoning, turn.answer) == ("", "\n\n".join(CHUNKS), "")
    assert turn.state == "stopped"


def test_blanks_that_steps_have_are_kept(tmp_path: Path) -> None:
    steps = [{"chunk": "One. "}, {"chunk": ""}, {"chunk": "Two."}, {"chunk": "\nThree."}]
    [turn] = load_turns(document(tmp_path / "steps.json", steps))

    assert turn.reasoning == "One. Two.\nThree."


def test_a_solution_that_was_cut_is_a_reasoning_with_the_answer_beside_it(tmp_path: Path) -> None:
    [turn] = load_turns(folder(tmp_path, base={**BASE, "solution": TEXT}))

    assert (turn.reasoning, turn.answer) == (TEXT, "42")


def test_a_folder_without_steps_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="has no turn"):
        load_turns(tmp_path)
