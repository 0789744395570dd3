"""The panes as their readers set them up: right to left, in few colours, without motion."""

from __future__ import annotations

from browser.cell_code import bundle
from browser.conftest import OpenNotebook, OpenSaved
from browser.lab import Lab, Notebook
from playwright.sync_api import expect

REASONING = "השאלה: `max(9.9, 9.11)`.\nLet me check.\n"
ANSWER = """$9.9$ הוא `max(9.9, 9.11)` (גדול).

1. ראשון
   - `code` תחילה
2. English item.

> ציטוט

| שם | ערך |
|---|--:|
| `b` | 9.11 |

English with `code()`.

```python
print("שלום")
```
"""
DIRECTIONS = """(root, selector) => [...root.querySelectorAll(selector)]
  .map((node) => getComputedStyle(node).direction)"""
MOVING = "document.getAnimations().filter((one) => one.effect.target.closest('.qwq-part')).length"


def directions(notebook: Notebook, selector: str) -> list[str]:
    output = notebook.output(0)
    found: list[str] = output.evaluate(DIRECTIONS, selector)
    return found


def test_text_runs_in_its_own_direction_and_code_and_math_in_theirs(
    lab: Lab, open_saved: OpenSaved
) -> None:
    notebook = open_saved(lab, bundle("x", REASONING, ANSWER))
    expect(notebook.output(0).locator(".qwq-answer-text pre span[class]").first).to_be_visible()

    rtl, ltr = ["rtl"], ["ltr"]
    assert directions(notebook, ".qwq-reasoning-text .qwq-text-block") == rtl
    assert directions(notebook, ".qwq-section p") == rtl
    assert directions(notebook, ".qwq-section code") == ltr
    assert directions(notebook, ".qwq-answer-text :is(ol, ul, blockquote, table)") == rtl * 4
    assert directions(notebook, ".qwq-answer-text :is(.qwq-math, code, pre)") == ltr * 7
    assert directions(notebook, ".qwq-answer-text .qwq-block > p") == rtl + ltr
    # Markers are inside the output, and the first column at the left edge.
    boxes = [cell.bounding_box() for cell in notebook.output(0).locator("th").all()]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["x"] > boxes[1]["x"]
    assert notebook.output(0).locator(".qwq-turn").evaluate("e => e.scrollWidth <= e.clientWidth")


def test_nothing_moves_with_reduced_motion(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        lab,
        "panel = new_panel()\nstream(panel, reasoning('Hm.'))\nsteps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle(panel.status.turn_id, 'Hm.', 'Yes.'))",
    )
    notebook.run(1)
    expect(notebook.output(1).locator(".qwq-state")).to_have_text("Thinking…")
    moving = notebook.page.evaluate(MOVING)

    notebook.is_worn = True
    notebook.page.emulate_media(reduced_motion="reduce")
    notebook.output(1).locator(".qwq-toggle").click()

    expect(notebook.output(1).locator(".qwq-reasoning-body")).to_be_hidden()
    assert moving == 1
    assert notebook.page.evaluate(MOVING) == 0
    notebook.release("end")
    notebook.wait_idle()


def test_forced_colours_keep_state_buttons_and_focus_visible(
    lab: Lab, open_saved: OpenSaved
) -> None:
    notebook = open_saved(lab, bundle("x", "Hm.", "Yes."))
    output = notebook.output(0)
    notebook.is_worn = True
    notebook.page.emulate_media(forced_colors="active")

    notebook.page.keyboard.press("Escape")
    output.locator(".qwq-raw").focus()
    notebook.page.keyboard.press("Tab")

    inspect = output.get_by_label("Inspect the reasoning")
    expect(inspect).to_be_focused()
    expect(inspect).to_have_css("outline-style", "solid")
    expect(inspect).to_have_css("border-style", "solid")
    text = output.locator(".qwq-state").evaluate("e => getComputedStyle(e).color")
    dot = output.locator(".qwq-state").evaluate(
        "e => getComputedStyle(e, '::before').backgroundColor"
    )
    button, canvas = inspect.evaluate(
        "e => [getComputedStyle(e).borderTopColor, getComputedStyle(document.body).backgroundColor]"
    )
    assert dot == text
    assert canvas not in (dot, button)


def test_the_keyboard_reaches_everything_in_the_order_it_is_read(
    lab: Lab, open_saved: OpenSaved
) -> None:
    answer = "See [this](https://example.org).\n\n```python\nx\n```\n\n| a |\n|---|\n| 1 |\n"
    notebook = open_saved(lab, bundle("x", "Hm.", answer))
    output = notebook.output(0)
    expect(output.locator("table")).to_be_visible()

    output.locator(".qwq-toggle").focus()
    reached = []
    for _ in range(9):
        notebook.page.keyboard.press("Tab")
        reached.append(
            notebook.page.evaluate(
                "[document.activeElement].map((e) => e.ariaLabel ?? e.textContent)[0]"
            )
        )

    assert reached == [
        "Raw text",
        "Inspect the reasoning",
        "Copy reasoning",
        "Reasoning text",
        "this",
        "Copy code",
        "Code",
        "Table",
        "Copy answer",
    ]
    regions = output.get_by_role("region")
    assert [regions.nth(n).get_attribute("aria-label") for n in range(2)] == ["Reasoning", "Answer"]
    expect(output.get_by_role("group", name="Status")).to_contain_text("Done")
