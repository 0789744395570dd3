"""The final output in notebooks that are opened again, perhaps by another user."""

from __future__ import annotations

from typing import Any

import pytest
from browser.cell_code import bundle
from browser.conftest import OpenNotebook, OpenSaved
from browser.lab import VIEW, Lab, Notebook
from playwright.sync_api import expect

from qwq_magic.display.captions import spoken_seconds

TURN = "application/vnd.qwq.turn.v1+json"


@pytest.mark.smoke
def test_output_is_interactive_after_reload_with_a_dead_kernel(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        either,
        "panel = new_panel()\n"
        "panel.give_way_to(bundle(panel.status.turn_id, 'Reasons.', '**Answer** and `code`.'))",
    )
    notebook.run(1, wait=True)
    notebook.save()
    notebook.shut_kernel_down()

    notebook.reload()
    output = notebook.output(1)

    expect(output.locator(".qwq-answer-text strong")).to_have_text("Answer")
    expect(output.locator(".qwq-reasoning-body")).to_be_visible()
    output.locator(".qwq-toggle").click()
    expect(output.locator(".qwq-reasoning-body")).to_be_hidden()
    output.get_by_label("Copy answer").click()
    expect(output.get_by_label("Copy answer")).to_have_text("Copied")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == "**Answer** and `code`."


@pytest.mark.smoke
def test_untrusted_copy_shows_the_same_view(either: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(either, bundle("x", "Reasons.", "**Answer**, $x^2$."))
    output = notebook.output(0)

    assert notebook.js("nb.widgets[0].model.trusted") is False
    expect(output.locator(".qwq-answer-text strong")).to_have_text("Answer")
    expect(output.locator(".qwq-answer-text mjx-container")).to_have_count(1)
    output.locator(".qwq-toggle").click()
    expect(output.locator(".qwq-reasoning-body")).to_be_hidden()


def test_server_without_the_renderer_shows_the_markdown(
    plain_lab: Lab, open_saved: OpenSaved
) -> None:
    notebook = open_saved(plain_lab, bundle("x", "Reasons.", "**Answer**"))

    expect(notebook.output(0).locator("strong")).to_have_text("Answer")
    expect(notebook.output(0).locator(".qwq-turn")).to_have_count(0)


@pytest.mark.smoke
def test_copying_code_takes_the_code_alone(lab: Lab, open_saved: OpenSaved) -> None:
    code = "def f(a):\n    return a < 1 & True\n"
    notebook = open_saved(lab, bundle("x", "", f"Look:\n\n```python\n{code}```\n"))

    expect(notebook.output(0).locator(".qwq-code span[class]").first).to_be_visible()
    notebook.output(0).get_by_label("Copy code").click()
    expect(notebook.output(0).get_by_label("Copy code")).to_have_text("Copied")

    assert notebook.page.evaluate("navigator.clipboard.readText()").strip() == code.strip()


FORMULAS = "The area is $a^2 + b$ and\n\n$$\\int_0^1 x \\, dx = \\frac{1}{2}$$\n\nas before."


def test_formulas_are_as_large_in_a_reopened_notebook_and_copied_as_their_source(
    lab: Lab, open_saved: OpenSaved
) -> None:
    notebook = open_saved(lab, bundle("formulas", "", FORMULAS))
    answer = notebook.output(0).locator(".qwq-answer-text")
    sizes = (
        "nodes => nodes.map(n => parseFloat(getComputedStyle(n).fontSize)"
        " / parseFloat(getComputedStyle(n.parentElement).fontSize))"
    )

    expect(answer.locator("mjx-container")).to_have_count(2)
    assert answer.locator("mjx-container").evaluate_all(sizes) == pytest.approx([1.21, 1.21])
    notebook.save()
    notebook.reload()
    expect(answer.locator("mjx-container")).to_have_count(2)
    assert answer.locator("mjx-container").evaluate_all(sizes) == pytest.approx([1.21, 1.21])
    answer.evaluate("node => getSelection().selectAllChildren(node)")
    notebook.page.keyboard.press("Control+c")
    copied = notebook.page.evaluate("navigator.clipboard.readText()")
    assert "The area is $a^2 + b$ and" in copied
    assert "$$\\int_0^1 x \\, dx = \\frac{1}{2}$$" in copied


HOSTILE_DATA: list[Any] = [
    None,
    [],
    "text",
    3,
    {},
    {"schema": 99, "id": {"a": 1}, "reasoning": ["x"], "answer": 5, "usage": "many"},
    {"answer": "still shown", "timing": {"total_s": "1e999"}, "notices": "no list", "view": 7},
    {"answer": "still shown", "usage": {"output_tokens": -1}, "error": [1], "number": {}},
    {
        "answer": "still shown",
        "model": "<b>x</b>" * 9999,
        "state": "<img src=x>",
        "id": "__proto__",
    },
    {
        "answer": "still shown",
        "view": {"show": "__proto__", "start": None},
        "notices": [{}, "a"] * 999,
    },
]


@pytest.mark.smoke
def test_data_of_any_shape_is_survived(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, *({TURN: data, "text/plain": "?"} for data in HOSTILE_DATA))

    for index, data in enumerate(HOSTILE_DATA):
        output = notebook.output(index)
        output.scroll_into_view_if_needed()
        expect(output.locator(".qwq-turn")).to_have_count(1)
        if isinstance(data, dict) and data.get("answer") == "still shown":
            expect(output.locator(".qwq-answer-text")).to_have_text("still shown")
    assert not [line for line in notebook.console if line.startswith("pageerror")]


def test_saved_turn_of_120000_characters_is_drawn_whole(lab: Lab, open_saved: OpenSaved) -> None:
    paragraph = "Consider *this* and `that`, since a < b for all of them.\n\n"
    text = paragraph * (60_000 // len(paragraph))
    thought = "Let me think about it once more, from the beginning.\n" * 1200
    notebook = open_saved(lab, bundle("long", thought, text))
    output = notebook.output(0)

    expect(output.locator(".qwq-turn[data-drawn]")).to_be_visible()

    assert output.locator(".qwq-reasoning-text").evaluate("node => node.textContent") == thought
    assert output.locator(".qwq-answer-text em").count() == len(text) // len(paragraph)


def test_seconds_read_alike_in_a_terminal_and_on_the_page(lab: Lab, empty_page: Notebook) -> None:
    values = [0, 0.04, 12.34, 59.94, 59.949, 59.96, 59.97, 60, 60.6, 119.4, 119.6, 3601.2]

    shown = empty_page.js(
        "import(arg.url).then(({ seconds }) => arg.values.map(seconds))",
        {"url": f"{lab.url}{VIEW}turn_captions.js", "values": values},
    )

    assert shown == [spoken_seconds(value) for value in values]
