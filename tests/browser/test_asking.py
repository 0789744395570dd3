"""`%%qwq` in a real JupyterLab in front of a real server: from the question to the saved file."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import pytest
from browser.asking import ask_at, pane
from browser.conftest import OpenNotebook
from browser.lab import Lab, Notebook
from playwright.sync_api import expect
from server import DONE, Reply, ScriptedServer, Step, chat, delta, failure

PHASES = {
    "connecting": [],
    "reasoning": [delta(reasoning_content="Hm, let me see.")],
    "boundary": [delta(reasoning_content="Hm, let me see."), delta(content="")],
    "answering": [delta(reasoning_content="Hm, let me see."), delta(content="So it is")],
}


@pytest.mark.smoke
def test_both_panes_show_text_before_the_stream_ends(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    answer, end = threading.Event(), threading.Event()
    usage = {"prompt_tokens": 9, "completion_tokens": 20, "total_tokens": 29}
    steps = [
        delta(reasoning_content="Let me compare"),
        answer,
        delta(content="It is **9.9**, as $9.9 > 9.11$."),
        end,
        *chat(usage=usage).steps,
    ]
    with ScriptedServer(Reply(steps)) as server:
        notebook = ask_at(open_notebook, either, server, "%%qwq\nWhich is larger?")
        notebook.run(2)

        expect(pane(notebook, "reasoning-text")).to_have_text("Let me compare")
        expect(pane(notebook, "state")).to_have_text("Thinking…")
        answer.set()
        expect(pane(notebook, "answer-text").locator("strong")).to_have_text("9.9")
        expect(pane(notebook, "answer-text").locator("mjx-container")).to_have_count(1)
        assert not server.requests[0].answered.is_set()
        end.set()
        expect(pane(notebook, "state")).to_have_text("Done")
    expect(pane(notebook, "reasoning-text")).to_have_text("Let me compare")
    expect(pane(notebook, "footer-text")).to_contain_text("9 in · ≈ 6 reasoning · ≈ 14 answer · ")
    expect(pane(notebook, "footer-text")).to_contain_text(f" · qwq-32b · 127.0.0.1:{server.port}")


@pytest.mark.smoke
@pytest.mark.parametrize("how", ["button", pytest.param("interrupt", marks=pytest.mark.full)])
@pytest.mark.parametrize(
    "phase",
    [
        *(pytest.param(phase, marks=pytest.mark.full) for phase in PHASES if phase != "answering"),
        "answering",
    ],
)
def test_stop_in_any_phase_keeps_what_came_and_runs_what_is_queued(
    lab: Lab, open_notebook: OpenNotebook, phase: str, how: str
) -> None:
    reached, never = threading.Event(), threading.Event()
    steps: list[Step] = [*PHASES[phase], reached.set, never, delta(content=" too late"), DONE]
    with ScriptedServer(Reply(steps), chat(answer="Next.")) as server:
        notebook = ask_at(
            open_notebook,
            lab,
            server,
            "%%qwq -o stopped\nhi",
            "%%qwq\nand then?",
            "print(stopped.complete, stopped.error, repr(stopped.answer))",
        )
        # Like Run All: the cells after it are queued while the first one streams.
        for cell in (2, 3, 4):
            notebook.run(cell)
        assert reached.wait(30)
        expect(notebook.output(2).get_by_role("button", name="Stop")).to_be_visible()

        if how == "button":
            notebook.output(2).get_by_role("button", name="Stop").click()
        else:
            notebook.js("app.commands.execute('notebook:interrupt-kernel').then(() => null)")

        assert server.requests[0].disconnected.wait(15)
        expect(pane(notebook, "state")).to_have_text("Stopped")
        notebook.wait_idle()
        never.set()
    expect(pane(notebook, "answer-text", cell=3)).to_have_text("Next.")
    answer = "So it is" if phase == "answering" else ""
    expect(notebook.output(4)).to_have_text(f"False None {answer!r}")
    if phase != "connecting":
        expect(pane(notebook, "reasoning-text")).to_have_text("Hm, let me see.")
    assert "Traceback" not in str(notebook.outputs(2))


def test_a_failure_is_one_line_and_keeps_what_came(lab: Lab, open_notebook: OpenNotebook) -> None:
    error = b'data: {"error": {"code": "data_inspection_failed", "message": "Inappropriate"}}\n\n'
    with ScriptedServer(Reply([delta(content="So far"), error])) as server:
        notebook = ask_at(open_notebook, lab, server, "%%qwq\nhi")
        notebook.run(2, wait=True)

    expect(pane(notebook, "state")).to_have_text("Failed")
    expect(pane(notebook, "answer-text")).to_have_text("So far")
    expect(notebook.output(2)).to_contain_text(
        "data_inspection_failed: Inappropriate. Rephrase the prompt"
    )


def test_a_wait_is_counted_down_and_stop_ends_it(lab: Lab, open_notebook: OpenNotebook) -> None:
    busy = failure(429, {"error": {"message": "Slow down"}}, {"Retry-After": "50"})
    with ScriptedServer(busy) as server:
        notebook = ask_at(open_notebook, lab, server, "%%qwq\nhi")
        notebook.run(2)
        expect(pane(notebook, "state")).to_have_text(re.compile(r"Retrying in \d+ s…"))
        expect(pane(notebook, "state")).to_have_text(re.compile(r"Retrying in [1-4][0-8] s…"))

        notebook.output(2).get_by_role("button", name="Stop").click()

        expect(pane(notebook, "state")).to_have_text("Stopped")
        assert len(server.requests) == 1


@pytest.mark.smoke
def test_a_finished_cell_is_one_output_that_survives_its_kernel(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    reply = chat(reasoning="Reasons.", answer="**Answer**.\n\n```python\nx = 1\n```\n")
    with ScriptedServer(reply) as server:
        notebook = ask_at(open_notebook, either, server, "%%qwq\nhi")
        notebook.run(2, wait=True)
    [output] = notebook.outputs(2)
    assert notebook.output(2).evaluate("output => output.scrollWidth <= output.clientWidth")
    notebook.save()
    notebook.shut_kernel_down()

    notebook.reload()

    assert list(output["data"]) == [
        "application/vnd.qwq.turn.v1+json",
        "text/markdown",
        "text/plain",
    ]
    expect(pane(notebook, "answer-text").locator("strong")).to_have_text("Answer")
    expect(pane(notebook, "reasoning-body")).to_be_hidden()
    pane(notebook, "toggle").click()
    expect(pane(notebook, "section")).to_have_text("Reasons.")


def test_a_restarted_kernel_ends_the_panel_and_keeps_its_text(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    never = threading.Event()
    with ScriptedServer(Reply([delta(reasoning_content="Hm, let me see."), never])) as server:
        notebook = ask_at(open_notebook, lab, server, "%%qwq\nhi")
        notebook.run(2)
        expect(pane(notebook, "reasoning-text")).to_have_text("Hm, let me see.")

        notebook.js("panel.sessionContext.session.kernel.restart().then(() => null)")

        expect(pane(notebook, "state")).to_have_text("Stopped")
        never.set()
    expect(notebook.output(2)).to_contain_text("The connection to the kernel was lost")
    expect(pane(notebook, "reasoning-text")).to_have_text("Hm, let me see.")
    expect(notebook.output(2).get_by_role("button", name="Stop")).to_be_hidden()


@pytest.mark.parametrize("width", [420, 560, 700])
def test_stop_can_be_clicked_in_a_narrow_output(
    lab: Lab, open_notebook: OpenNotebook, width: int
) -> None:
    never = threading.Event()
    with ScriptedServer(Reply([delta(reasoning_content="Hm. " * 50), never])) as server:
        notebook = ask_at(open_notebook, lab, server, "%%qwq\nhi")
        notebook.page.set_viewport_size({"width": width, "height": 900})
        notebook.run(2)
        expect(pane(notebook, "reasoning-text")).to_contain_text("Hm.")

        notebook.output(2).get_by_role("button", name="Stop").click()

        expect(pane(notebook, "state")).to_have_text("Stopped")
        never.set()


RUN_SILENTLY = (
    "panel.sessionContext.session.kernel.requestExecute({code: arg, silent: true})"
    ".done.then((reply) => reply.content.status)"
)
# What is left of the answer would be over in a second.
HOLD_ANSWER = (
    "from qwq_magic import notebook_session\n"
    "notebook_session().advisors.append(HeldAnswer(steps, 'tenths', 'photographed'))"
)
# The demo need not stream at reading speed.
HURRY = "import os\nos.environ['QWQ_DEMO_SPEED'] = '20'"


def _take_picture(notebook: Notebook, path: Path) -> None:
    """Of the cell that loads the extension and the one that asks, without the test's own."""
    cells = notebook.page.locator(".jp-Notebook .jp-Cell")
    first, last = cells.nth(1).bounding_box(), cells.nth(2).bounding_box()
    assert first is not None
    assert last is not None
    height = last["y"] + last["height"] - first["y"]
    notebook.page.screenshot(path=path, clip={**first, "height": height})


def test_pictures_of_a_demo_cell(lab: Lab, open_notebook: OpenNotebook, tmp_path: Path) -> None:
    """Pictures for people; the README's is made by `QWQ_PICTURES=docs pytest -k pictures`."""
    target = Path(os.environ.get("QWQ_PICTURES") or tmp_path).resolve()
    notebook = open_notebook(
        lab,
        "%load_ext qwq_magic",
        "%%qwq -o reply\nWhich is larger, 9.11 or 9.9?",
    )
    notebook.is_worn = True
    notebook.js("app.commands.execute('application:toggle-left-area').then(() => null)")
    notebook.run(1, wait=True)
    # Silently: it has no cell in the pictures, and takes no number.
    assert notebook.js(RUN_SILENTLY, HOLD_ANSWER) == "ok"
    if not os.environ.get("QWQ_PICTURES"):
        assert notebook.js(RUN_SILENTLY, HURRY) == "ok"
    notebook.run(2)
    formula = pane(notebook, "answer-text").locator("mjx-container").first
    expect(formula).to_be_visible(timeout=60_000)
    _take_picture(notebook, target / "streaming.png")
    assert pane(notebook, "state").text_content() == "Answering…"
    notebook.release("photographed")
    expect(pane(notebook, "state")).to_have_text("Done", timeout=60_000)
    _take_picture(notebook, target / "finished.png")

    assert (target / "streaming.png").stat().st_size > 10_000
