"""What happens around the cell that asks: jobs in the background, code for the next cell."""

from __future__ import annotations

import threading

import pytest
from browser.asking import ask_at, pane
from browser.conftest import OpenNotebook
from browser.lab import Lab
from playwright.sync_api import expect
from server import DONE, Reply, ScriptedServer, Step, chat, delta


def test_a_job_streams_in_its_own_cell_while_others_run(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    more, end = threading.Event(), threading.Event()
    steps = [
        delta(reasoning_content="Let me see."),
        more,
        delta(reasoning_content=" And more."),
        end,
        *chat(answer="It is **42**.").steps,
    ]
    with ScriptedServer(Reply(steps)) as server:
        notebook = ask_at(
            open_notebook,
            either,
            server,
            "%%qwq --background -o later\nhi",
            "print('other')",
            "steps.wait_for('go')\nprint('busy no more')",
            "print(later.answer)",
        )
        notebook.run(2)
        expect(pane(notebook, "reasoning-text")).to_have_text("Let me see.")
        notebook.run(3, wait=True)
        expect(notebook.output(3)).to_have_text("other")
        notebook.run(4)

        # While another cell is busy, the reply still goes into the cell that sent the prompt.
        more.set()
        expect(pane(notebook, "reasoning-text")).to_have_text("Let me see. And more.")
        end.set()
        expect(pane(notebook, "state")).to_have_text("Done")

        expect(pane(notebook, "answer-text").locator("strong")).to_have_text("42")
        expect(notebook.output(4)).to_have_text("")
        notebook.release("go")
        notebook.wait_idle()
        notebook.run(5, wait=True)
    expect(notebook.output(4)).to_have_text("busy no more")
    expect(notebook.output(5)).to_have_text("It is **42**.")
    [output] = notebook.outputs(2)
    assert output["data"]["application/vnd.qwq.turn.v1+json"]["state"] == "complete"


def test_the_stop_button_of_a_job_works_while_another_cell_is_busy(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    reached, never = threading.Event(), threading.Event()
    steps: list[Step] = [delta(reasoning_content="Hm."), reached.set, never, DONE]
    with ScriptedServer(Reply(steps)) as server:
        notebook = ask_at(
            open_notebook,
            lab,
            server,
            "%%qwq --background\nhi",
            "steps.wait_for('go')\nprint('not interrupted')",
        )
        notebook.run(2)
        assert reached.wait(30)
        expect(pane(notebook, "about")).to_contain_text("main · job 1")
        notebook.run(3)

        notebook.output(2).get_by_role("button", name="Stop").click()

        assert server.requests[0].disconnected.wait(15)
        expect(pane(notebook, "state")).to_have_text("Stopped")
        notebook.release("go")
        notebook.wait_idle()
        never.set()
    expect(notebook.output(3)).to_have_text("not interrupted")


@pytest.mark.smoke
def test_code_of_an_answer_is_put_in_a_new_cell_below_and_not_run(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    answer = "Try this:\n\n```python\nx = 6 * 7\nprint(x)\n```\n"
    with ScriptedServer(chat(answer=answer)) as server:
        notebook = ask_at(open_notebook, either, server, "%%qwq --code\nhi", "print('last')")

        notebook.run(2, wait=True)

    sources = notebook.js("nb.widgets.map((cell) => cell.model.sharedModel.getSource())")
    assert sources[2:] == ["%%qwq --code\nhi", "x = 6 * 7\nprint(x)", "print('last')"]
    assert notebook.outputs(3) == []
    notebook.run(3, wait=True)
    expect(notebook.output(3)).to_have_text("42")


def test_a_dry_run_shows_every_message_and_nothing_of_them_is_live(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    prompt = "Is <img src=x onerror=window.__ran=1> $x^2$ `a`\n    indented, and [a](javascript:1)?"
    with ScriptedServer() as server:
        notebook = ask_at(
            open_notebook, lab, server, f"%%qwq --dry-run --system 'Be brief.'\n{prompt}"
        )

        notebook.run(2, wait=True)

        assert server.requests == []
    shown = notebook.output(2)
    expect(shown.locator("strong")).to_contain_text("Dry run: nothing was sent.")
    expect(shown.locator("pre").first).to_have_text("Be brief.")
    assert shown.locator("details pre").last.text_content() == prompt
    expect(shown.locator("img, a, mjx-container")).to_have_count(0)
    assert notebook.js("window.__ran ?? null") is None
