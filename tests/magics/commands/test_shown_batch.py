"""A batch, its votes, or traces as the value of a cell: in a real kernel, and in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clean_environment import clean_environment
from kernel import Kernel
from shell import piped_ipython

VIEW = "application/vnd.jupyter.widget-view+json"
MAKE = """
from qwq_magic.batch import Batch, Sample
from qwq_magic.turns import Turn
turns = [Turn(str(n), "Why?", answer=f"**{n // 2}**", complete=True) for n in range(3)]
samples = [Sample(0, n + 1, "m", str(n), turn) for n, turn in enumerate(turns)]
runs = Batch(samples, rows=[{}], template="Why?")
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel() as kernel:
        kernel.run("%load_ext qwq_magic")
        kernel.run(MAKE)
        yield kernel


def test_a_notebook_gets_a_widget_that_gives_way_where_the_renderer_is(kernel: Kernel) -> None:
    done = kernel.run("runs")

    assert list(done.final) == [VIEW, "text/markdown", "text/plain"]
    assert "0 leads with 2 of 3 final values" in done.final["text/plain"]


def test_a_batch_is_named_after_its_variable(kernel: Kernel) -> None:
    kernel.run("from qwq_magic.magics.commands.shown_batch import _name_of")
    context = "get_ipython().magics_manager.registry['QwqMagics'].context"

    assert kernel.value(f"_name_of({context}, runs)") == "'runs'"
    kernel.run("_qwq_batch = Batch(samples, rows=[{}], template='')")
    assert kernel.value(f"_name_of({context}, _qwq_batch)") == "'_qwq_batch'"
    assert kernel.value(f"_name_of({context}, Batch([], rows=[], template=''))") == "'batch'"


def test_votes_are_a_table(kernel: Kernel) -> None:
    [result] = kernel.run("runs.vote()").of_type("execute_result")

    assert "| 0 | 2 | 67 % |" in result["data"]["text/markdown"]
    assert result["data"]["text/plain"].startswith("<Votes 0: 2 of 3")


def test_traces_are_a_table_and_each_is_inspected_and_found_by_its_words(
    kernel: Kernel, tmp_path: Path
) -> None:
    path = tmp_path / "traces.jsonl"
    path.write_text('{"question": "6 × 7?", "response": "<think>Aha.</think>42", "gold": 42}\n')
    kernel.run(f"from qwq_magic import load_turns; traces = load_turns({str(path)!r})")
    [result] = kernel.run("traces").of_type("execute_result")
    inspected = kernel.run("traces[0].inspect()")
    kernel.run(f"traces.save({str(tmp_path / 'notes.db')!r})")
    kernel.run(f"%config QwqMagics.store = {str(tmp_path / 'notes.db')!r}")
    found = kernel.run("%qwq_search aha")
    kernel.run("%config QwqMagics.store = ''")

    assert "| 0 | line 1 | 6 × 7? | 42 | 42 | ✓ right |" in result["data"]["text/markdown"]
    assert "Aha." in inspected.final["text/plain"]
    assert "Aha" in str(found.final)


def test_a_terminal_prints_the_vote(tmp_path: Path) -> None:
    code = f"%load_ext qwq_magic\n{MAKE}\nruns"
    printed = piped_ipython(code, clean_environment(IPYTHONDIR=str(tmp_path), NO_COLOR="1")).stdout

    assert "0 leads with 2 of 3 final values" in printed
    assert "3 of 3 samples" in printed
