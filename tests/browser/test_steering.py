"""Steering a reasoning in a real JupyterLab: its buttons, and what they leave in the notebook."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser.asking import ask_at, pane
from browser.conftest import OpenNotebook
from browser.lab import Lab, Notebook
from continuing import ANSWER, SENTENCES, HeldServer, vllm
from playwright.sync_api import expect

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
