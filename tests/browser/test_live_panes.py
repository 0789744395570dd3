"""The live panes in a real JupyterLab, driven by cells that stream step by step."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browser.conftest import OpenNotebook
from browser.lab import VIEW, Lab, Notebook
from browser.scripts import script
from playwright.sync_api import expect

LOSE = script("lost_steps.js")
LINES = "'\\n'.join(f'Line {i} of the reasoning.' for i in range(80))"
ANSWER = r"""'''**9.9 is larger.** It costs $5 or $10.

Since $9.90 > 9.11$, and

$$\\frac{a}{b} < c$$

```python
print(9.9 > 9.11)
```

| a | b |
|--|--:|
| 1 | 2 |
'''"""


def in_pane(notebook: Notebook, pane: str, cell: int = 1) -> Any:
    return notebook.output(cell).locator(f".qwq-{pane}")


@pytest.mark.smoke
def test_both_panes_show_text_before_the_stream_ends(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        either,
        "panel = new_panel()\n"
        "stream(panel, reasoning('Let me compare 9.11 and 9.9.'))\n"
        "steps.wait(panel, 'answer')\n"
        "stream(panel, answer('**9.9** is larger.'))\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle(panel.status.turn_id, 'Let me compare 9.11 and 9.9.', "
        "'**9.9** is larger.'))",
    )

    notebook.run(1)

    expect(in_pane(notebook, "reasoning-text")).to_have_text("Let me compare 9.11 and 9.9.")
    expect(in_pane(notebook, "state")).to_have_text("Thinking…")
    expect(in_pane(notebook, "status")).to_contain_text(re.compile(r"≈ \d+ reasoning tokens"))
    notebook.release("answer")
    expect(in_pane(notebook, "answer-text").locator("strong")).to_have_text("9.9")
    expect(in_pane(notebook, "state")).to_have_text("Answering…")
    expect(in_pane(notebook, "status")).to_contain_text("qwq-plus")
    notebook.release("end")
    expect(in_pane(notebook, "state")).to_have_text("Done")
    expect(in_pane(notebook, "toggle")).to_have_text("Thought for 12.4 s · 412 tokens")
    expect(in_pane(notebook, "footer-text")).to_have_text(
        "qwq-plus · dashscope · 472 tokens · 14.2 s · main · turn 3"
    )


def test_a_badge_beside_stop_says_that_the_model_repeats_itself(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        lab,
        "panel = new_panel()\n"
        "stream(panel, reasoning('Let me see. '))\n"
        "steps.wait(panel, 'loop')\n"
        "stream(panel, reasoning('But wait, I should look again. ' * 5))\n"
        "steps.wait(panel, 'on')\n"
        "stream(panel, reasoning('Ah, it is 9.9, of course.'))\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle(panel.status.turn_id, 'Hm.', 'Yes.'))",
    )

    notebook.run(1)

    badge = in_pane(notebook, "badge")
    expect(in_pane(notebook, "reasoning-text")).to_have_text("Let me see.")
    expect(badge).to_be_hidden()
    notebook.release("loop")
    expect(badge).to_have_text("Repeating itself")
    expect(in_pane(notebook, "notice")).to_contain_text("Stop it")
    expect(notebook.page.locator(".qwq-announcer")).to_have_text("The model is repeating itself")
    notebook.release("on")
    expect(badge).to_be_hidden()
    expect(in_pane(notebook, "notice")).to_have_count(0)
    notebook.release("end")


def run_with_start_mode(open_notebook: OpenNotebook, lab: Lab, start: str) -> Notebook:
    notebook = open_notebook(
        lab,
        f"panel = new_panel(start={start!r})\n"
        "stream(panel, reasoning('Hmm, let me think.'))\n"
        "steps.wait(panel, 'answer')\n"
        "stream(panel, answer('An answer.'))\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle(panel.status.turn_id, 'Hmm, let me think.', 'An answer.', "
        f"view={{'show': 'both', 'start': {start!r}}}))",
    )
    notebook.run(1)
    expect(in_pane(notebook, "toggle")).to_have_text("Thinking…")
    return notebook


def expect_open(notebook: Notebook, is_open: bool) -> None:
    toggle, body = in_pane(notebook, "toggle"), in_pane(notebook, "reasoning-body")
    expect(toggle).to_have_attribute("aria-expanded", "true" if is_open else "false")
    expect(body).to_be_visible(visible=is_open)


def test_reasoning_opened_by_default_stays_open(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = run_with_start_mode(open_notebook, lab, "open")

    expect_open(notebook, True)
    notebook.release("answer")
    expect(in_pane(notebook, "answer-text")).to_have_text("An answer.")
    expect_open(notebook, True)
    notebook.release("end")
    expect(in_pane(notebook, "state")).to_have_text("Done")
    expect_open(notebook, True)


def test_auto_folds_the_reasoning_when_the_answer_starts(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = run_with_start_mode(open_notebook, lab, "auto")

    expect_open(notebook, True)
    notebook.release("answer")
    expect_open(notebook, False)
    notebook.release("end")
    expect(in_pane(notebook, "state")).to_have_text("Done")
    expect_open(notebook, False)


def test_closed_starts_folded(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = run_with_start_mode(open_notebook, lab, "closed")

    expect_open(notebook, False)


def test_first_manual_toggle_wins_for_good(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = run_with_start_mode(open_notebook, lab, "auto")

    in_pane(notebook, "toggle").click()
    in_pane(notebook, "toggle").click()
    notebook.release("answer")
    expect(in_pane(notebook, "answer-text")).to_have_text("An answer.")
    expect_open(notebook, True)
    notebook.release("end")
    expect(in_pane(notebook, "state")).to_have_text("Done")
    expect_open(notebook, True)


def expect_tail(notebook: Notebook) -> None:
    """The newest words are in sight, at the latest a frame after they came."""
    notebook.page.wait_for_function(
        "body => body.scrollHeight - body.scrollTop - body.clientHeight < 2",
        arg=in_pane(notebook, "reasoning-body").element_handle(),
    )


def test_tail_is_followed_until_the_reader_scrolls_up(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        lab,
        "panel = new_panel()\n"
        f"text = {LINES}\n"
        "stream(panel, reasoning(text, 200))\n"
        "steps.wait(panel, 'more')\n"
        "stream(panel, reasoning('\\nMore.\\n' + text, 200))\n"
        "steps.wait(panel, 'last')\n"
        "stream(panel, reasoning('\\nThe last words.'))\n"
        "steps.wait(panel, 'end')\n"
        "panel.close()",
    )
    body, jump = in_pane(notebook, "reasoning-body"), in_pane(notebook, "jump")

    notebook.run(1)
    expect(body).to_contain_text("Line 79")
    expect_tail(notebook)
    expect(jump).to_be_hidden()
    body.hover()
    notebook.page.mouse.wheel(0, -300)
    expect(jump).to_be_visible()
    before = body.evaluate("body => body.scrollTop")
    notebook.release("more")
    expect(body).to_contain_text("More.")

    assert body.evaluate("body => body.scrollTop") == before
    jump.click()
    expect_tail(notebook)
    expect(jump).to_be_hidden()
    notebook.release("last")
    expect(body).to_contain_text("The last words.")
    expect_tail(notebook)
    notebook.release("end")


def test_tail_is_followed_when_the_text_is_replaced(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        lab,
        f"panel = new_panel()\nstream(panel, reasoning({LINES}, 200))\n"
        "steps.wait(panel, 'end')\npanel.close()",
    )
    notebook.run(1)
    expect(in_pane(notebook, "reasoning-body")).to_contain_text("Line 79")
    expect_tail(notebook)

    notebook.is_worn = True
    # As by a font that comes late.
    notebook.page.add_style_tag(content=".qwq-reasoning-text { line-height: 3; }")

    expect_tail(notebook)
    expect(in_pane(notebook, "jump")).to_be_hidden()
    notebook.release("end")


def test_lost_frame_is_made_good_while_the_cell_runs(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        lab,
        "panel = new_panel()\n"
        "send = panel.reasoning.send\n"
        "stream(panel, reasoning('The first 𝟙 frame, '))\n"
        "steps.wait(panel, 'lose')\n"
        "panel.reasoning.send = lambda *_: None\n"
        "stream(panel, reasoning('a lost one, '))\n"
        "import time; time.sleep(0.1); panel.tick()\n"
        "panel.reasoning.send = send\n"
        "stream(panel, reasoning('and the last.'))\n"
        "steps.wait(panel, 'end')\n"
        "panel.close()",
    )

    notebook.run(1)
    expect(in_pane(notebook, "reasoning-text")).to_have_text("The first 𝟙 frame,")
    notebook.release("lose")

    expect(in_pane(notebook, "reasoning-text")).to_have_text(
        "The first 𝟙 frame, a lost one, and the last."
    )
    notebook.release("end")


def test_a_turn_that_has_ended_asks_for_no_lost_steps(lab: Lab, empty_page: Notebook) -> None:
    assert empty_page.js(LOSE, lab.url + VIEW) == {"before": 1, "after": 0, "streams": []}


def test_view_mounted_late_shows_what_came_before(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        lab,
        "panel = new_panel()\n"
        "stream(panel, answer('Early words, '))\n"
        "steps.wait(panel, 'mount')\n"
        "display(panel.answer)\n"
        "stream(panel, answer('late words.'))\n"
        "steps.wait(panel, 'end')\n"
        "panel.close()",
    )

    notebook.run(1)
    expect(in_pane(notebook, "answer-text")).to_have_text("Early words,")
    notebook.release("mount")

    expect(in_pane(notebook, "answer-text")).to_have_text(["Early words, late words."] * 2)
    notebook.release("end")


@pytest.mark.smoke
def test_stop_works_while_the_cell_runs(either: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        either,
        "from threading import Event\n"
        "stopped = Event()\n"
        "panel = new_panel(actions={'stop': stopped.set})\n"
        "stream(panel, reasoning('Thinking of something'))\n"
        "pump(panel, stopped.is_set)\n"
        "panel.give_way_to("
        "bundle(panel.status.turn_id, 'Thinking of something', '', state='stopped'))",
        "'the next cell works'",
    )

    notebook.run(1)
    expect(in_pane(notebook, "reasoning-text")).to_have_text("Thinking of something")
    in_pane(notebook, "stop").press("Enter")

    expect(in_pane(notebook, "state")).to_have_text("Stopped")
    expect(in_pane(notebook, "reasoning-text")).to_have_text("Thinking of something")
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("the next cell works")


def test_stop_without_a_reply_interrupts_the_kernel(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        lab,
        "panel = new_panel()\n"
        "panel.status._act = lambda name: None\npanel.status.send = lambda *_: None\n"
        "stream(panel, reasoning('Deaf'))\n"
        "try:\n"
        "    steps.wait(panel, 'never')\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
        "panel.close()",
    )

    notebook.run(1)
    expect(in_pane(notebook, "reasoning-text")).to_have_text("Deaf")
    in_pane(notebook, "stop").click()

    expect(notebook.output(1)).to_contain_text("interrupted")


WATCH_HEIGHT = """area => {
  window.__heights = [];
  const look = () => {
    window.__heights.push(area.offsetHeight);
    requestAnimationFrame(look);
  };
  look();
}"""
# What identifies a view may differ between two of them, what is seen may not.
VISIBLE = """pane => {
  const copy = pane.cloneNode(true);
  for (const math of copy.querySelectorAll('mjx-container')) {
    math.removeAttribute('ctxtmenu_counter');
  }
  return copy.innerHTML;
}"""


def expect_drawn(notebook: Notebook) -> None:
    """All of `ANSWER` is in sight: formulas and colours come last."""
    answer = in_pane(notebook, "answer-text")
    expect(answer.locator("mjx-container")).to_have_count(2)
    expect(answer.locator("td")).to_have_count(2)
    expect(answer.locator("[data-typeset]")).to_have_count(2)
    expect(answer.locator("pre span[class]").first).to_be_visible()


@pytest.mark.smoke
def test_final_view_is_the_live_view_without_a_jump(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    notebook = open_notebook(
        either,
        "panel = new_panel()\n"
        f"thought, text = {LINES}, {ANSWER}\n"
        "stream(panel, reasoning(thought, 100))\n"
        "stream(panel, answer(text, 9), 0.005)\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle(panel.status.turn_id, thought, text))",
    )

    notebook.run(1)
    expect_drawn(notebook)
    notebook.is_worn = True
    notebook.output(1).evaluate(WATCH_HEIGHT)
    live = [in_pane(notebook, pane).evaluate(VISIBLE) for pane in ("reasoning-text", "answer-text")]
    notebook.release("end")
    expect(in_pane(notebook, "state")).to_have_text("Done")
    notebook.wait_idle()
    final = [
        in_pane(notebook, pane).evaluate(VISIBLE) for pane in ("reasoning-text", "answer-text")
    ]
    heights = notebook.page.evaluate("window.__heights")

    assert final == live
    assert max(heights) - min(heights) <= 1
    expect_tail(notebook)
    notebook.save()
    notebook.shut_kernel_down()
    notebook.reload()
    expect_drawn(notebook)
    assert [
        in_pane(notebook, pane).evaluate(VISIBLE) for pane in ("reasoning-text", "answer-text")
    ] == live


def test_panel_closes_all_its_widgets(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        lab,
        "from comm import get_comm_manager\n"
        "open_comms = get_comm_manager().comms\n"
        "new_panel().give_way_to(bundle('a', 'b', 'c'))\n"
        "before = len(open_comms)\n"
        "for _ in range(3): new_panel().give_way_to(bundle('a', 'b', 'c'))\n"
        "print(len(open_comms) - before, 'left open')",
    )

    notebook.run(1)

    expect(notebook.output(1)).to_contain_text("0 left open")


def test_notice_and_error_are_below_the_status_line(lab: Lab, open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        lab,
        "from qwq_magic.events import Notice\n"
        "panel = new_panel()\n"
        "panel.show_event(Notice('Retrying in 2 s.'))\n"
        "steps.wait(panel, 'end')\n"
        "panel.give_way_to(bundle(panel.status.turn_id, '', '', state='error', "
        "notices=['Retrying in 2 s.'], error={'kind': 'auth', 'message': 'The key is wrong.'}))",
    )

    notebook.run(1)
    expect(in_pane(notebook, "notice")).to_have_text("Retrying in 2 s.")
    notebook.release("end")

    expect(in_pane(notebook, "state")).to_have_text("Failed")
    expect(in_pane(notebook, "error")).to_have_text("The key is wrong.")
    expect(in_pane(notebook, "notice")).to_have_text("Retrying in 2 s.")
