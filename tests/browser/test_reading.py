"""A finished reasoning is drawn for reading where it is in view, and given text is marked."""

from __future__ import annotations

from typing import Any

from browser.cell_code import bundle
from browser.conftest import OpenNotebook, OpenSaved
from browser.inspected_turns import TURN_MIME
from browser.lab import VIEW, Lab, Notebook
from playwright.sync_api import Locator, expect

from qwq_magic.display.saved.bundle import final_bundle
from qwq_magic.turns import Turn
from qwq_magic.turns.prefix import Prefix

PARAGRAPH = (
    "Since $\\frac{a}{b} > 1$, **paragraph {}** needs `code`, and so\non the next line. " * 5
)
LONG = "\n\n".join(PARAGRAPH.replace("{}", str(number), 1) for number in range(300))
THOUGHT = (
    "Let $x = 2$ be *given*.\n\n```python\nprint(x)\n```\n\n"
    "| a | b |\n|--|--|\n| 1 | 2 |\n\nWait, the table is right."
)


def part(notebook: Notebook, name: str, cell: int = 0) -> Locator:
    return notebook.output(cell).locator(f".qwq-{name}")


def test_formulas_code_and_tables_of_a_finished_reasoning_are_drawn(
    either: Lab, open_saved: OpenSaved
) -> None:
    notebook = open_saved(either, bundle("drawn", THOUGHT, "Yes."))
    drawn = part(notebook, "reasoning-drawn")

    expect(drawn.locator("mjx-container")).to_have_count(1)
    expect(drawn.locator("pre span[class]").first).to_be_visible()
    expect(drawn.locator("td")).to_have_count(2)
    expect(drawn.locator("em")).to_have_text("given")
    expect(part(notebook, "reasoning-text")).to_be_hidden()
    mono = drawn.locator("pre").evaluate("node => getComputedStyle(node).fontFamily")
    assert "monospace" in mono
    part(notebook, "reasoning").get_by_label("Copy reasoning").click()
    expect(notebook.page.locator(".qwq-announcer")).to_have_text("Copied")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == THOUGHT


def test_only_what_is_in_view_is_drawn_and_all_of_it_can_be_read(
    lab: Lab, open_saved: OpenSaved
) -> None:
    notebook = open_saved(lab, bundle("lazy", LONG, "Yes."))
    sections, body = part(notebook, "section"), part(notebook, "reasoning-body")
    drawn = part(notebook, "section-text")

    expect(sections.first.locator("mjx-container").first).to_be_visible()
    expect(part(notebook, "drawing")).to_have_count(0)
    assert len(LONG) > 120_000
    assert sections.count() > 100
    assert drawn.count() < 10
    first = sections.first.evaluate("node => node.querySelector('.qwq-block').textContent")
    assert "paragraph 0" in first
    assert sections.nth(120).evaluate("node => node.textContent") in LONG
    before = drawn.count()
    body.evaluate("body => { body.scrollTop = body.scrollHeight / 2; }")
    expect(drawn.nth(before)).to_be_attached()
    expect(part(notebook, "drawing")).to_have_count(0)
    assert drawn.count() < 25


def test_what_is_read_stays_in_place_while_what_is_above_is_drawn(
    lab: Lab, open_saved: OpenSaved
) -> None:
    notebook = open_saved(lab, bundle("above", LONG, "Yes."))
    sections, body = part(notebook, "section"), part(notebook, "reasoning-body")
    expect(sections.first.locator("mjx-container").first).to_be_visible()

    body.evaluate("body => { body.scrollTop = body.scrollHeight / 2; }")
    notebook.page.wait_for_function(
        "body => [...body.querySelectorAll('.qwq-section')].filter((node) =>"
        " Math.abs(node.getBoundingClientRect().top - body.getBoundingClientRect().top) < 300)"
        ".every((node) => node.querySelector('.qwq-section > .qwq-section-text'))",
        arg=body.element_handle(),
    )
    expect(part(notebook, "drawing")).to_have_count(0)
    top = "body => [...body.querySelectorAll('.qwq-section')].find((node) => \
        node.getBoundingClientRect().bottom > body.getBoundingClientRect().top + 1)\
        .textContent.match(/paragraph (\\d+)/)[1]"
    read = int(body.evaluate(top))
    part(notebook, "raw").click()
    expect(part(notebook, "reasoning-text")).to_be_visible()
    part(notebook, "raw").click()
    expect(part(notebook, "reasoning-text")).to_be_hidden()

    assert abs(int(body.evaluate(top)) - read) <= 1
    assert 100 < read < 200


def test_the_switch_shows_the_text_as_received_and_is_kept(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, bundle("switched", THOUGHT, "Yes."))
    switch, plain = part(notebook, "reasoning").get_by_label("Raw text"), "reasoning-text"
    expect(switch).to_have_attribute("aria-pressed", "false")

    switch.press("Enter")

    expect(switch).to_have_attribute("aria-pressed", "true")
    expect(part(notebook, plain)).to_be_visible()
    expect(part(notebook, plain)).to_have_text(THOUGHT)
    expect(part(notebook, "reasoning-drawn")).to_be_hidden()
    part(notebook, "toggle").click()
    expect(switch).to_be_hidden()
    part(notebook, "toggle").click()
    expect(part(notebook, plain)).to_be_visible()
    notebook.output(0).get_by_label("Inspect the reasoning").click()
    inspector = part(notebook, "inspector")
    expect(inspector.get_by_label("Raw text")).to_have_attribute("aria-pressed", "true")
    expect(inspector.locator(".qwq-step-plain").first).to_have_text("Let $x = 2$ be *given*.")
    inspector.get_by_label("Raw text").click()
    expect(inspector.locator(".qwq-step mjx-container")).to_have_count(1)
    inspector.get_by_label("Close the inspector").click()
    expect(part(notebook, plain)).to_be_hidden()


def test_steps_are_drawn_and_what_is_found_in_them_is_marked(
    lab: Lab, open_saved: OpenSaved
) -> None:
    turn = Turn(id="steps", prompt="", reasoning=THOUGHT, answer="Yes.", complete=True)
    notebook = open_saved(lab, final_bundle(turn, place=None))
    notebook.output(0).get_by_label("Inspect the reasoning").click()
    inspector = part(notebook, "inspector")

    expect(inspector.locator(".qwq-step mjx-container")).to_have_count(1)
    expect(inspector.locator(".qwq-step em")).to_have_text("given")
    expect(inspector.locator(".qwq-step td")).to_have_count(2)
    expect(inspector.locator(".qwq-cue").last).to_have_text("Wait")
    inspector.get_by_label("Search the reasoning").fill("given")
    expect(inspector.locator(".qwq-found")).to_have_text("given")
    expect(inspector.locator(".qwq-step td")).to_have_count(2)


MOUNT = """import(arg.url).then(({ mountTurn }) => {
  const place = document.createElement("div");
  panel.node.append(place);
  const { dispose } = mountTurn(place, arg.turn, arg.isBroken ? { markdownParser: {
    render: () => { throw new Error("broken"); } } } : {});
  return new Promise((resolve) => setTimeout(() => {
    const shown = [...place.querySelectorAll(".qwq-reasoning-body *")].filter(
      (node) => !node.children.length && node.checkVisibility());
    resolve([shown.map((node) => node.textContent).join("\\n").trim(),
             place.querySelector(".qwq-raw").hidden]);
    dispose();
    place.remove();
  }, 300));
})"""


def test_without_a_parser_or_with_a_broken_one_the_text_stays_plain(
    lab: Lab, empty_page: Notebook
) -> None:
    turn = bundle("plain", "**Stars** stay.", "Yes.")[TURN_MIME]
    argument: dict[str, Any] = {"url": f"{lab.url}{VIEW}turn_view.js", "turn": turn}

    assert empty_page.js(MOUNT, argument) == ["**Stars** stay.", True]
    assert empty_page.js(MOUNT, {**argument, "isBroken": True})[0] == "**Stars** stay."


def test_the_text_that_was_watched_stays_until_the_reader_scrolls(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    thought = "'\\n\\n'.join(f'**Line {i}**' for i in range(80))"
    notebook = open_notebook(
        lab,
        f"panel = new_panel()\nthought = {thought}\n"
        "stream(panel, reasoning(thought, 200))\nstream(panel, answer('Yes.'))\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle(panel.status.turn_id, thought, 'Yes.'))",
    )
    notebook.run(1)
    expect(part(notebook, "reasoning-text", 1)).to_contain_text("**Line 79**")
    expect(part(notebook, "raw", 1)).to_be_hidden()
    notebook.release("end")
    expect(part(notebook, "state", 1)).to_have_text("Done")
    expect(part(notebook, "raw", 1)).to_have_attribute("aria-pressed", "true")
    expect(part(notebook, "reasoning-text", 1)).to_be_visible()

    part(notebook, "reasoning-body", 1).hover()
    notebook.page.mouse.wheel(0, -200)

    expect(part(notebook, "reasoning-text", 1)).to_be_hidden()
    expect(part(notebook, "raw", 1)).to_have_attribute("aria-pressed", "false")
    expect(part(notebook, "section", 1).locator("strong").last).to_be_visible()


def test_an_answer_folds_the_reasoning_which_is_drawn_when_it_is_opened(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        lab,
        "panel = new_panel(start='auto')\nstream(panel, reasoning('**Hm.**'))\n"
        "stream(panel, answer('Yes.'))\nsteps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle(panel.status.turn_id, '**Hm.**', 'Yes.', view={}))",
    )
    notebook.run(1)
    expect(part(notebook, "answer-text", 1)).to_have_text("Yes.")
    expect(part(notebook, "reasoning-body", 1)).to_be_hidden()
    notebook.release("end")
    expect(part(notebook, "state", 1)).to_have_text("Done")
    expect(part(notebook, "section", 1)).to_have_count(0)

    part(notebook, "toggle", 1).click()

    expect(part(notebook, "section", 1).locator("strong")).to_have_text("Hm.")


def test_a_pane_keeps_the_height_that_the_reader_gave_it(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        lab,
        "panel = new_panel()\nthought = 'A line.\\n' * 200\n"
        "stream(panel, reasoning(thought, 300))\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle(panel.status.turn_id, thought, 'Yes.'))",
    )
    notebook.run(1)
    body = part(notebook, "reasoning-body", 1)
    expect(body).to_contain_text("A line.")
    box = body.bounding_box()
    assert box
    corner = (box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    notebook.page.mouse.move(*corner)
    notebook.page.mouse.down()
    for step in range(1, 5):
        notebook.page.mouse.move(corner[0], corner[1] + 30 * step)
    notebook.page.mouse.up()
    resized = body.evaluate("body => body.offsetHeight")
    notebook.release("end")
    expect(part(notebook, "state", 1)).to_have_text("Done")

    assert resized > box["height"] + 60
    assert body.evaluate("body => body.offsetHeight") == resized


GIVEN_TURN = Turn(
    id="given-turn",
    prompt="",
    reasoning="Given *words*, and\n\nmore of them. Then the model's own words.",
    answer="It begins here and ends there.",
    complete=True,
    prefix=Prefix("Given *words*, and\n\nmore of them.", answer="It begins"),
)
LABEL = "node => getComputedStyle(node, '::before').content"


def test_given_text_is_marked_drawn_raw_and_in_steps(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, final_bundle(GIVEN_TURN, place=None, start="open"))
    reasoning, answer = part(notebook, "reasoning"), part(notebook, "answer")

    marked = reasoning.get_by_role("group", name="Given text", exact=True)
    expect(marked).to_have_text("Given words, and")
    assert marked.evaluate(LABEL) == '"given"'
    expect(marked).to_have_css("border-inline-start-style", "solid")
    ends = reasoning.get_by_role("group", name="Given text ends here")
    expect(ends).to_have_text("more of them. Then the model's own words.")
    expect(ends).to_have_css("border-inline-start-style", "dotted")
    expect(answer.get_by_role("group", name="Given text ends here")).to_contain_text("It begins")
    reasoning.get_by_label("Raw text").click()
    expect(marked).to_have_text("Given *words*, and\n\nmore of them.")
    notebook.output(0).get_by_label("Inspect the reasoning").click()
    steps = part(notebook, "inspector").get_by_role("group", name="Given text", exact=True)
    expect(steps).to_have_text(["Given *words*, and", "more of them."])


def test_given_text_is_marked_while_the_rest_streams(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        lab,
        "panel = LivePanel('given-live', model='m', server='s', conversation='main', actions={},\n"
        "                  start='open')\n"
        "panel.reasoning.given, panel.answer.given = 14, 5\n"
        "panel.open()\n"
        "stream(panel, reasoning('The given part', 5))\n"
        "stream(panel, reasoning(' and the rest.', 5))\n"
        "stream(panel, answer('Yes.\\n\\nIt is so.\\n', 2))\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle('given-live', 'The given part and the rest.', "
        "'Yes.\\n\\nIt is so.\\n', given=[14, 5]))",
    )
    notebook.run(1)
    reasoning, answer = part(notebook, "reasoning", 1), part(notebook, "answer", 1)

    for release in (True, False):
        expect(answer).to_contain_text("It is so.")
        expect(reasoning.get_by_role("group", name="Given text", exact=True)).to_have_text(
            "The given part"
        )
        expect(answer.get_by_role("group", name="Given text", exact=True)).to_have_text("Yes.")
        if release:
            notebook.release("end")
            expect(part(notebook, "state", 1)).to_have_text("Done")
