"""Recomputed sums in a real JupyterLab: ✓ and ✗ beside the steps and beside the reasoning."""

from __future__ import annotations

import re

from browser.conftest import OpenNotebook, OpenSaved
from browser.inspected_turns import SUMS, saved
from browser.lab import Lab
from playwright.sync_api import expect

from qwq_magic.turns import Turn

NONE = Turn(
    id="none", prompt="Why?", reasoning="Let me see. That is all.", answer="So.", complete=True
)


def test_a_step_shows_a_tick_or_a_cross_with_the_value(lab: Lab, open_saved: OpenSaved) -> None:
    output = open_saved(lab, saved(SUMS)).output(0)
    output.get_by_label("Inspect the reasoning").click()
    inspector = output.get_by_role("region", name="Reasoning inspector")
    steps = inspector.locator(".qwq-step")
    expect(steps).to_have_count(len(SUMS.steps))
    marks = [steps.nth(index).locator(".qwq-sum").all_text_contents() for index in range(5)]

    assert marks == [[], ["✗"], ["✓"], ["✓"], []]
    wrong = steps.nth(1)
    expect(wrong.locator(".qwq-sum")).to_have_attribute("title", "17 × 24 is 408, not 418")
    expect(wrong.get_by_role("button").first).to_have_attribute(
        "aria-label", re.compile("1 sum recomputed, 1 wrong: 17 × 24 is 408, not 418$")
    )
    expect(steps.nth(2).locator(".qwq-sum")).to_have_attribute(
        "title", "12 + 30 = 42 ✓ recomputed\n42 * 2 = 84 ✓ recomputed"
    )
    expect(inspector.locator(".qwq-metrics")).to_contain_text("1 of 4 wrong")
    wrong.get_by_role("button").first.click()
    expect(wrong.get_by_label("Recomputed sums")).to_have_text("✗ 17 × 24 is 408, not 418")


def test_the_drawn_reasoning_has_marks_in_its_margin(lab: Lab, open_saved: OpenSaved) -> None:
    body = open_saved(lab, saved(SUMS)).output(0).locator(".qwq-reasoning-body")

    expect(body.get_by_role("img", name=re.compile("17 × 24 is 408, not 418"))).to_have_text("✗")
    expect(body.locator(".qwq-sum")).to_have_text(["✗", "✓", "✓"])
    line = body.locator(".qwq-reasoning-drawn p").nth(1).bounding_box()
    cross = body.locator(".qwq-sum-wrong").bounding_box()
    assert line is not None
    assert cross is not None
    assert abs(line["y"] - cross["y"]) < 20
    assert cross["x"] + cross["width"] <= line["x"] + 2


def test_a_reasoning_without_sums_shows_nothing(lab: Lab, open_saved: OpenSaved) -> None:
    output = open_saved(lab, saved(NONE)).output(0)
    output.get_by_label("Inspect the reasoning").click()
    inspector = output.get_by_role("region", name="Reasoning inspector")
    expect(inspector.locator(".qwq-step").first).to_be_visible()

    expect(output.locator(".qwq-sum")).to_have_count(0)
    expect(inspector.locator(".qwq-metrics")).not_to_contain_text("sums")


def test_the_inspector_marks_a_sum_while_the_reasoning_streams(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        lab,
        "from inspected_turns import SUMS, saved\n"
        "panel = new_panel(turn_id=SUMS.id)\n"
        "stream(panel, reasoning(SUMS.reasoning[:240], 20), 0.05)\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(saved(SUMS))",
    )
    notebook.run(1)
    output = notebook.output(1)
    output.get_by_label("Inspect the reasoning").click()
    inspector = output.get_by_role("region", name="Reasoning inspector")

    expect(inspector.locator(".qwq-sum")).to_have_text(["✗", "✓"])
    expect(inspector.locator(".qwq-sum-wrong")).to_have_attribute(
        "title", "17 × 24 is 408, not 418"
    )
    expect(inspector.locator(".qwq-step-tail")).to_be_visible()
    # The plain text that streams has no marks.
    expect(output.locator(".qwq-reasoning-text .qwq-sum")).to_have_count(0)
    notebook.release("end")
    expect(inspector.locator(".qwq-sum")).to_have_text(["✗", "✓", "✓"])
