"""Recomputed sums in a real JupyterLab: ✓ and ✗ beside the steps and beside the reasoning."""

from __future__ import annotations

import re

from browser.conftest import OpenSaved
from browser.inspected_turns import saved
from browser.lab import Lab
from playwright.sync_api import expect

from qwq_magic.turns import Turn

REASONING = (
    "Let me see what is given here, and how large the hall is.\n\n"
    "The first row has 17 × 24 = 418 seats, so that is the largest of them.\n\n"
    "Then 12 + 30 = 42, and 42 * 2 = 84 for both of the sides.\n\n"
    "The formula is $\\frac{1}{2} + \\frac{1}{3} = \\frac{5}{6}$ of the hall, as before.\n\n"
    "The number of doors is x = 3 = y, and about 10 of them are open."
)
SUMS = Turn(id="sums", prompt="How many?", reasoning=REASONING, answer="**84**", complete=True)
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
