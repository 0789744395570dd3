"""Labelling by hand in a real JupyterLab: keys, chips, the store, a notebook without a kernel."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from browser.conftest import OpenNotebook, OpenSaved
from browser.inspected_turns import DEMO, TURN_MIME, saved
from browser.lab import Lab, Notebook
from playwright.sync_api import Locator, expect

from qwq_magic.demo.recordings import recordings
from qwq_magic.store.looks import labels_in

PROMPT = next(each.prompt for each in recordings() if "bridge" in each.prompt)
KINDS = ["setup", "plan", "recall", "compute", "check", "doubt", "switch", "conclude", "answer"]


def inspector_in(output: Locator) -> Locator:
    inspector = output.get_by_role("region", name="Reasoning inspector")
    expect(inspector).to_be_visible()
    return inspector


def row(inspector: Locator, number: int) -> Locator:
    button = inspector.page.locator(f'.qwq-step-toggle[aria-label^="Step {number}, "]')
    return inspector.locator(".qwq-step").filter(has=button)


def chips(inspector: Locator, number: int) -> Locator:
    return row(inspector, number).locator(".qwq-step-label")


def picture(place: Locator, name: str) -> None:
    if folder := os.environ.get("QWQ_PICTURES"):
        place.screenshot(path=Path(folder) / f"{name}.png")


def set_up(open_notebook: OpenNotebook, lab: Lab, store: str, line: str) -> Notebook:
    """A notebook whose cell 3 labels the turn of cell 2."""
    notebook = open_notebook(
        lab,
        "%load_ext qwq_magic\nimport os\nos.environ['QWQ_DEMO_SPEED'] = '1e9'\n"
        f"%config QwqMagics.store = {store!r}\n"
        f"if os.path.exists({store!r}):\n    %qwq_memory load {store}",
        f"%%qwq\n{PROMPT}",
        line,
    )
    notebook.set_up(1)
    notebook.run(2, wait=True)
    notebook.run(3, wait=True)
    return notebook


def press(notebook: Notebook, *keys: str) -> None:
    for key in keys:
        notebook.page.keyboard.press(key)


@pytest.mark.smoke
def test_a_key_labels_a_step_in_the_store_and_a_reload_shows_it(
    either: Lab, open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    store = tmp_path / "notes.db"
    notebook = set_up(open_notebook, either, str(store), "%qwq_label --as ann")
    inspector = inspector_in(notebook.output(3))
    bar = inspector.get_by_role("group", name="Label the selected step")
    expect(bar).to_contain_text("ann: 0 of ")

    row(inspector, 1).locator(".qwq-step-body").click()
    inspector.locator(".qwq-step-toggle").first.focus()
    press(notebook, "3")
    expect(chips(inspector, 1)).to_have_text("recall")
    expect(chips(inspector, 1)).to_have_attribute("title", "recall, labelled by ann")
    expect(row(inspector, 2)).to_have_attribute("aria-current", "true")
    expect(bar).to_contain_text("ann: 1 of ")
    expect(bar).to_contain_text(f"Saved in {store}.")
    expect(notebook.page.locator(".qwq-announcer")).to_have_text("Step 1 labelled recall")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert "Step 2, " in notebook.page.evaluate(focused)
    press(notebook, "6", "9", "k", "0")
    expect(chips(inspector, 2)).to_have_text("doubt")
    expect(chips(inspector, 3)).to_have_count(0)
    expect(bar).to_contain_text("ann: 2 of ")
    picture(notebook.output(3), "labelling")
    expect(bar).to_contain_text(f"Saved in {store}.")
    assert "Step 3, " in notebook.page.evaluate(focused)
    assert [(each.step, each.label) for each in labels_in(store)] == [(0, "recall"), (1, "doubt")]

    press(notebook, "Escape")
    expect(bar).to_be_hidden()
    press(notebook, "3")
    expect(inspector.locator(".qwq-group[aria-pressed=true]")).to_contain_text("reflect")
    press(notebook, "3", "l")
    expect(bar).to_be_visible()

    notebook.save()
    notebook.reload()
    inspector = inspector_in(notebook.output(3))
    expect(chips(inspector, 1)).to_have_text("recall")
    row(inspector, 3).locator(".qwq-step-toggle").focus()
    row(inspector, 3).locator(".qwq-step-body").click()
    press(notebook, "9")
    expect(inspector.locator(".qwq-label-bar")).to_contain_text(f"Saved in {store}.")
    expect(chips(inspector, 3)).to_have_text("answer")
    assert [each.label for each in labels_in(store)] == ["recall", "doubt", "answer"]


def test_enter_accepts_the_likely_kind_and_a_click_labels_too(
    lab: Lab, open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    notebook = set_up(open_notebook, lab, str(tmp_path / "notes.db"), "%qwq_label --as ann")
    inspector = inspector_in(notebook.output(3))
    likely = row(inspector, 1).locator(".qwq-step-kind").text_content()
    assert likely in KINDS
    row(inspector, 1).locator(".qwq-step-body").click()
    row(inspector, 1).locator(".qwq-step-toggle").focus()

    press(notebook, "Enter")
    expect(chips(inspector, 1)).to_have_text(likely)
    expect(row(inspector, 1).locator(".qwq-step-detail")).to_be_hidden()
    inspector.get_by_role("button", name="Label as switch, key 7").click()
    expect(chips(inspector, 2)).to_have_text("switch")
    toggle = row(inspector, 2).locator(".qwq-step-toggle")
    expect(toggle).to_have_accessible_name(f"{toggle.get_attribute('aria-label')}")
    assert "labelled switch by ann" in (toggle.get_attribute("aria-label") or "")


def test_without_a_kernel_labels_go_to_the_notebook_and_can_be_copied(
    lab: Lab, open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    notebook = set_up(open_notebook, lab, str(tmp_path / "notes.db"), "%qwq_label --as ann")
    expect(notebook.output(3).locator(".qwq-label-bar")).to_be_visible()
    notebook.save()
    notebook.shut_kernel_down()
    notebook.reload()
    inspector = inspector_in(notebook.output(3))
    expect(inspector.locator(".qwq-label-where")).to_contain_text("Kept in this notebook.")

    row(inspector, 2).locator(".qwq-step-body").click()
    row(inspector, 2).locator(".qwq-step-toggle").focus()
    press(notebook, "5")
    expect(chips(inspector, 2)).to_have_text("check")
    inspector.get_by_role("button", name="Copy the labels of ann and others as JSON Lines").click()
    copied = json.loads(notebook.page.evaluate("navigator.clipboard.readText()"))
    assert (copied["step"], copied["label"], copied["annotator"]) == (1, "check", "ann")
    notebook.js(
        "new Promise((done) => { const look = () => nb.widgets[3].model.outputs.toJSON()[0]"
        ".data[arg].labels?.[0].steps === 'V1' ? done(null) : setTimeout(look, 20); look(); })",
        TURN_MIME,
    )
    notebook.save()
    notebook.reload()
    expect(chips(inspector_in(notebook.output(3)), 2)).to_have_text("check")

    # The turn is in the store; the label that no kernel had taken is now, too.
    notebook.run(1, wait=True)
    notebook.run(3, wait=True)
    inspector = inspector_in(notebook.output(3))
    expect(inspector.locator(".qwq-label-where")).to_contain_text("Saved in ")
    expect(chips(inspector, 2)).to_have_text("check")
    assert [each.label for each in labels_in(tmp_path / "notes.db")] == ["check"]


def test_the_inspector_of_a_turn_opens_one_that_labels_in_a_new_cell(
    lab: Lab, open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    notebook = set_up(open_notebook, lab, str(tmp_path / "notes.db"), "1")
    notebook.output(2).get_by_label("Inspect the reasoning").click()
    inspector = inspector_in(notebook.output(2))
    press(notebook, "j", "l")

    expect(notebook.output(3).locator(".qwq-label-bar")).to_be_visible()
    assert notebook.source(3) == "%qwq_label 1.1"
    expect(inspector.locator(".qwq-label-bar")).to_be_hidden()


def test_labels_in_a_received_notebook_are_shown_and_hostile_ones_are_text(
    lab: Lab, open_saved: OpenSaved
) -> None:
    evil = "<img src=x onerror=fired(1)>"
    labels = [
        {"by": "ann", "steps": "U0D1"},
        {"by": evil, "steps": "V0Zz<script>"},
        {"by": "far", "steps": "Vzzzzzz"},
        {"by": 5, "steps": None},
    ]
    notebook = open_saved(lab, saved(DEMO, labels=labels))
    notebook.output(0).get_by_label("Inspect the reasoning").click()
    inspector = inspector_in(notebook.output(0))

    expect(chips(inspector, 1)).to_have_text([f"check{evil}", "setupann"])
    expect(chips(inspector, 2)).to_have_text(["doubtann"])
    expect(inspector.locator(".qwq-step img")).to_have_count(0)
    expect(inspector.locator(".qwq-label-bar")).to_be_hidden()


@pytest.mark.parametrize("width", [420, 620])
def test_nothing_sticks_out_of_a_narrow_inspector(
    lab: Lab, open_saved: OpenSaved, width: int
) -> None:
    bundle = saved(DEMO, labels=[{"by": "ann", "steps": "U0D1"}, {"by": "bob", "steps": "P0"}])
    view = {"show": "both", "start": "auto", "inspect": True}
    bundle[TURN_MIME]["view"] = {**view, "labelling": {"id": "none", "annotator": "ann"}}
    notebook = open_saved(lab, bundle)
    inspector = inspector_in(notebook.output(0))
    inspector.evaluate("(node, width) => (node.style.width = `${width}px`)", width)

    bar = inspector.locator(".qwq-label-bar")
    expect(bar).to_contain_text("ann: 2 of ")
    picture(inspector, f"labelling-{width}")
    for place in (bar, inspector.locator(".qwq-inspector-head")):
        assert place.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
