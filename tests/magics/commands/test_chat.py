"""`%qwq_chat` in a real kernel, driven without a browser."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from kernel import TIMEOUT_S, Kernel
from magics.conftest import AskAt
from server import ScriptedServer, chat

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
OpenChat: TypeAlias = Callable[..., str]


def _say(kernel: Kernel, model_id: str, **message: Any) -> Any:
    """Say something as a view in the browser would, while no cell runs."""
    content = {"comm_id": model_id, "data": {"method": "custom", "content": message}}
    sent = kernel.client.session.msg("comm_msg", content)
    kernel.client.shell_channel.send(sent)
    return sent["header"]["msg_id"]


def _heard(kernel: Kernel, model_id: str, kind: str) -> Any:
    """The next message of a kind that this chat sends, whatever comes between."""
    while True:
        message = kernel.client.get_iopub_msg(timeout=TIMEOUT_S)
        data = message["content"].get("data", {})
        content = data.get("content", {}) if isinstance(data, dict) else {}
        if message["content"].get("comm_id") == model_id and content.get("type") == kind:
            return content


@pytest.fixture
def chat_in(kernel: Kernel) -> Iterator[OpenChat]:
    """Open a chat in a cell; its model's id."""

    def open_(line: str = "", cell_id: str = "chat-cell") -> str:
        [shown] = kernel.run(f"%qwq_chat {line}", cell_id=cell_id).of_type("display_data")
        model_id: str = shown["data"][WIDGET_MIME]["model_id"]
        return model_id

    yield open_
    kernel.run("import ipywidgets; ipywidgets.Widget.close_all()")


def test_an_ask_in_the_chat_is_answered_while_no_cell_runs(
    kernel: Kernel, ask_at: AskAt, chat_in: OpenChat
) -> None:
    with ScriptedServer(chat(reasoning="Hm.", answer="42")) as server:
        ask_at(server)
        model_id = chat_in("-c kept")
        _say(kernel, model_id, type="ask", id="a1", text="hi")
        first = _heard(kernel, model_id, "page")["page"]
        ended = first if first["live"] is None else _heard(kernel, model_id, "page")["page"]

    [turn] = ended["turns"].values()
    assert (turn["prompt"], turn["turn"]["answer"], ended["live"]) == ("hi", "42", None)
    kept = "[turn.prompt for turn in get_ipython().magics_manager.registry['QwqMagics']"
    assert kernel.value(f"{kept}.context.session.memory_of('kept')]") == "['hi']"
    assert kernel.value("_qwq.answer") == "'42'"


def test_a_setting_changed_meanwhile_holds_for_the_next_ask(
    kernel: Kernel, ask_at: AskAt, chat_in: OpenChat
) -> None:
    with ScriptedServer(chat(answer="42")) as server:
        model_id = chat_in("-c later")
        ask_at(server)
        _say(kernel, model_id, type="ask", id="a1", text="hi")
        server.wait_for_request()

        assert server.requests[0].json["model"] == "qwq-32b"


def test_behind_the_widget_stands_the_conversation_as_text(
    kernel: Kernel, ask_at: AskAt, chat_in: OpenChat
) -> None:
    with ScriptedServer(chat(answer="**42**")) as server:
        ask_at(server)
        kernel.run("%%qwq -c told\nWhat is six times seven?", cell_id="a")
    [shown] = kernel.run("%qwq_chat -c told", cell_id="b").of_type("display_data")

    assert list(shown["data"]) == [WIDGET_MIME, "text/markdown", "text/plain"]
    assert "What is six times seven?" in shown["data"]["text/markdown"]
    assert shown["data"]["text/plain"].startswith("Chat in conversation 'told': 1 turn.")


def test_a_chat_as_a_cells_value_is_the_notebooks(kernel: Kernel) -> None:
    execution = kernel.run("from qwq_magic import ChatWidget\nchat = ChatWidget()\nchat")

    [shown] = execution.of_type("display_data", "execute_result")
    assert WIDGET_MIME in shown["data"]
    same = "chat.session is __import__('qwq_magic').notebook_session()"
    assert kernel.value(same) == "True"


def test_a_cell_that_runs_again_closes_the_chat_it_had(kernel: Kernel, chat_in: OpenChat) -> None:
    before = chat_in()
    closed = kernel.run("%qwq_chat", cell_id="chat-cell").of_type("comm_close")

    assert before in [message["comm_id"] for message in closed]


@pytest.mark.parametrize("line", ["-m qwq-32b", "hello", "-c"])
def test_what_is_no_chat_is_said_in_a_line(kernel: Kernel, line: str) -> None:
    execution = kernel.run(f"%qwq_chat {line}")

    assert execution.text("stderr").startswith("UsageError: ")
    assert execution.text("stderr").count("\n") == 1
    assert execution.of_type("display_data") == []
