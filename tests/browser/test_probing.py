"""When did it know? The button in the inspector of a real JupyterLab, and its lane."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser.conftest import OpenNotebook
from browser.lab import Lab
from playwright.sync_api import expect

from qwq_magic.demo.recordings import recordings

PROMPT = next(each.prompt for each in recordings() if "bridge" in each.prompt)


@pytest.mark.smoke
def test_the_button_shows_the_cost_and_then_a_lane_of_answers(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        lab,
        "%load_ext qwq_magic\nimport os\nos.environ['QWQ_DEMO_SPEED'] = '1e9'",
        f"%%qwq\n{PROMPT}",
    )
    notebook.set_up(1)
    notebook.run(2, wait=True)
    output = notebook.output(2)
    output.get_by_label("Inspect the reasoning").click()
    ask = output.locator(".qwq-probe")

    expect(ask).to_have_text("When did it know?")
    # A double click is one press: it must not ask before the cost was read.
    ask.dblclick()
    expect(ask).to_contain_text("12 calls, ≈ ")
    expect(notebook.output(3)).to_have_count(0)
    ask.press("Enter")
    lane = notebook.output(3).get_by_role("group", name="If it had to answer now: 19 → 17")
    expect(lane.get_by_role("button")).to_have_count(12)
    assert notebook.source(3) == "%qwq_probe 1.1"
    expect(notebook.output(3)).to_contain_text("Probing: 12 calls · ≈ ")
    expect(notebook.output(3)).to_contain_text("12 replies, in ")
    lane.get_by_role("button").nth(11).click()
    expect(notebook.output(3).locator(".qwq-step[aria-current]")).to_have_count(1)
    if folder := os.environ.get("QWQ_PICTURES"):
        notebook.output(3).screenshot(path=Path(folder) / "probes.png")
