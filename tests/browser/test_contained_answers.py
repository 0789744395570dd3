"""An answer is drawn within its pane and never changes what surrounds the pane."""

from __future__ import annotations

from typing import Any

import pytest
from browser.cell_code import bundle
from browser.conftest import OpenSaved
from browser.lab import Lab, Notebook
from playwright.sync_api import Locator, expect

SURROUNDINGS = ["status-row", "reasoning", "footer"]
# No formula can do this any more; it represents unknown future payloads.
STRAY = """(answer) => {
  const stray = document.createElement("div");
  stray.style.cssText = "position: absolute; inset: -900px; background: red; z-index: 9";
  const anchor = document.createElement("div");
  anchor.style.cssText = "position: relative; height: 20px; margin: -300px 0 0 -300px";
  anchor.append(stray);
  answer.append(anchor);
}"""


# Which of our own places can be seen at a point of theirs: what covers them is found instead.
COVERED = """(turn, parts) => parts.flatMap((part) => {
  const place = turn.querySelector(`.qwq-${part}`);
  const { left, top, width, height } = place.getBoundingClientRect();
  const covers = new Set();
  for (let x = 1; x < width; x += 7) for (let y = 1; y < height; y += 5) {
    const found = document.elementFromPoint(left + x, top + y);
    if (!place.contains(found)) covers.add(`${part} under ${found?.outerHTML.slice(0, 80)}`);
  }
  return [...covers];
})"""


def drawn(notebook: Notebook) -> Locator:
    turn = notebook.output(0).locator(".qwq-turn[data-drawn]")
    expect(turn).to_have_count(1)
    return turn


def test_nothing_in_an_answer_is_drawn_outside_its_pane(lab: Lab, open_saved: OpenSaved) -> None:
    turn = drawn(open_saved(lab, bundle("x", "Thoughts.", "before\n\nafter")))

    turn.locator(".qwq-answer-text").evaluate(STRAY)

    assert turn.evaluate(COVERED, SURROUNDINGS) == []


@pytest.mark.parametrize(
    "answer",
    [
        "$\\smash{\\substack{\\text{Answer verified}" + "\\\\x" * 14 + "}}$\n\nafter",
        "before\n\n$\\smash{\\substack{x" + "\\\\x" * 14 + "}}$",
        "before\n\n$" + "\\!" * 300 + "\\text{Signed out}$\n\nafter",
    ],
    ids=["above", "below", "beside"],
)
def test_a_formula_covers_nothing_of_ours(lab: Lab, open_saved: OpenSaved, answer: str) -> None:
    turn = drawn(open_saved(lab, bundle("x", "Thoughts.", answer)))

    assert turn.evaluate(COVERED, SURROUNDINGS) == []


MEASURE = """(root) => [...root.querySelectorAll(".qwq-math")].map((node) => [
  node.offsetHeight, node.scrollHeight - node.clientHeight, node.scrollWidth - node.clientWidth,
])"""


@pytest.mark.parametrize(("opened", "closed"), [("$$", "$$"), ("a $", "$ b")])
def test_a_tall_formula_scrolls(lab: Lab, open_saved: OpenSaved, opened: str, closed: str) -> None:
    tall = "\\begin{matrix}" + "x\\\\" * 300 + "\\end{matrix}"
    notebook = open_saved(lab, bundle("x", "Thoughts.", f"{opened}{tall}{closed}"))
    drawn(notebook)

    [(height, hidden, _)] = measured(notebook)

    assert 300 < height < 900
    assert hidden > 1000


def test_a_wide_formula_in_a_line_scrolls(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, bundle("x", "Thoughts.", "so $" + "x + " * 300 + "y$ is"))
    drawn(notebook)

    [(_, _, hidden)] = measured(notebook)

    assert hidden > 1000


def test_an_ordinary_formula_does_not_scroll(lab: Lab, open_saved: OpenSaved) -> None:
    answer = (
        "$$\\int_0^1 \\frac{x^2}{y_g}$$\n\n\\[\\begin{aligned}a &= \\sqrt{\\frac{p}{q}}\\\\"
        "g &= \\sum_{i=0}^n j\\end{aligned}\\]\n\n$$\\hat{A}\\quad\\vec{v}_{g_{g}}$$"
    )
    notebook = open_saved(lab, bundle("x", "Thoughts.", answer))
    drawn(notebook)

    assert [formula[1:] for formula in measured(notebook)] == [[0, 0]] * 3
    text = notebook.output(0).locator(".qwq-answer-text")
    assert text.evaluate("(node) => node.scrollWidth - node.clientWidth") == 0


def measured(notebook: Notebook) -> Any:
    return notebook.output(0).locator(".qwq-answer-text").evaluate(MEASURE)
