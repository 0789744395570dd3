"""The final output in notebooks that are opened again, perhaps by somebody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from browser.cell_code import bundle
from browser.conftest import OpenNotebook
from browser.lab import Lab, Notebook, write_notebook
from playwright.sync_api import BrowserContext, expect

TURN = "application/vnd.qwq.turn.v1+json"


def saved_cell(data: dict[str, Any]) -> dict[str, Any]:
    """A cell as it stands in a notebook somebody sent: no kernel here ever ran it."""
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    return {
        "cell_type": "code",
        "id": "saved",
        "metadata": {},
        "source": "",
        "execution_count": 1,
        "outputs": [output],
    }


@pytest.fixture
def open_saved(browser: BrowserContext, request: pytest.FixtureRequest) -> Any:
    opened: list[Notebook] = []

    def open_(server: Lab, *bundles: dict[str, Any]) -> Notebook:
        name = f"saved{len(list(server.root.glob('*.ipynb')))}.ipynb"
        write_notebook(server.root / name, [saved_cell(data) for data in bundles])
        opened.append(Notebook.open(browser, server, name))
        return opened[-1]

    yield open_
    for notebook in opened:
        notebook.close()


def test_output_is_interactive_after_reload_with_a_dead_kernel(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        either,
        "panel = new_panel()\n"
        "panel.finish(bundle(panel.status.turn_id, 'Reasons.', '**Answer** and `code`.'))",
    )
    notebook.run(1, wait=True)
    notebook.save()
    notebook.shut_kernel_down()

    notebook.reload()
    output = notebook.output(1)

    expect(output.locator(".qwq-answer-text strong")).to_have_text("Answer")
    expect(output.locator(".qwq-reasoning-body")).to_be_visible()
    output.locator(".qwq-toggle").click()
    expect(output.locator(".qwq-reasoning-body")).to_be_hidden()
    output.get_by_label("Copy answer").click()
    expect(output.get_by_label("Copy answer")).to_have_text("Copied")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == "**Answer** and `code`."


def test_untrusted_copy_shows_the_same_view(either: Lab, open_saved: Any) -> None:
    notebook = open_saved(either, bundle("x", "Reasons.", "**Answer**, $x^2$."))
    output = notebook.output(0)

    assert notebook.js("nb.widgets[0].model.trusted") is False
    expect(output.locator(".qwq-answer-text strong")).to_have_text("Answer")
    expect(output.locator(".qwq-answer-text mjx-container")).to_have_count(1)
    output.locator(".qwq-toggle").click()
    expect(output.locator(".qwq-reasoning-body")).to_be_hidden()


def test_server_without_the_renderer_shows_the_markdown(plain_lab: Lab, open_saved: Any) -> None:
    notebook = open_saved(plain_lab, bundle("x", "Reasons.", "**Answer**"))

    expect(notebook.output(0).locator("strong")).to_have_text("Answer")
    expect(notebook.output(0).locator(".qwq-turn")).to_have_count(0)


def test_copying_code_takes_the_code_alone(lab: Lab, open_saved: Any) -> None:
    code = "def f(a):\n    return a < 1 & True\n"
    notebook = open_saved(lab, bundle("x", "", f"Look:\n\n```python\n{code}```\n"))

    expect(notebook.output(0).locator(".qwq-code span[class]").first).to_be_visible()
    notebook.output(0).get_by_label("Copy code").click()
    expect(notebook.output(0).get_by_label("Copy code")).to_have_text("Copied")

    assert notebook.page.evaluate("navigator.clipboard.readText()").strip() == code.strip()


HOSTILE_DATA: list[Any] = [
    None,
    [],
    "text",
    3,
    {},
    {"schema": 99, "id": {"a": 1}, "reasoning": ["x"], "answer": 5, "usage": "many"},
    {"answer": "still shown", "timing": {"total_s": "1e999"}, "notices": "no list", "view": 7},
    {"answer": "still shown", "usage": {"output_tokens": -1}, "error": [1], "number": {}},
    {
        "answer": "still shown",
        "model": "<b>x</b>" * 9999,
        "state": "<img src=x>",
        "id": "__proto__",
    },
    {
        "answer": "still shown",
        "view": {"show": "__proto__", "start": None},
        "notices": [{}, "a"] * 999,
    },
]


def test_data_of_any_shape_is_survived(lab: Lab, open_saved: Any) -> None:
    notebook = open_saved(lab, *({TURN: data, "text/plain": "?"} for data in HOSTILE_DATA))

    for index, data in enumerate(HOSTILE_DATA):
        output = notebook.output(index)
        output.scroll_into_view_if_needed()
        expect(output.locator(".qwq-turn")).to_have_count(1)
        if isinstance(data, dict) and data.get("answer") == "still shown":
            expect(output.locator(".qwq-answer-text")).to_have_text("still shown")
    assert not [line for line in notebook.console if line.startswith("pageerror")]


def test_saved_turn_of_120000_characters_opens_without_a_freeze(
    lab: Lab, open_saved: Any, tmp_path: Path
) -> None:
    paragraph = "Consider *this* and `that`, since $a_i < b_i$ for all of them.\n\n"
    text = paragraph * (60_000 // len(paragraph))
    thought = "Let me think about it once more, from the beginning.\n" * 1200
    notebook = open_saved(lab, bundle("long", thought, text))
    output = notebook.output(0)

    expect(output.locator(".qwq-turn[data-drawn]")).to_be_visible(timeout=30_000)

    assert output.locator(".qwq-reasoning-text").evaluate("node => node.textContent") == thought
    assert output.locator(".qwq-answer-text em").count() == len(text) // len(paragraph)
    (tmp_path / "long-tasks.json").write_text(json.dumps(notebook.long_tasks()))
