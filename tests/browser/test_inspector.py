"""The inspector in a real JupyterLab and Notebook 7, on saved turns and on one that streams."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from browser.conftest import OpenNotebook, OpenSaved
from browser.inspected_turns import CHANGED, COMPARED, DEMO, LONG, LOOPING, TURN_MIME, saved
from browser.lab import Lab, Notebook
from playwright.sync_api import Locator, expect

from qwq_magic.display.saved.bundle import inspector_bundle
from qwq_magic.display.saved.comparison import comparison_bundle
from qwq_magic.reasoning import StepReader


def opened(notebook: Notebook, cell: int = 0) -> Locator:
    """Press Inspect in a cell's output."""
    output = notebook.output(cell)
    output.get_by_label("Inspect the reasoning").click()
    inspector = output.get_by_role("region", name="Reasoning inspector")
    expect(inspector).to_be_visible()
    return inspector


def press(notebook: Notebook, keys: str) -> None:
    for key in keys:
        notebook.page.keyboard.press(key)


def chosen(inspector: Locator) -> Locator:
    return inspector.locator(".qwq-step[aria-current]")


def step_number(inspector: Locator) -> int:
    label = chosen(inspector).locator("button").first.get_attribute("aria-label") or ""
    found = re.match(r"Step (\d+), ", label)
    assert found is not None, label
    return int(found[1])


@pytest.mark.smoke
def test_it_opens_live_saved_and_reopened_without_a_kernel(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        either,
        "from inspected_turns import DEMO, saved\n"
        "panel = new_panel(turn_id=DEMO.id)\n"
        "panel.give_way_to(saved(DEMO))",
    )
    notebook.run(1, wait=True)

    inspector = opened(notebook, 1)
    expect(inspector.locator(".qwq-step").first).to_contain_text(DEMO.steps[0].text.strip())
    expect(inspector.locator(".qwq-inspector-beside .qwq-answer-text")).to_be_visible()
    notebook.save()
    notebook.shut_kernel_down()
    notebook.reload()
    inspector = opened(notebook, 1)
    expect(inspector.locator(".qwq-step").first).to_contain_text(DEMO.steps[0].text.strip())


def test_it_opens_in_an_untrusted_notebook(either: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(either, saved(DEMO))

    inspector = opened(notebook)
    assert notebook.js("nb.widgets[0].model.trusted") is False
    expect(inspector.locator(".qwq-metrics")).to_contain_text("answer first seen")
    inspector.get_by_label("Close the inspector").click()
    expect(inspector).to_have_count(0)
    expect(notebook.output(0).locator(".qwq-reasoning-body")).to_be_visible()
    expect(notebook.output(0).locator(".qwq-answer-text")).to_be_visible()


def test_metrics_carry_units_and_say_what_is_estimated(lab: Lab, open_saved: OpenSaved) -> None:
    inspector = opened(open_saved(lab, saved(DEMO)))
    figures = dict(
        inspector.locator(".qwq-metric").evaluate_all(
            "nodes => nodes.map(n => [n.querySelector('dt').textContent,"
            " n.querySelector('dd').textContent])"
        )
    )

    assert figures["steps"] == str(len(DEMO.steps))
    assert figures["first text"] == "0.5 s"
    assert figures["reasoning"] == f"{DEMO.usage.reasoning_tokens:,} tokens"
    assert figures["answer first seen"].startswith("at ≈ ")
    assert figures["switches"].startswith("≈ ")
    assert figures["switches"].endswith("per 100 steps")


def test_candidate_answers_have_a_lane_in_which_each_leads_to_its_step(
    lab: Lab, open_saved: OpenSaved
) -> None:
    notebook = open_saved(lab, saved(CHANGED))
    inspector = opened(notebook)
    lane = inspector.get_by_role("group", name="Candidate answers: 19 → 20 → 19")

    expect(lane.get_by_role("button")).to_have_text(["19", "20", "19"])
    lane.get_by_role("button", name="20, from step").click()
    assert "the answer is 20" in CHANGED.steps[step_number(inspector) - 1].text
    expect(chosen(inspector).locator(".qwq-step-flag")).to_have_text("◇ candidate answer: 20")
    press(notebook, "a")
    assert "was right after all" in CHANGED.steps[step_number(inspector) - 1].text
    press(notebook, "a")
    expect(inspector.locator(".qwq-caption")).to_have_text("No candidate answer after this one")
    expect(inspector.locator(".qwq-metrics")).to_contain_text("answer changed≈ 2 times")
    expect(inspector.locator(".qwq-metrics")).not_to_contain_text("loops")


def test_a_reasoning_with_one_answer_has_no_lane(lab: Lab, open_saved: OpenSaved) -> None:
    inspector = opened(open_saved(lab, saved(replace(LOOPING, id="one-answer"))))

    expect(inspector.locator(".qwq-values")).to_be_hidden()


@pytest.mark.smoke
def test_keys_move_through_the_steps_and_go_no_further(either: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(either, saved(DEMO))
    inspector = opened(notebook)
    switches = [step.index + 1 for step in DEMO.steps if step.kind == "switch"]
    first_seen = DEMO.metrics.first_seen
    assert first_seen is not None

    places = []
    for keys in ("j", "j", "j", "k", "n", "n", "p", "g"):
        press(notebook, keys)
        places.append(step_number(inspector))
    assert places[:4] == [1, 2, 3, 2]
    assert places[4:7] == [*switches[:2], switches[0]]
    assert places[7] == first_seen.step + 1
    flag = chosen(inspector).locator(".qwq-step-flag")
    expect(flag).to_have_text(f"⚑ answer first seen: {first_seen.value}")
    press(notebook, "e")
    detail = chosen(inspector).locator(".qwq-step-detail")
    expect(detail).to_contain_text(f"step {first_seen.step + 1} of {len(DEMO.steps)}")
    press(notebook, "e")
    expect(detail).to_be_hidden()
    # In command mode B would add a cell, D D delete one, and J choose the next.
    press(notebook, "abddxj")
    assert notebook.js("nb.widgets.length") == 1
    assert notebook.js("nb.activeCellIndex") == 0


def test_keys_do_nothing_while_the_focus_is_elsewhere(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, saved(DEMO), saved(LOOPING))
    inspector = opened(notebook)
    press(notebook, "j")
    notebook.js("(nb.activeCellIndex = 0, nb.mode = 'command', nb.node.focus(), null)")

    press(notebook, "j")
    assert step_number(inspector) == 1
    assert notebook.js("nb.activeCellIndex") == 1


@pytest.mark.smoke
def test_search_counts_and_goes_round(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, saved(DEMO))
    inspector = opened(notebook)
    count = inspector.locator(".qwq-search-count")
    many = DEMO.reasoning.lower().count("tiling")

    press(notebook, "/")
    notebook.page.keyboard.type("Tiling")
    expect(count).to_have_text(f"{many} matches")
    notebook.page.keyboard.press("Enter")
    expect(count).to_have_text(f"1 of {many}")
    expect(inspector.locator(".qwq-found-here")).to_have_text(re.compile("^tiling$", re.IGNORECASE))
    notebook.page.keyboard.press("Shift+Enter")
    expect(count).to_have_text(f"{many} of {many}")
    expect(inspector.locator(".qwq-found-here")).to_be_visible()
    inspector.get_by_label("Next match").click()
    expect(count).to_have_text(f"1 of {many}")
    inspector.get_by_label("Search the reasoning").fill("no such words (at [all]")
    expect(count).to_have_text("no matches")
    signs = ["-", "/", "\\", "^", "$", ".", "*", "+", "?", "(", ")", "[", "]", "{", "}", "|"]
    for sign in (sign for sign in signs if sign in DEMO.reasoning):
        inspector.get_by_label("Search the reasoning").fill(sign)
        expect(count).to_have_text(f"{DEMO.reasoning.count(sign):,} matches")


@pytest.mark.parametrize("query", ["", "tiling"])
@pytest.mark.parametrize("width", [620, 1200, 1600])
def test_the_search_ends_with_its_line_and_on_a_line_of_its_own_begins_with_it(
    lab: Lab, open_saved: OpenSaved, width: int, query: str
) -> None:
    notebook = open_saved(lab, saved(DEMO))
    inspector = opened(notebook)
    notebook.page.set_viewport_size({"width": width, "height": 900})
    inspector.get_by_label("Search the reasoning").fill(query)

    tools, groups, search = (
        inspector.locator(f".qwq-{name}").evaluate("node => node.getBoundingClientRect().toJSON()")
        for name in ("inspector-tools", "groups", "search")
    )

    notebook.page.set_viewport_size({"width": 1200, "height": 900})
    assert search["right"] == pytest.approx(tools["right"], abs=1)
    is_beside = search["top"] < groups["bottom"]
    assert is_beside or search["left"] == pytest.approx(tools["left"], abs=1)


def test_a_filter_shows_its_groups_alone(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, saved(DEMO))
    inspector = opened(notebook)
    reflecting = [step for step in DEMO.steps if step.group == "reflect"]
    group = inspector.get_by_role("button", name=re.compile("^reflect"))

    press(notebook, "3")
    expect(group).to_have_attribute("aria-pressed", "true")
    expect(group).to_contain_text(str(len(reflecting)))
    shown = inspector.locator(".qwq-step").evaluate_all("rows => rows.map(r => r.dataset.group)")
    assert set(shown) == {"reflect"}
    press(notebook, "jj")
    assert step_number(inspector) == reflecting[1].index + 1
    group.click()
    expect(group).to_have_attribute("aria-pressed", "false")
    assert (
        len(
            set(
                inspector.locator(".qwq-step").evaluate_all(
                    "rows => rows.map(r => r.dataset.group)"
                )
            )
        )
        > 1
    )


def test_a_click_and_a_drag_on_the_minimap_scrub(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, saved(LONG))
    inspector = opened(notebook)
    minimap = inspector.get_by_role("slider", name="Minimap of the reasoning")
    box = minimap.bounding_box()
    assert box is not None
    steps, length = LONG.steps, len(LONG.reasoning)

    def expected(share: float) -> int:
        return next(step.index + 1 for step in steps if step.end > share * length)

    middle = box["y"] + box["height"] / 2
    notebook.page.mouse.move(box["x"] + box["width"] * 0.5, middle)
    notebook.page.mouse.down()
    expect(chosen(inspector)).to_be_visible()
    assert abs(step_number(inspector) - expected(0.5)) <= 3
    notebook.page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=5)
    notebook.page.mouse.up()
    expect(chosen(inspector)).to_be_visible()
    assert abs(step_number(inspector) - expected(0.9)) <= 3
    expect(minimap).to_have_attribute("aria-valuenow", str(step_number(inspector)))


def test_a_key_that_finds_nothing_says_so(lab: Lab, open_saved: OpenSaved) -> None:
    quiet = replace(LOOPING, reasoning="Let me see. What is given? A board.", answer="No idea.")
    assert quiet.metrics.first_seen is None
    notebook = open_saved(lab, saved(quiet))
    caption = opened(notebook).locator(".qwq-caption")
    announced = notebook.page.locator(".qwq-announcer")

    for keys, text in (
        ("n", "No switch in this reasoning"),
        ("g", "It is not known where the answer is first seen"),
        ("c", "No step is selected"),
        ("jk", "No step before this one"),
    ):
        press(notebook, keys)
        expect(caption).to_have_text(text)
        expect(announced).to_have_text(text)


def test_a_chosen_step_that_is_filtered_out_is_not_copied(lab: Lab, open_saved: OpenSaved) -> None:
    assert DEMO.steps[0].group == "orient"
    notebook = open_saved(lab, saved(DEMO))
    inspector = opened(notebook)
    notebook.page.evaluate("navigator.clipboard.writeText('before')")

    press(notebook, "j3c")

    expect(inspector.locator(".qwq-caption")).to_have_text("The selected step is filtered out")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == "before"
    press(notebook, "3c")
    expect(inspector.locator(".qwq-caption")).to_have_text("Copied: step 1")


def test_a_step_and_all_of_it_are_copied(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, saved(DEMO))
    inspector = opened(notebook)

    press(notebook, "jjjc")
    expect(inspector.locator(".qwq-caption")).to_have_text("Copied: step 3")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == DEMO.steps[2].text
    inspector.get_by_label("Copy all of the reasoning").click()
    expect(inspector.get_by_label("Copy all of the reasoning")).to_have_text("Copied")
    assert notebook.page.evaluate("navigator.clipboard.readText()") == DEMO.reasoning


def test_everything_has_a_role_and_a_name(lab: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(lab, saved(DEMO))
    inspector = opened(notebook)
    press(notebook, "j")

    expect(inspector.locator(":focus")).to_have_attribute(
        "aria-label", re.compile("^Step 1, likely ")
    )
    for button in inspector.get_by_role("button").all():
        assert button.evaluate("b => b.tagName") == "BUTTON"
    for toggle in inspector.locator("[aria-expanded]").all():
        controlled = toggle.get_attribute("aria-controls")
        assert notebook.page.evaluate("id => !!document.getElementById(id)", controlled)
    press(notebook, "e")
    expect(inspector.locator(":focus")).to_have_attribute("aria-expanded", "true")
    assert notebook.page.locator("[role=status].qwq-announcer").count() <= 1


def test_a_loop_is_marked_on_its_steps(lab: Lab, open_saved: OpenSaved) -> None:
    inspector = opened(open_saved(lab, saved(LOOPING)))

    expect(inspector.get_by_text("↻ loop").first).to_be_visible()
    assert LOOPING.metrics.loops == 1


def test_a_file_without_steps_says_so_and_shows_the_text(lab: Lab, open_saved: OpenSaved) -> None:
    old = saved(DEMO)
    for name in ("steps", "loops", "metrics"):
        del old[TURN_MIME][name]
    inspector = opened(open_saved(lab, old))

    expect(inspector.locator(".qwq-inspector-note")).to_contain_text("does not contain all steps")
    expect(inspector.locator(".qwq-step").first).to_contain_text(DEMO.steps[0].text.strip())
    expect(inspector.get_by_role("button", name=re.compile("^unclassified"))).to_be_visible()


HOSTILE: list[dict[str, Any]] = [
    {"steps": 7, "loops": {}, "metrics": []},
    {"steps": "P" * 9999, "loops": "+" * 999, "metrics": {"steps": "many", "first_seen": 3}},
    {"steps": "Pzzzzzz" * 99, "loops": "0+zzzzzz zz+1", "metrics": {"steps": -1, "loops": 1e300}},
    {"steps": "P1" * 99999, "loops": "0+1 " * 9999, "metrics": {"first_seen": {"step": 1e9}}},
    {"steps": "P5+zzzz~zzzzzzD9.zz+9S1<img src=x onerror=alert(1)>", "metrics": {"first_seen": {}}},
    {
        "steps": "Q9Z9" * 9,
        "metrics": {"first_seen": {"value": "<img src=x onerror='window.__ran=1'>", "step": 0}},
    },
]


def test_hostile_turn_data_is_inert(lab: Lab, open_saved: OpenSaved) -> None:
    text = "<img src='http://tracker.test/x.png' onerror='window.__ran=1'>\u202e Wait. " * 40
    bundles = [saved(DEMO, reasoning=text, **data) for data in HOSTILE]
    notebook = open_saved(lab, *bundles)

    for index in range(len(bundles)):
        notebook.output(index).scroll_into_view_if_needed()
        inspector = opened(notebook, index)
        press(notebook, "jjgne/imgc")
        inspector.get_by_label("Copy all of the reasoning").click()
        assert inspector.locator("img").count() == 0
        assert "\u202e" not in inspector.locator(".qwq-rows").inner_text()
        expect(inspector.locator(".qwq-step").first).to_contain_text("<")
        inspector.get_by_label("Close the inspector").click()
    assert notebook.page.evaluate("window.__ran") is None
    assert not [url for url in notebook.requests if "tracker.test" in url]
    assert not [line for line in notebook.console if line.startswith("pageerror")]


# Until the rows in sight there are drawn: in the frame after the scrolling, at the latest.
SCROLL = """async (node, share) => {
  node.scrollTop = node.scrollHeight * share;
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
}"""


def test_two_thousand_steps_are_on_the_page_a_screenful_at_a_time(
    lab: Lab, open_saved: OpenSaved
) -> None:
    assert len(LONG.steps) >= 2_000
    assert len(LONG.reasoning) >= 110_000
    notebook = open_saved(lab, saved(LONG))
    expect(notebook.output(0).locator(".qwq-turn[data-drawn]")).to_be_visible()
    notebook.page.wait_for_timeout(500)
    notebook.long_tasks()

    took_ms = notebook.page.evaluate("""() => new Promise((resolve) => {
      const begun = performance.now();
      document.querySelector('.qwq-inspect').click();
      const done = performance.now() - begun;
      requestAnimationFrame(() => setTimeout(() => resolve([done, performance.now() - begun])));
    })""")
    script_ms, screen_ms = (round(ms) for ms in took_ms)
    print(
        f"opening {len(LONG.steps)} steps: {script_ms} ms of script, {screen_ms} ms to the screen"
    )
    inspector = notebook.output(0).locator(".qwq-inspector")
    on_page = inspector.locator("*").count()
    assert on_page < 700
    rows = inspector.locator(".qwq-rows")
    for share in (0.25, 0.5, 0.75, 1):
        rows.evaluate(SCROLL, share)
        assert inspector.locator("*").count() < 700
    expect(inspector.locator(".qwq-step").last).to_contain_text(LONG.steps[-1].text.strip())
    print(f"long tasks while opening and scrolling: {notebook.long_tasks()}; {on_page} nodes")


def test_it_grows_with_a_running_turn(either: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        either,
        "from inspected_turns import DEMO, saved\n"
        "panel = new_panel(turn_id=DEMO.id)\n"
        "text = DEMO.reasoning\n"
        "stream(panel, reasoning(text[:600], 40), 0.06)\n"
        "steps.wait(panel, 'more')\n"
        "stream(panel, reasoning(text[600:1800], 40), 0.06)\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(saved(DEMO))",
    )
    notebook.run(1)
    expect(notebook.output(1).locator(".qwq-reasoning-text")).to_contain_text(DEMO.reasoning[:60])

    inspector = opened(notebook, 1)
    count = inspector.locator(".qwq-metric").filter(has_text="steps").locator("dd").first
    reader = StepReader()
    settled = len(reader.feed(DEMO.reasoning[:600]))
    expect(count).to_have_text(str(settled))
    notebook.release("more")
    settled += len(reader.feed(DEMO.reasoning[600:1800]))
    expect(count).to_have_text(str(settled))
    expect(inspector.locator(".qwq-step-tail")).to_be_visible()
    press(notebook, "jjj")
    before = step_number(inspector)
    notebook.release("end")
    expect(notebook.output(1).locator(".qwq-state")).to_have_text("Done")
    # What the reader had open and chosen is still so in the final view.
    expect(inspector.locator(".qwq-metrics")).to_contain_text("answer first seen")
    expect(chosen(inspector)).to_be_visible()
    assert step_number(inspector) == before


@pytest.mark.parametrize("server", ["lab", "plain_lab"])
def test_the_magic_shows_it_with_and_without_the_renderer(
    server: str, request: pytest.FixtureRequest, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        request.getfixturevalue(server),
        "%load_ext qwq_magic\nfrom inspected_turns import DEMO",
        "DEMO.inspect()",
        "DEMO.compare(DEMO)",
    )
    notebook.run(1, wait=True)
    notebook.run(2, wait=True)
    notebook.run(3, wait=True)

    expect(notebook.output(3).get_by_role("region", name="Comparison of two turns")).to_be_visible()
    inspector = notebook.output(2).get_by_role("region", name="Reasoning inspector")
    expect(inspector.locator(".qwq-step").first).to_contain_text(DEMO.steps[0].text.strip())
    expect(inspector.locator(".qwq-answer-text mjx-container").first).to_be_visible()
    kept = "application/vnd.jupyter.widget-view+json" if server == "plain_lab" else TURN_MIME
    notebook.page.wait_for_function(
        """kept => {
          const panel = window.jupyterapp.shell.currentWidget;
          return kept in panel.content.widgets[2].model.outputs.toJSON()[0].data;
        }""",
        arg=kept,
    )


@pytest.mark.smoke
def test_it_opens_at_a_step_that_was_searched_for(lab: Lab, open_saved: OpenSaved) -> None:
    last = len(LONG.steps)
    bundles = [inspector_bundle(LONG, place=None, step=step) for step in (1_000, last, 10**9)]
    notebook = open_saved(lab, *bundles)

    for cell, step in enumerate((1_000, last)):
        inspector = notebook.output(cell).get_by_role("region", name="Reasoning inspector")
        # Of the page, not within the inspector, which has scrolled to the step itself.
        inspector.locator(".qwq-rows").scroll_into_view_if_needed()
        expect(chosen(inspector)).to_be_in_viewport()
        assert step_number(inspector) == step
    nowhere = notebook.output(2).get_by_role("region", name="Reasoning inspector")
    expect(nowhere.locator(".qwq-step").first).to_contain_text(LONG.steps[0].text.strip()[:40])


@pytest.mark.parametrize("server", ["lab", "plain_lab"])
def test_a_search_opens_it_at_the_step_with_and_without_the_renderer(
    server: str, request: pytest.FixtureRequest, open_notebook: OpenNotebook
) -> None:
    wanted = len(DEMO.steps) // 2
    notebook = open_notebook(
        request.getfixturevalue(server),
        "%load_ext qwq_magic\nfrom inspected_turns import DEMO\n"
        "from qwq_magic import notebook_session\n"
        "from dataclasses import replace\n"
        f"at = DEMO.steps[{wanted - 1}]\n"
        "text = DEMO.reasoning[:at.start] + 'xylophone ' + DEMO.reasoning[at.start:]\n"
        "memory = notebook_session().memory\n"
        "memory.commit(replace(DEMO, id='x', reasoning=text, arrivals=()), memory.context())",
        "%qwq_search xylophone",
    )
    notebook.run(1, wait=True)
    notebook.run(2, wait=True)

    inspector = notebook.output(2).get_by_role("region", name="Reasoning inspector")
    expect(chosen(inspector)).to_contain_text("xylophone")
    assert step_number(inspector) == wanted


def test_a_megabyte_in_one_step_opens_and_is_searched(lab: Lab, open_saved: OpenSaved) -> None:
    text = "word " * 200_000 + "needle"
    notebook = open_saved(lab, saved(DEMO, reasoning=text, steps="Xlfly", loops="", metrics=None))
    inspector = opened(notebook)

    expect(inspector.locator(".qwq-step-more")).to_contain_text("more characters")
    press(notebook, "/")
    notebook.page.keyboard.type("needle")
    expect(inspector.locator(".qwq-search-count")).to_have_text("1 match")
    notebook.page.keyboard.press("Enter")
    expect(inspector.locator(".qwq-found-here")).to_have_text("needle")
    assert inspector.locator(".qwq-step-text").first.evaluate("n => n.textContent.length") < 101_000


@pytest.mark.smoke
def test_two_turns_are_aligned_side_by_side(either: Lab, open_saved: OpenSaved) -> None:
    notebook = open_saved(either, COMPARED)
    view = notebook.output(0).get_by_role("region", name="Comparison of two turns")

    expect(view.locator(".qwq-side-name").first).to_have_text("qwq-plus · dashscope, left (left)")
    expect(view.locator(".qwq-inspector-title")).to_have_text(
        "Comparison of qwq-plus · dashscope, left (left) and qwq-plus · dashscope, right (right)"
    )
    rows = view.locator(".qwq-side-row").evaluate_all("rows => rows.map(r => r.dataset.match)")
    assert rows == ["same", "same", "none", "similar"]
    expect(view.locator(".qwq-divergence")).to_have_text("First divergence: 41 only on the left")
    expect(view.locator(".qwq-divergence + *, .qwq-row:has(.qwq-divergence) + *")).to_contain_text(
        "But 20 + 21 = 41."
    )
    expect(view.locator(".qwq-only-left")).to_have_text("42 ")
    expect(view.locator(".qwq-only-right")).to_have_text("43 ")
    view.get_by_role("button", name="Only differences").click()
    rows = view.locator(".qwq-side-row").evaluate_all("rows => rows.map(r => r.dataset.match)")
    assert rows == ["none", "similar"]
    view.get_by_role("button", name="Metrics").click()
    expect(view.locator("table")).to_contain_text("difference")


def test_a_short_comparison_leaves_no_blank_and_a_long_one_scrolls(
    lab: Lab, open_saved: OpenSaved
) -> None:
    long = comparison_bundle(LONG.compare(replace(LONG, reasoning=LONG.reasoning[:90_000])))
    notebook = open_saved(lab, COMPARED, long)
    sizes = []
    for cell in (0, 1):
        rows = notebook.output(cell).locator(".qwq-rows")
        expect(rows.locator(".qwq-side-row").first).to_be_visible()
        sizes.append(rows.evaluate("node => [node.clientHeight, node.scrollHeight]"))

    assert sizes[0][0] == sizes[0][1] < 300
    assert 300 < sizes[1][0] < 600 < 9_000 < sizes[1][1]
    rows.evaluate("node => node.scrollTo(0, node.scrollHeight)")
    last = LONG.steps[-1].text.strip()
    expect(rows.locator(".qwq-side-row").last).to_contain_text(last)
    notebook.output(0).get_by_role("button", name="Only differences").click()
    notebook.output(0).get_by_role("button", name="Only differences").click()
    expect(notebook.output(0).locator(".qwq-side-row")).to_have_count(4)


HOSTILE_COMPARISONS: list[Any] = [
    None,
    {"names": "x", "findings": [1, [2]], "metrics": [[{}]], "left": 3, "right": []},
    {
        "pairs": "S" * 9999,
        "divergence": 1e9,
        "diff": "B9zz" * 999,
        "left": {"reasoning": "So. Yes."},
    },
    {
        "names": ["<img src=x onerror=window.__ran=1>", "__proto__"],
        "left": {"reasoning": "<img src=x onerror=window.__ran=1> Hm.", "answer": "<b>a</b>"},
        "right": {"reasoning": "One.\n\nTwo.", "steps": "P9S9", "answer": "<i>b</i>"},
        "pairs": "LRSM<",
        "diff": "Rzz",
    },
]


def test_hostile_comparisons_are_inert_and_whole(lab: Lab, open_saved: OpenSaved) -> None:
    mime = "application/vnd.qwq.comparison.v1+json"
    bundles = [{mime: data, "text/plain": "?"} for data in HOSTILE_COMPARISONS]
    notebook = open_saved(lab, *bundles)

    for index in range(len(bundles)):
        notebook.output(index).scroll_into_view_if_needed()
        expect(notebook.output(index).locator(".qwq-comparison")).to_have_count(1)
    last = notebook.output(len(bundles) - 1).locator(".qwq-comparison")
    expect(last).to_contain_text("<img src=x onerror=window.__ran=1> Hm.")
    expect(last.locator(".qwq-side-answer").first).to_have_text("<b>a</b>")
    assert last.locator("img, b, i").count() == 0
    assert notebook.page.evaluate("window.__ran") is None
    assert not [line for line in notebook.console if line.startswith("pageerror")]
