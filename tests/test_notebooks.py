"""Notebooks run without a front end: nbconvert, papermill, and our own examples."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from clean_environment import clean_environment
from corpora import in_full
from kernel import BATCH_MIME, TURN_MIME
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
CELLS = ["%load_ext qwq_magic", "%%qwq -o reply\nWhich is larger, 9.11 or 9.9?"]


@pytest.fixture(autouse=True)
def _quick_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ.keys() - clean_environment():
        monkeypatch.delenv(name)
    monkeypatch.setenv("QWQ_DEMO_SPEED", "1e9")


def _notebook(cells: list[str] = CELLS) -> NotebookNode:
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook: NotebookNode = nbformat.v4.new_notebook(cells=made)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    return notebook


def _assert_is_final(notebook: NotebookNode, cell: NotebookNode) -> None:
    [output] = cell.outputs
    assert output.output_type == "display_data"
    assert list(output.data) == [TURN_MIME, "text/markdown", "text/plain"]
    assert output.data[TURN_MIME]["state"] == "complete"
    assert "widgets" not in notebook.metadata


def test_a_notebook_run_by_nbconvert_holds_the_final_output() -> None:
    notebook = _notebook()

    ExecutePreprocessor(timeout=60).preprocess(notebook)

    _assert_is_final(notebook, notebook.cells[1])


def test_a_notebook_run_by_papermill_holds_the_final_output(tmp_path: Path) -> None:
    source, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(_notebook(), source)

    papermill.execute_notebook(source, target, progress_bar=False)

    notebook = nbformat.read(target, as_version=4)
    _assert_is_final(notebook, notebook.cells[-1])


def test_a_batch_waits_for_what_asks_in_the_background() -> None:
    ask = "%%qwq --background -o reply\nWhich is larger, 9.11 or 9.9?"
    notebook = _notebook([CELLS[0], ask, "print(reply.complete)"])

    ExecutePreprocessor(timeout=60).preprocess(notebook)

    _assert_is_final(notebook, notebook.cells[1])
    assert notebook.cells[2].outputs[0].text == "True\n"


def test_nbconvert_to_html_shows_reasoning_in_details_and_the_answer() -> None:
    notebook = _notebook()
    ExecutePreprocessor(timeout=60).preprocess(notebook)

    html, _ = HTMLExporter().from_notebook_node(notebook)

    assert "<details" in html
    assert "Thought for" in html
    assert "Let me double-check by subtracting" in html
    assert "<strong>9.9 is larger.</strong>" in html


def test_the_example_notebook_runs_and_every_ask_succeeds(tmp_path: Path) -> None:
    path = ROOT / "examples.ipynb"
    if not path.exists():
        pytest.skip("the example notebook is not installed with the package")
    # One cell takes its time, for its reader's sake: twenty seconds.
    text = path.read_text(encoding="utf-8")
    assert text.count(" -p speed=2") == 1
    source = tmp_path / "source.ipynb"
    source.write_text(in_full(text, core=text.replace(" -p speed=2", "")), encoding="utf-8")
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", str(source)]

    done = subprocess.run(
        [*command, "--output", "examples.ipynb"], capture_output=True, text=True, timeout=300
    )

    assert done.returncode == 0, done.stderr
    cells = json.loads((tmp_path / "examples.ipynb").read_text())["cells"]
    data = [o["data"] for c in cells for o in c.get("outputs", ()) if "data" in o]
    states = [bundle[TURN_MIME]["state"] for bundle in data if TURN_MIME in bundle]
    assert len(states) >= 8
    assert set(states) == {"complete"}


def test_the_example_notebook_is_stored_with_its_outputs() -> None:
    cells = json.loads((ROOT / "examples.ipynb").read_text())["cells"]
    sources = {"".join(cell["source"]): cell for cell in cells if cell["cell_type"] == "code"}
    asks = [
        cell
        for source, cell in sources.items()
        if source.startswith(("%%qwq", "%qwq ")) and "--dry-run" not in source
    ]

    assert asks
    shown = [set(ask["outputs"][0]["data"]) for ask in asks]
    assert all(data & {TURN_MIME, BATCH_MIME} for data in shown)
