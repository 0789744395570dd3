"""`%qwq_chat` in a real JupyterLab and Notebook 7, in front of a real server."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from browser.asking import ask_at
from browser.chats import Chat, chat_at, run_chat
from browser.conftest import OpenNotebook, OpenSaved
from browser.lab import Lab
from playwright.sync_api import expect
from server import DONE, Reply, ScriptedServer, Step, chat, delta, failure

CHAT_MIME = "application/vnd.qwq.chat.v1+json"


def _user_messages(server: ScriptedServer, number: int) -> list[str]:
    messages: list[dict[str, Any]] = server.requests[number].json["messages"]
    return [message["content"] for message in messages if message["role"] == "user"]


@pytest.mark.smoke
def test_both_panes_fill_while_no_cell_runs_and_the_next_turn_remembers(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    answer, end = threading.Event(), threading.Event()
    steps = [
        delta(reasoning_content="Let me compare"),
        answer,
        delta(content="It is **9.9**."),
        end,
        *chat(answer="").steps,
    ]
    with ScriptedServer(Reply(steps), chat(answer="By **0.79**.")) as server:
        page = chat_at(open_notebook, either, server, "%qwq_memory", "print(_qwq.answer)")
        page.ask("Which is larger?")

        expect(page.part("reasoning-text")).to_have_text("Let me compare")
        expect(page.part("state")).to_have_text("Thinking…")
        answer.set()
        expect(page.part("answer-text").locator("strong")).to_have_text("9.9")
        end.set()
        expect(page.live).to_have_count(0)
        expect(page.answers.locator("strong")).to_have_text("9.9")
        expect(page.output.locator(".qwq-toggle")).to_contain_text("Thought for")
        expect(page.box).to_be_focused()
        page.ask("By how much?")
        expect(page.turns).to_have_count(2)
        expect(page.answers.last.locator("strong")).to_have_text("0.79")

        assert _user_messages(server, 1) == ["Which is larger?", "By how much?"]
    page.notebook.run(3, wait=True)
    expect(page.notebook.output(3).locator("td").filter(has_text="By how much?")).to_have_count(1)
    page.notebook.run(4, wait=True)
    expect(page.notebook.output(4)).to_have_text("By **0.79**.")


def test_stop_keeps_what_came(lab: Lab, open_notebook: OpenNotebook) -> None:
    reached, never = threading.Event(), threading.Event()
    steps: list[Step] = [
        delta(reasoning_content="Hm."),
        delta(content="So it is"),
        reached.set,
        never,
        DONE,
    ]
    with ScriptedServer(Reply(steps)) as server:
        page = chat_at(open_notebook, lab, server, "print(_qwq.state, _qwq.answer)")
        page.ask("hi")
        assert reached.wait(30)
        expect(page.part("answer-text")).to_have_text("So it is")
        page.button("Stop").click()

        assert server.requests[0].disconnected.wait(15)
        expect(page.output.locator(".qwq-turn .qwq-state")).to_have_text("Stopped")
        expect(page.answers).to_have_text("So it is")
        expect(page.box).to_be_focused()
        expect(page.box).to_have_value("")
        never.set()
    page.notebook.run(3, wait=True)
    expect(page.notebook.output(3)).to_have_text("stopped So it is")


def test_a_chat_shows_turns_of_cells_and_cells_send_turns_of_the_chat(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    replies = [chat(answer=f"Reply {number}.") for number in (1, 2, 3)]
    with ScriptedServer(*replies) as server:
        cells = ("%%qwq\nfrom a cell", "%qwq_chat", "%%qwq\nagain from a cell")
        page = chat_at(open_notebook, lab, server, *cells)
        page.notebook.run(3, wait=True)
        # The one that was open hears of it when the cell has run, another finds it there.
        expect(page.answers).to_have_text(["Reply 1."])
        other = run_chat(page.notebook, 4)
        expect(other.answers).to_have_text(["Reply 1."])
        other.ask("from the chat")
        expect(other.answers).to_have_text(["Reply 1.", "Reply 2."])
        page.notebook.run(5, wait=True)

        expect(page.answers).to_have_text(["Reply 1.", "Reply 2.", "Reply 3."])
        prompts = ["from a cell", "from the chat", "again from a cell"]
        assert _user_messages(server, 2) == prompts


def test_conversations_are_switched_and_begun(lab: Lab, open_notebook: OpenNotebook) -> None:
    with ScriptedServer(chat(answer="In main."), chat(answer="In the new one.")) as server:
        page = chat_at(open_notebook, lab, server)
        page.ask("one")
        expect(page.answers).to_have_text(["In main."])
        page.output.get_by_role("button", name="New conversation").click()
        expect(page.turns).to_have_count(0)
        page.ask("two")
        expect(page.answers).to_have_text(["In the new one."])
        chosen = page.output.get_by_role("combobox", name="Conversation")
        expect(chosen).to_have_value("chat-1")
        chosen.select_option("main")

        expect(page.answers).to_have_text(["In main."])
        assert _user_messages(server, 1) == ["two"]


def test_a_failed_ask_is_a_line_and_what_was_typed_is_still_there(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    with ScriptedServer(failure(401, {"error": {"message": "Incorrect API key"}})) as server:
        page = chat_at(open_notebook, lab, server, "%config QwqMagics.runner = 'notebook'")
        page.ask("a long prompt")
        expect(page.output.locator(".qwq-turn .qwq-error")).to_contain_text("%qwq_login")
        expect(page.box).to_have_value("a long prompt")
        page.notebook.run(3, wait=True)
        page.ask("another")

        expect(page.line).to_contain_text('Run: %config QwqMagics.runner = "thread"')
        expect(page.line).to_have_class("qwq-chat-line qwq-error")
        expect(page.box).to_have_value("another")
        expect(page.turns).to_have_count(1)


def test_a_reloaded_page_shows_the_transcript_and_keeps_streaming(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    reached, end = threading.Event(), threading.Event()
    steps = [delta(content="The second"), reached.set, end, *chat(answer=" answer.").steps]
    with ScriptedServer(chat(answer="The first answer."), Reply(steps)) as server:
        page = chat_at(open_notebook, lab, server)
        page.ask("one")
        expect(page.answers).to_have_text(["The first answer."])
        page.ask("two")
        assert reached.wait(30)
        page.notebook.save()
        page.notebook.reload()

        expect(page.answers).to_have_text(["The first answer."])
        expect(page.part("answer-text")).to_have_text("The second")
        end.set()
        expect(page.answers).to_have_text(["The first answer.", "The second answer."])


def test_keys_typed_in_the_chat_are_not_the_notebooks(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    with ScriptedServer(chat(answer="Ok.")) as server:
        page = chat_at(open_notebook, lab, server, "1")
        page.box.click()
        page.notebook.page.keyboard.type("addxxyj")
        page.box.press("Shift+Enter")
        page.box.press("Escape")
        page.notebook.page.keyboard.type("bz")
        expect(page.box).to_have_value("addxxyj\nbz")
        page.box.press("Enter")
        server.wait_for_request()

        assert page.notebook.js("nb.widgets.length") == 4
        assert _user_messages(server, 0) == ["addxxyj\nbz"]


def test_enter_that_chooses_a_word_sends_nothing(lab: Lab, open_notebook: OpenNotebook) -> None:
    with ScriptedServer(chat(answer="Ok.")) as server:
        page = chat_at(open_notebook, lab, server)
        page.box.click()
        ime = page.notebook.page.context.new_cdp_session(page.notebook.page)
        ime.send("Input.imeSetComposition", {"text": "ni", "selectionStart": 2, "selectionEnd": 2})
        page.box.evaluate(
            "(box) => box.dispatchEvent(new KeyboardEvent('keydown',"
            " {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
        )
        ime.send("Input.insertText", {"text": "你好"})
        page.box.press("Enter")
        expect(page.answers).to_have_text(["Ok."])

        assert _user_messages(server, 0) == ["你好"]
        assert len(server.requests) == 1


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_hostile_turns_stay_text_in_the_chat(
    lab: Lab, open_notebook: OpenNotebook, theme: str
) -> None:
    hostile = (
        '<img src="http://127.0.0.1:9/x" onerror="window.ran = 1"><script>window.ran = 1</script>'
    )
    with ScriptedServer(chat(reasoning=hostile, answer=hostile)) as server:
        page = chat_at(open_notebook, lab, server)
        page.notebook.is_worn = True
        page.notebook.js("app.commands.execute('apputils:change-theme', {theme: arg})", theme)
        page.ask(hostile)
        expect(page.turns).to_have_count(1)
        expect(page.answers).to_contain_text("onerror")

        expect(page.output.locator(".qwq-chat-prompt-text")).to_have_text(hostile)
        assert page.output.locator("img, script").count() == 0
        assert page.notebook.page.evaluate("window.ran") is None
        assert [url for url in page.notebook.requests if ":9/x" in url] == []


def _saved(page: Chat) -> dict[str, Any]:
    [output] = page.notebook.outputs(2)
    data: dict[str, Any] = output["data"]
    return data


def test_a_saved_notebook_shows_the_turns_without_a_kernel(
    either: Lab, open_notebook: OpenNotebook
) -> None:
    replies = [chat(reasoning="Hm.", answer=f"The **{number}**.") for number in range(3)]
    with ScriptedServer(*replies) as server:
        page = chat_at(open_notebook, either, server)
        page.ask("one")
        expect(page.answers).to_have_text(["The 0."])
        page.ask("two")
        expect(page.answers).to_have_text(["The 0.", "The 1."])
        page.notebook.save()
        page.notebook.reload()
        # A kernel that lives is found again, and what it says next is saved as well.
        expect(page.answers).to_have_text(["The 0.", "The 1."])
        page.ask("three")
        expect(page.answers).to_have_text(["The 0.", "The 1.", "The 2."])
        page.notebook.page.wait_for_function(
            "(mime) => window.jupyterapp.shell.currentWidget.content.widgets[2].model"
            ".outputs.toJSON()[0].data[mime].turns.length === 3",
            arg=CHAT_MIME,
        )
        expect(page.box).to_be_focused()

    saved = _saved(page)
    assert [turn["prompt"] for turn in saved[CHAT_MIME]["turns"]] == ["one", "two", "three"]
    assert "three" in saved["text/markdown"]
    page.notebook.save()
    page.notebook.shut_kernel_down()
    page.notebook.reload()
    expect(page.answers).to_have_text(["The 0.", "The 1.", "The 2."])
    expect(page.output).to_contain_text("Run the cell to continue this chat.")
    expect(page.output).not_to_contain_text("Error displaying widget")
    expect(page.box).to_have_count(0)


def test_a_chat_works_without_the_renderer(plain_lab: Lab, open_notebook: OpenNotebook) -> None:
    with ScriptedServer(chat(answer="The **answer**.")) as server:
        page = Chat(ask_at(open_notebook, plain_lab, server, "%qwq_chat"), 2)
        page.notebook.run(2, wait=True)
        page.ask("one")
        expect(page.answers).to_have_text(["The answer."])

    assert CHAT_MIME not in _saved(page)


def test_a_kernel_restart_is_reported_and_typed_text_stays(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    with ScriptedServer(chat(answer="Ok.")) as server:
        page = chat_at(open_notebook, lab, server)
        page.ask("one")
        expect(page.answers).to_have_text(["Ok."])
        page.box.fill("two")
        page.notebook.js("panel.sessionContext.restartKernel().then(() => null)")

        expect(page.line).to_contain_text("Run the cell again to continue")
        page.box.press("Enter")
        expect(page.box).to_have_value("two")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"id": "x", "turns": "no list"},
        {
            "id": ["x"],
            "conversation": 7,
            "turns": [None, 3, {"prompt": {"a": 1}, "turn": "no turn"}],
        },
        {"conversation": "<img src=x onerror='window.ran=1'>", "turns": [{"prompt": "<b>hi</b>"}]},
    ],
)
def test_a_chat_in_a_received_notebook_is_only_data(
    lab: Lab, open_saved: OpenSaved, data: Any
) -> None:
    notebook = open_saved(lab, {CHAT_MIME: data, "text/plain": "fallback"})

    expect(notebook.output(0).locator(".qwq-chat")).to_have_count(1)
    assert notebook.output(0).locator("img, b, script").count() == 0
    assert notebook.page.evaluate("window.ran") is None


def test_the_prompt_box_stays_in_sight_while_turns_push_it_down(
    lab: Lab, open_notebook: OpenNotebook
) -> None:
    long = "\n\n".join(f"Line {number}." for number in range(60))
    with ScriptedServer(chat(answer=long)) as server:
        page = chat_at(open_notebook, lab, server, *["1"] * 5)
        page.ask("one")
        expect(page.answers).to_contain_text("Line 59.")

        expect(page.box).to_be_in_viewport()
        expect(page.box).to_be_focused()
