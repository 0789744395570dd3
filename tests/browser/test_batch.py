"""A batch in a real JupyterLab: lanes that stream, open and group, and the output they become."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser.conftest import OpenNotebook
from browser.lab import Lab, Notebook
from playwright.sync_api import Locator, expect

SETUP = """
from batches import FedBatch
from qwq_magic.display.live.batch_panel import BatchPanel
from qwq_magic.memory import TurnPosition

stops = []

def panel_of(fed):
    panel = BatchPanel(fed.progress, actions={"stop": lambda: stops.append("stop")})
    panel.open()
    return panel
"""
EIGHT = """
fed = FedBatch(n=8)
panel = panel_of(fed)
fed.start(*range(7))
for index in range(7):
    fed.think(index, f"Let me see what is given to {index}. So the answer is 9.9. ")
fed.answer(0, "**9.9** is larger.")
fed.end(0, tokens=400)
fed.fail(6)
steps.wait(panel, "more")
fed.think(1, "Let me check that once more.")
steps.wait(panel, "end")
for index in (1, 2, 3):
    fed.answer(index, f"**{'9.11' if index == 3 else '9.9'}** is larger.")
    fed.end(index)
fed.answer(4, "It depends.")
fed.end(4)
places = [TurnPosition(3, n + 1) for n in range(8)]
panel.finish(fed.finish(), name="runs", places=places)
"""
MANY = """
fed = FedBatch([f"What is {n} + 1?" for n in range(500)], limit=40)
panel = panel_of(fed)
fed.start(*range(40))
for index in range(40):
    fed.think(index, "Let me see. ")
steps.wait(panel, "first")
for index in range(10):
    fed.answer(index, f"It is **{index + 1}**.")
    fed.end(index)
fed.fail(10)
steps.wait(panel, "next")
fed.start(40, 41)
steps.wait(panel, "end")
for index in range(11, 500):
    fed.start(index)
    fed.answer(index, f"It is **{index + 1}**.")
    fed.end(index)
panel.finish(fed.finish())
"""


def lanes(notebook: Notebook) -> Locator:
    return notebook.output(2).locator(".qwq-lane")


def part(notebook: Notebook, name: str) -> Locator:
    return notebook.output(2).locator(f".qwq-{name}")


def running(lab: Lab, open_notebook: OpenNotebook, cell: str) -> Notebook:
    notebook = open_notebook(lab, SETUP, cell)
    notebook.set_up(1)
    notebook.run(2)
    expect(lanes(notebook).first).to_be_visible()
    return notebook


def picture(notebook: Notebook, name: str) -> None:
    if folder := os.environ.get("QWQ_PICTURES"):
        notebook.output(2).screenshot(path=Path(folder) / f"batch-{name}.png")


def errors(notebook: Notebook) -> list[str]:
    return [line for line in notebook.console if line.startswith(("pageerror", "error"))]


@pytest.mark.smoke
def test_lanes_stream_open_and_become_an_output_that_opens_without_a_kernel(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = running(lab, open_notebook, EIGHT)
    expect(lanes(notebook)).to_have_count(8)
    expect(part(notebook, "batch-ended")).to_have_text("2 of 8")
    expect(lanes(notebook).nth(1)).to_contain_text("So the answer is 9.9.")
    expect(part(notebook, "batch-group")).to_have_count(1)

    lanes(notebook).nth(1).click()
    expect(part(notebook, "lane-opened").locator(".qwq-reasoning-text")).to_contain_text("to 1.")
    notebook.release("more")
    expect(part(notebook, "lane-opened").locator(".qwq-reasoning-text")).to_contain_text(
        "once more"
    )
    # Another one takes its place.
    lanes(notebook).nth(2).click()
    expect(part(notebook, "lane-opened").locator(".qwq-reasoning-text")).to_contain_text("to 2.")
    expect(part(notebook, "lane-opened")).to_have_count(1)
    picture(notebook, "live")

    notebook.release("end")
    expect(part(notebook, "state").first).to_have_text("Stopped")
    # The lane that was open is open in the final output.
    expect(part(notebook, "lane-opened").locator(".qwq-answer-text")).to_have_text("9.9 is larger.")
    picture(notebook, "final")
    notebook.wait_idle()
    notebook.save()
    notebook.shut_kernel_down()
    notebook.reload()

    expect(part(notebook, "lanes-title")).to_have_text(
        ["9.9", "9.11", "No final value", "Not finished"]
    )
    expect(part(notebook, "batch-group")).to_have_count(3)
    expect(part(notebook, "lane-opened")).to_have_count(0)
    lanes(notebook).first.click()
    expect(part(notebook, "lane-opened").locator(".qwq-answer-text")).to_have_text("9.9 is larger.")
    assert errors(notebook) == []


def test_the_list_is_one_tab_stop_with_keys_that_do_not_reach_the_notebook(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = running(either, open_notebook, EIGHT)
    lanes(notebook).nth(1).focus()
    notebook.release("more")
    notebook.release("end")
    notebook.wait_idle()
    # The final output goes on where the reader was.
    expect(lanes(notebook).nth(1)).to_be_focused()
    cells = notebook.js("nb.widgets.length")
    keyboard = notebook.page.keyboard
    focused = "document.activeElement.getAttribute('aria-label')"
    part(notebook, "batch-group").last.focus()

    keyboard.press("Tab")
    assert notebook.page.evaluate(focused) == "Sample 2, done, value 9.9, ≈ 28 tokens"
    keyboard.press("ArrowUp")
    assert notebook.page.evaluate(focused) == "Sample 1, done, value 9.9, 400 tokens"
    keyboard.press("ArrowDown")
    keyboard.press("j")
    assert notebook.page.evaluate(focused).startswith("Sample 3, done, value 9.9")
    keyboard.press("Enter")
    opened = part(notebook, "lane-opened").locator(".qwq-answer-text")
    expect(opened).to_have_text("9.9 is larger.")
    assert notebook.page.evaluate(focused).startswith("Sample 3")
    keyboard.press("Escape")
    expect(opened).to_have_count(0)

    keyboard.press("c")
    keyboard.press("End")
    keyboard.press("Home")
    keyboard.press("c")
    expect(part(notebook, "compare")).to_have_text("Compare 3 and 1")
    expect(part(notebook, "compare")).to_have_attribute("title", "Compare both in a new cell")
    assert notebook.js("nb.widgets.length") == cells
    # One stop: the next Tab leaves the list, or reaches what is below it.
    keyboard.press("Tab")
    assert not str(notebook.page.evaluate(focused)).startswith("Sample")


def test_a_comparison_is_a_cell_of_its_own(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = running(lab, open_notebook, EIGHT)
    notebook.release("more")
    notebook.release("end")
    notebook.wait_idle()
    for index in (0, 3):
        lanes(notebook).nth(index).press("c")
    part(notebook, "compare").click()
    notebook.wait_idle()

    assert notebook.source(3) == "%qwq_inspect 3.1 3.4"


def test_a_value_filters_the_lanes_that_have_it(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = running(lab, open_notebook, EIGHT)
    notebook.release("more")
    notebook.release("end")
    expect(lanes(notebook)).to_have_count(8)
    expect(part(notebook, "lanes-title").first).to_have_text("9.9")

    part(notebook, "batch-group").nth(1).click()
    expect(lanes(notebook)).to_have_count(1)
    expect(part(notebook, "lanes-heading")).to_have_text("Samples with 9.11")
    expect(part(notebook, "batch-group").nth(1)).to_have_attribute("aria-pressed", "true")
    notebook.output(2).get_by_role("button", name="Show all").click()
    expect(lanes(notebook)).to_have_count(8)
    notebook.output(2).get_by_role("button", name="failed").click()
    expect(lanes(notebook)).to_have_count(1)
    expect(lanes(notebook)).to_contain_text("allows no more requests")


def test_stop_reaches_the_kernel_while_the_cell_runs(lab: Lab, open_notebook: OpenNotebook) -> None:
    cell = EIGHT.replace('steps.wait(panel, "more")', "pump(panel, lambda: stops)")
    notebook = running(lab, open_notebook, cell)
    notebook.output(2).get_by_role("button", name="Stop all samples").click()
    expect(part(notebook, "state").first).to_have_text("Stopping…")
    notebook.release("end")

    expect(part(notebook, "state").first).to_have_text("Stopped")
    assert errors(notebook) == []


def test_a_large_batch_shows_those_that_stream_and_none_of_them_moves(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = running(lab, open_notebook, MANY)
    names = part(notebook, "lane-name")
    first = [str(n) for n in range(24)]
    expect(names).to_have_text(first)

    notebook.release("first")
    expect(part(notebook, "batch-ended")).to_have_text("11 of 500")
    expect(names).to_have_text(first)
    notebook.release("next")
    # They take the places of lanes that have ended.
    expect(names.nth(0)).to_have_text("40")
    assert names.all_text_contents() == ["40", "41", *first[2:]]
    notebook.output(2).get_by_role("button", name="failed").click()
    expect(names).to_have_text(["10"])
    notebook.output(2).get_by_role("button", name="Show all").click()
    picture(notebook, "many-live")

    notebook.release("end")
    expect(part(notebook, "state").first).to_have_text("Done")
    expect(names).to_have_text([str(n) for n in range(24)])
    part(notebook, "lanes-more").click()
    expect(names).to_have_count(124)
    picture(notebook, "many-final")
    assert errors(notebook) == []


def test_only_milestones_are_announced(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = running(lab, open_notebook, MANY)
    notebook.page.evaluate(
        "(window.__heard = [], new MutationObserver(() => window.__heard.push("
        "document.querySelector('.qwq-announcer').textContent))"
        ".observe(document.querySelector('.qwq-announcer') ?? document.body,"
        " { childList: true, subtree: true, characterData: true }), null)"
    )
    for step in ("first", "next", "end"):
        notebook.release(step)
    expect(part(notebook, "state").first).to_have_text("Done")

    heard = list(dict.fromkeys(notebook.page.evaluate("window.__heard")))
    assert heard[-1] == "Done: 499 of 500, 1 failed"
    assert len(heard) <= 4


@pytest.mark.parametrize("width", [360, 560, 1100])
def test_nothing_is_cut_off_at_any_width(lab: Lab, open_notebook: OpenNotebook, width: int) -> None:
    notebook = running(lab, open_notebook, EIGHT)
    notebook.release("more")
    notebook.release("end")
    expect(part(notebook, "lanes-title")).to_have_count(4)
    notebook.is_worn = True
    part(notebook, "batch").evaluate(f"(node) => (node.style.width = '{width}px')")

    overflowing = part(notebook, "batch").evaluate(
        "(root) => [root, ...root.querySelectorAll('.qwq-lane, .qwq-status-row, .qwq-batch-group')]"
        ".filter((node) => node.scrollWidth > node.clientWidth + 1).map((node) => node.className)"
    )
    assert overflowing == []
    assert lanes(notebook).first.locator(".qwq-lane-line").bounding_box()["width"] > 90  # type: ignore[index]  # it is visible


def test_one_quiet_pulse_and_none_with_reduced_motion(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    moving = (
        "document.getAnimations().filter((one) => one.effect.target.closest('.qwq-batch')).length"
    )
    notebook = running(lab, open_notebook, EIGHT)
    assert notebook.page.evaluate(moving) == 1

    notebook.is_worn = True
    notebook.page.emulate_media(reduced_motion="reduce")
    assert notebook.page.evaluate(moving) == 0
    notebook.release("more")
    notebook.release("end")
    notebook.wait_idle()


@pytest.mark.smoke
def test_samples_of_the_demo_are_lanes_and_a_vote(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        lab, "%load_ext qwq_magic", "%%qwq -n 3 --server demo\nWhich is larger, 9.11 or 9.9?"
    )
    notebook.set_up(1)
    notebook.run(2)
    expect(lanes(notebook)).to_have_count(3)
    notebook.wait_idle()

    expect(part(notebook, "batch-ended")).to_have_text("3 of 3")
    expect(part(notebook, "batch-value").first).to_have_text("9.9")
    lanes(notebook).nth(0).click()
    expect(part(notebook, "lane-opened").locator(".qwq-answer-text")).to_contain_text("9.9")
    for index in (0, 1):
        lanes(notebook).nth(index).press("c")
    part(notebook, "compare").click()
    expect(notebook.output(3).locator(".qwq-comparison")).to_be_visible()


def test_a_table_is_asked_row_by_row_from_a_cell(lab: Lab, open_notebook: OpenNotebook) -> None:
    set_up = (
        "%load_ext qwq_magic\n"
        'rows = [{"a": "9.11", "b": "9.9"}, {"a": "9.11", "b": "9.9"}, {"a": "1", "b": "2"}]'
    )
    cell = "%%qwq --over rows -o replies --server demo\nWhich is larger, {{ a }} or {{ b }}?"
    notebook = open_notebook(lab, set_up, cell, "print([turn.state for turn in replies])")
    notebook.set_up(1)
    notebook.run(2)
    notebook.wait_idle()

    expect(lanes(notebook)).to_have_count(3)
    picture(notebook, "table")
    notebook.run(3)
    # The demo has no recording for the last one.
    expect(notebook.output(3)).to_have_text("['complete', 'complete', 'error']")
    lanes(notebook).nth(2).click()
    expect(part(notebook, "lane-opened")).to_contain_text("recording")
    lanes(notebook).nth(1).click()
    expect(part(notebook, "lane-opened").locator(".qwq-answer-text")).to_contain_text("9.9")
    assert errors(notebook) == []
