"""A batch, or its votes, as the value of a cell: in a real kernel, and in a terminal."""

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


def test_a_terminal_prints_the_vote(tmp_path: Path) -> None:
    code = f"%load_ext qwq_magic\n{MAKE}\nruns"
    printed = piped_ipython(code, clean_environment(IPYTHONDIR=str(tmp_path), NO_COLOR="1")).stdout

    assert "0 leads with 2 of 3 final values" in printed
    assert "3 of 3 samples" in printed
