"""Text that turns out to be reasoning moves to its pane, in a real JupyterLab, in mid-stream."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from browser.asking import ask_at, pane
from browser.conftest import OpenNotebook
from browser.lab import Lab
from playwright.sync_api import expect
from server import DONE, Reply, ScriptedServer, Step, delta

REASONING = "Let me compare 9.11 and 9.9.\n\nSince 0.9 > 0.11, it is 9.9."


def test_text_moves_at_a_closing_tag_and_all_views_agree(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    tag, answer, more, end = (threading.Event() for _ in range(4))
    first: list[Step] = [
        *(delta(content=text) for text in (REASONING[:20], REASONING[20:])),
        *(tag, delta(content="\n</thi"), delta(content="nk>")),
        *(answer, delta(content="\n\nIt is **9.9**."), end, delta("stop"), DONE),
    ]
    second: list[Step] = [
        delta(content="Hm."),
        more,
        delta(content="</think>\n\nYes."),
        delta("stop"),
        DONE,
    ]
    with ScriptedServer(Reply(first), Reply(second)) as server:
        notebook = ask_at(
            open_notebook,
            either,
            server,
            "%%qwq -o turn\nWhich is larger?",
            "%%qwq\nSure?",
            "print(repr(turn.reasoning), repr(turn.answer), turn.metrics.steps)\n"
            "from qwq_magic import notebook_session\n"
            "print(notebook_session().memory.turns[0] is turn)",
        )
        notebook.run(2)
        expect(pane(notebook, "answer-text")).to_contain_text("it is 9.9.")
        expect(pane(notebook, "state")).to_have_text("Answering…")
        tag.set()
        expect(pane(notebook, "reasoning-text")).to_contain_text("it is 9.9.")
        expect(pane(notebook, "answer-text")).to_have_text("")
        expect(pane(notebook, "state")).to_have_text("Thinking…")
        if folder := os.environ.get("QWQ_SCREENSHOTS"):
            notebook.output(2).screenshot(path=str(Path(folder) / "moved-tag.png"))
        answer.set()
        expect(pane(notebook, "answer-text").locator("strong")).to_have_text("9.9")
        expect(pane(notebook, "answer-text")).not_to_contain_text("compare")
        expect(pane(notebook, "state")).to_have_text("Answering…")
        if folder:
            notebook.output(2).screenshot(path=str(Path(folder) / "moved-answer.png"))
        assert not server.requests[0].answered.is_set()
        end.set()
        expect(pane(notebook, "state")).to_have_text("Done")
        expect(pane(notebook, "toggle")).to_contain_text("Thought for")
        expect(pane(notebook, "reasoning-text")).to_contain_text("it is 9.9.")
        expect(pane(notebook, "answer-text")).to_have_text("It is 9.9.")
        # From here on, this model begins inside the reasoning.
        notebook.run(3)
        expect(pane(notebook, "reasoning-text", cell=3)).to_have_text("Hm.")
        expect(pane(notebook, "answer-text", cell=3)).to_have_text("")
        more.set()
        expect(pane(notebook, "answer-text", cell=3)).to_have_text("Yes.")
        notebook.run(4, wait=True)
    saved = f"{REASONING}\n"
    expect(notebook.output(4)).to_contain_text(f"{saved!r} 'It is **9.9**.'")
    expect(notebook.output(4)).to_contain_text("True")


def test_a_reply_that_the_server_cut_is_amber_and_says_how_below_its_last_words(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    steps = [delta(content="The first"), delta("length"), DONE]
    filtered = [delta(content="The first"), delta("sensitive"), DONE]
    with ScriptedServer(Reply(steps), Reply(filtered)) as server:
        notebook = ask_at(
            open_notebook, lab, server, "%%qwq -p max_tokens=50\nhi", "%%qwq\nhi again"
        )
        notebook.run(2)
        expect(pane(notebook, "state")).to_have_text("Cut off")
        expect(pane(notebook, "state")).to_have_attribute("data-state", "stopped")
        expect(pane(notebook, "ending")).to_contain_text("-p max_tokens=100")
        notebook.run(3)
        expect(pane(notebook, "state", cell=3)).to_have_text("Filtered")
        expect(pane(notebook, "ending", cell=3)).to_have_text("The answer is cut off.")
        expect(pane(notebook, "notice", cell=3)).to_contain_text("content filter")
        if folder := os.environ.get("QWQ_SCREENSHOTS"):
            notebook.output(2).screenshot(path=str(Path(folder) / "cut.png"))
            notebook.output(3).screenshot(path=str(Path(folder) / "filtered.png"))
