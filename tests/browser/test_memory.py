"""A notebook as the conversation: run all, run all again, change the first cell, look."""

from __future__ import annotations

import os
from pathlib import Path

from browser.asking import ask_at
from browser.conftest import OpenNotebook
from browser.lab import Lab, Notebook
from playwright.sync_api import Locator, expect
from server import Reply, Request, ScriptedServer, chat

ANSWERS = {
    "Which is larger, 9.11 or 9.9?": "**9.9** is larger: its tenths digit is 9, that of 9.11 is 1.",
    "Explain it with a number line.": "Both lie between 9 and 10: 9.11 just after 9, and 9.9 just "
    "before 10, so that 9.9 stands further to the right.",
    "And 9.90 | 9.9?": "They are *equal*; a zero at the end changes nothing.",
}


def _answer(request: Request) -> Reply:
    prompt = request.json["messages"][-1]["content"]
    usage = {"prompt_tokens": 20, "completion_tokens": 400, "total_tokens": 420}
    answer = ANSWERS.get(prompt, "Neither: they are the same.")
    return chat(reasoning="Let me compare the tenths.", answer=answer, usage=usage)


def _open(open_notebook: OpenNotebook, lab: Lab, server: ScriptedServer) -> Notebook:
    """The cells that ask are 2, 3 and 4, the table is 5."""
    asks = [f"%%qwq\n{prompt}" for prompt in ANSWERS]
    return ask_at(open_notebook, lab, server, *asks, "%qwq_memory")


def _run_all(notebook: Notebook) -> None:
    for cell in (1, 2, 3, 4, 5):
        notebook.run(cell)
    notebook.wait_idle()


def _table(notebook: Notebook, cell: int = 5) -> Locator:
    return notebook.output(cell).locator("table")


def _column(notebook: Notebook, name: str) -> list[str]:
    table = _table(notebook)
    at = [text.strip() for text in table.locator("th").all_inner_texts()].index(name) + 1
    return table.locator(f"tbody td:nth-child({at})").all_inner_texts()


def _picture(notebook: Notebook, name: str, tmp_path: Path, cell: int = 5) -> None:
    """For people: `QWQ_PICTURES=folder pytest -k memory`."""
    target = Path(os.environ.get("QWQ_PICTURES") or tmp_path)
    notebook.output(cell).scroll_into_view_if_needed()
    notebook.output(cell).screenshot(path=target / f"{name}.png")


def test_run_all_twice_is_the_same_conversation_and_a_changed_cell_says_what_it_outdates(
    lab: Lab, open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    with ScriptedServer(_answer) as server:
        notebook = _open(open_notebook, lab, server)
        _run_all(notebook)
        _picture(notebook, "memory-once", tmp_path)
        assert _column(notebook, "turn") == ["1", "2", "3"]
        assert _column(notebook, "prompt") == list(ANSWERS)

        _run_all(notebook)

        assert _column(notebook, "turn") == ["1", "2", "3"]
        assert _column(notebook, "state") == ["attempt 2"] * 3
        expect(notebook.output(2).locator(".qwq-footer-text")).to_contain_text("re-run: attempt 2")
        brackets = notebook.page.locator(".jp-Notebook .jp-InputPrompt").all_inner_texts()
        assert _column(notebook, "cell") == [text.rstrip(":") for text in brackets[2:5]]

        notebook.js("nb.widgets[2].model.sharedModel.setSource(arg)", "%%qwq\n9.9 or 9.90?")
        notebook.run(2, wait=True)
        notebook.run(5, wait=True)

        sent = server.requests[-1].json["messages"]
        assert [message["content"] for message in sent] == ["9.9 or 9.90?"]
        assert _column(notebook, "prompt") == ["9.9 or 9.90?", *list(ANSWERS)[1:]]
        assert _column(notebook, "state") == ["attempt 3"] + ["attempt 2, outdated"] * 2
        expect(notebook.output(5)).to_contain_text("outdated: ")
        _picture(notebook, "memory", tmp_path)


def test_in_a_narrow_window_the_table_scrolls_rather_than_squeezing_prompt_and_answer(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    with ScriptedServer(_answer) as server:
        notebook = _open(open_notebook, lab, server)
        _run_all(notebook)
        notebook.page.set_viewport_size({"width": 620, "height": 900})

        widths = _table(notebook).evaluate(
            """(table) => ({
              prose: [...table.rows[0].cells].slice(2, 4).map((cell) => cell.offsetWidth),
              table: table.offsetWidth,
              room: table.parentElement.clientWidth,
            })"""
        )

        notebook.page.set_viewport_size({"width": 1200, "height": 900})
    assert min(widths["prose"]) > 140
    assert widths["table"] > widths["room"]
