"""Steering a reasoning in a real JupyterLab: its buttons, and what they leave in the notebook."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser.asking import ask_at, pane
from browser.conftest import OpenNotebook
from browser.lab import Lab, Notebook
from continuing import ANSWER, EDITED, EDITED_ANSWER, SENTENCES, HeldServer, vllm
from playwright.sync_api import expect
from server import ScriptedServer

THOUGHT = "".join(SENTENCES[:2]).rstrip()


def _picture(notebook: Notebook, name: str) -> None:
    if folder := os.environ.get("QWQ_PICTURES"):
        notebook.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.smoke
def test_answer_now_goes_on_in_the_same_panes(lab: Lab, open_notebook: OpenNotebook) -> None:
    held = HeldServer(vllm)
    with held.server as server:
        notebook = ask_at(open_notebook, lab, server, "%%qwq\n9.9?", "_qwq.stopped_by")
        notebook.run(2)
        expect(pane(notebook, "reasoning-text")).to_contain_text("equal.")
        button = pane(notebook, "answer_now")
        expect(button).to_be_enabled()
        _picture(notebook, "answer-now")
        button.click()
        expect(pane(notebook, "state")).to_have_text("Done")

    expect(pane(notebook, "reasoning-text")).to_contain_text(THOUGHT)
    expect(pane(notebook, "answer-text")).to_have_text(ANSWER)
    expect(pane(notebook, "answer_now")).to_have_count(0)
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("limit='user'")
    _picture(notebook, "answered")


def test_an_edited_step_streams_in_a_cell_of_its_own(lab: Lab, open_notebook: OpenNotebook) -> None:
    with ScriptedServer(vllm) as server:
        notebook = ask_at(open_notebook, lab, server, "%%qwq\n9.9?")
        notebook.run(2)
        expect(pane(notebook, "state")).to_have_text("Done")
        pane(notebook, "inspect").click()
        step = pane(notebook, "step").nth(2)
        step.locator(".qwq-step-toggle").click()
        _picture(notebook, "step-acts")
        step.get_by_role("button", name="Edit and continue").click()
        editor = pane(notebook, "step-editor")
        expect(editor).to_have_value(SENTENCES[2].strip())
        editor.fill("These are numbers of sections.")
        _picture(notebook, "step-editor")
        editor.press("Shift+Enter")

        expect(pane(notebook, "state", cell=3)).to_have_text("Done")
        expect(pane(notebook, "answer-text", cell=3)).to_have_text(EDITED_ANSWER)
        expect(pane(notebook, "reasoning-text", cell=3)).to_contain_text(
            f"These are numbers of sections. {EDITED.rstrip()}"
        )
        # The cell says what was done, and does the same again.
        assert notebook.source(3) == "%%qwq --from 1.1:3\nThese are numbers of sections."
        # The parent is as it was.
        expect(pane(notebook, "answer-text")).to_have_text(ANSWER)
        _picture(notebook, "edited")
        notebook.run(3)
        expect(pane(notebook, "footer-text", cell=3)).to_contain_text("attempt 3")
        expect(pane(notebook, "attempt-label", cell=3)).to_have_text("3/3")
        _switch_attempts(notebook)
    expect(pane(notebook, "answer-text", cell=3)).to_have_text(EDITED_ANSWER)


def _switch_attempts(notebook: Notebook) -> None:
    """From the latest attempt to the first, the parent, and back by the keyboard."""
    back = notebook.output(3).get_by_role("button", name="Previous attempt")
    back.click()
    back.click()
    expect(pane(notebook, "attempt-label", cell=3)).to_have_text("1/3")
    expect(pane(notebook, "answer-text", cell=3)).to_have_text(ANSWER)
    expect(back).to_be_disabled()
    # The focus stays on the switch.
    notebook.page.keyboard.press("Enter")
    expect(pane(notebook, "attempt-label", cell=3)).to_have_text("2/3")
    expect(pane(notebook, "answer-text", cell=3)).to_have_text(EDITED_ANSWER)
    _picture(notebook, "attempts")
    pane(notebook, "compare", cell=3).click()
    expect(notebook.output(4).locator(".qwq-divergence")).to_have_text("Fork")
    _picture(notebook, "compared")


def test_a_stopped_turn_offers_to_go_on_and_to_answer(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    held = HeldServer(vllm)
    with held.server as server:
        notebook = ask_at(open_notebook, lab, server, "%%qwq\n9.9?")
        notebook.run(2)
        expect(pane(notebook, "reasoning-text")).to_contain_text("equal.")
        pane(notebook, "stop").click()
        expect(pane(notebook, "state")).to_have_text("Stopped")
        expect(pane(notebook, "answer-from")).to_have_text("Answer from this reasoning")
        _picture(notebook, "stopped")
        pane(notebook, "continue").click()
        expect(pane(notebook, "state", cell=3)).to_have_text("Done")

    assert notebook.source(3) == "%qwq_continue 1.1"
    expect(pane(notebook, "answer-text", cell=3)).to_have_text(ANSWER)
