"""An opened inspector or comparison of hostile turns holds what that of any turn holds."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from browser.hostile_notebooks import bundles, in_view, output_count, write_saved
from browser.inert_dom import foreign_to_ours, shape_of
from browser.inspected_turns import CODED, COMPARED, DEMO, LOOPING, saved
from browser.lab import Lab, Notebook
from browser.payload_cells import turn_of
from browser.watch import Watch
from hostile.corpus import STREAMED
from playwright.sync_api import BrowserContext, Locator, expect

from qwq_magic.display.saved.comparison import comparison_bundle

VIEWS = ".qwq-inspector"
OPEN_ALL = """(output) => {
  const buttons = output.querySelectorAll("[aria-label='Inspect the reasoning']");
  buttons.forEach((button) => button.click());
}"""


def opened(notebook: Notebook, cell: int) -> Locator:
    """The cell's output, with every inspector in it open."""
    output = in_view(notebook, cell)
    count = output_count(notebook, cell)
    drawn = output.locator(".qwq-turn[data-drawn], .qwq-comparison")
    expect(drawn).to_have_count(count)
    output.evaluate(OPEN_ALL)
    expect(output.locator(VIEWS)).to_have_count(count)
    return output


def sweep_rows(output: Locator, watch: Watch) -> None:
    """Point at and click every step, which chooses it and opens its detail."""
    for rows in output.locator(".qwq-rows").all():
        assert watch.sweep(rows) > 0


def test_payloads_add_nothing_to_inspectors_and_comparisons(
    lab: Lab, browser: BrowserContext, watch: Watch
) -> None:
    write_saved(
        lab.root / "ordinary.ipynb",
        [saved(DEMO), saved(LOOPING), saved(CODED, number=1, attempt=1), COMPARED],
    )
    ordinary = Notebook.open(browser, lab, "ordinary.ipynb")
    output = opened(ordinary, 0)
    known = shape_of(output, VIEWS)
    # The sweep may end with the chosen step in sight or in a folded episode.
    output.locator(".qwq-step .qwq-step-text").first.click()
    expect(output.locator(".qwq-step[aria-current]")).to_have_count(1)
    known |= shape_of(output, VIEWS)
    sweep_rows(output, watch)
    known |= shape_of(output, VIEWS)
    ordinary.close()
    hostile = [*bundles(STREAMED), *comparisons()]
    cells = write_saved(lab.root / "inspected.ipynb", hostile)
    notebook = Notebook.open(browser, lab, "inspected.ipynb")
    watch.attend(notebook.page)

    for cell in range(cells):
        output = opened(notebook, cell)
        assert shape_of(output, VIEWS) - known == set()
        expect(output.locator(".qwq-drawing")).to_have_count(0)
        assert foreign_to_ours(output, ".qwq-inspector-beside") == []
        assert foreign_to_ours(output, ".qwq-step-text") == []
        sweep_rows(output, watch)
        assert shape_of(output, VIEWS) - known == set()
        assert watch.noise(notebook.page) == []
    notebook.close()


def comparisons() -> list[dict[str, Any]]:
    """Payloads side by side, of each kind in a list of the corpus."""
    turns = [turn_of(payload.number, payload.text) for payload in STREAMED[::3]]
    return [comparison_bundle(one.compare(other)) for one, other in pairwise(turns)]
