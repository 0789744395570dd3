"""The kernel's side of the chat: what a browser says, and what it is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes import EndlessModel, GatedModel, ScriptedModel
from IPython.display import DisplayHandle
from recording_comm import Message, Sent, custom

from qwq_magic import Session
from qwq_magic.display.live.chat import ChatWidget
from qwq_magic.display.saved import chat as chat_bundle
from qwq_magic.display.saved.chat import CHAT_MIME
from qwq_magic.display.saved.conversation_markdown import entry_markdown
from qwq_magic.errors import ConfigurationError, ServerFailure
from qwq_magic.events import AnswerDelta, ReasoningDelta
from qwq_magic.memory.conversation import Entry

DEADLINE_S = 20


class Browser:
    """Says things to one chat, and reads what it is sent."""

    def __init__(self, session: Session, sent: Sent, conversation: str | None = None) -> None:
        self.chat = ChatWidget(session, conversation)
        self._sent = sent

    def say(self, **message: Any) -> None:
        self.chat.comm.handle_msg(
            {"content": {"data": {"method": "custom", "content": message}}, "buffers": []}
        )

    def ask(self, text: str, ask_id: str = "a1") -> None:
        self.say(type="ask", id=ask_id, text=text)

    def received(self, kind: str) -> list[Message]:
        return [message for message in custom(self._sent) if message.get("type") == kind]

    @property
    def page(self) -> Message:
        """The last page."""
        page: Message = self.received("page")[-1]["page"]
        return page

    def wait(self, until: Callable[[], object]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not until():
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def wait_for_turns(self, count: int) -> None:
        self.wait(lambda: len(self.page["keys"]) == count and self.page["live"] is None)


@pytest.fixture
def browser(sent: Sent) -> Iterator[Callable[..., Browser]]:
    opened: list[Browser] = []

    def open_(model: Any, conversation: str | None = None) -> Browser:
        session = model if isinstance(model, Session) else Session(model=model)
        opened.append(Browser(session, sent, conversation))
        return opened[-1]

    yield open_
    for each in opened:
        each.chat.close()


def test_a_prompt_is_accepted_streams_into_panes_and_ends_in_the_transcript(
    browser: Callable[..., Browser], sent: Sent
) -> None:
    page = browser(ScriptedModel())
    page.ask("hi")
    page.wait_for_turns(1)

    live, ended = (message["page"] for message in page.received("page"))
    assert page.received("heard") == [{"type": "heard", "id": "a1", "text": ""}]
    assert (live["live"]["prompt"], len(live["live"]["panes"]), live["keys"]) == ("hi", 3, [])
    [turn] = ended["turns"].values()
    assert (turn["prompt"], turn["turn"]["reasoning"]) == ("hi", "Hm. Yes.")
    assert (turn["turn"]["answer"], turn["turn"]["state"]) == ("42", "complete")
    deltas = [m["text"] for m in custom(sent) if m.get("type") == "delta"]
    assert "".join(deltas) == "Hm. Yes.42"


def test_a_turn_whose_analysis_fails_ends_all_the_same(
    browser: Callable[..., Browser], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OverflowError

    monkeypatch.setattr("qwq_magic.reasoning.steps_of", fail)
    page = browser(ScriptedModel())
    page.ask("an analysis that fails")
    page.wait_for_turns(1)

    [turn] = page.page["turns"].values()
    assert (turn["turn"]["answer"], turn["turn"]["state"]) == ("42", "complete")


def test_the_turn_is_in_the_page_before_its_panes_close(
    browser: Callable[..., Browser], sent: Sent
) -> None:
    page = browser(ScriptedModel())
    page.ask("hi")
    page.wait(lambda: any(kind == "comm_close" for kind, _ in list(sent)))

    closed = next(index for index, (kind, _) in enumerate(sent) if kind == "comm_close")
    pages = [m for m in custom(sent[:closed]) if m.get("type") == "page"]
    assert len(pages[-1]["page"]["keys"]) == 1


def test_a_chat_and_the_cells_share_one_memory(
    browser: Callable[..., Browser],
) -> None:
    model = ScriptedModel()
    session = Session(model=model)
    session.ask("first")
    page = browser(session)
    page.ask("second")
    page.wait_for_turns(2)
    session.ask("third")

    prompts = [[m.text for m in r.messages if m.role == "user"] for r in model.requests]
    assert prompts == [["first"], ["first", "second"], ["first", "second", "third"]]
    assert [turn.prompt for turn in session.memory] == ["first", "second", "third"]


def test_a_page_that_loads_finds_all_turns_in_the_state(browser: Callable[..., Browser]) -> None:
    session = Session(model=ScriptedModel())
    session.ask("first")
    page = browser(session)
    page.ask("second")
    page.wait_for_turns(2)

    state = page.chat.get_state("page")["page"]
    assert [turn["prompt"] for turn in state["turns"].values()] == ["first", "second"]
    assert state["keys"] == list(state["turns"])


def test_the_text_of_a_turn_is_sent_once_and_again_when_it_is_missed(
    browser: Callable[..., Browser],
) -> None:
    page = browser(ScriptedModel())
    page.ask("first")
    page.wait_for_turns(1)
    page.ask("second", "a2")
    page.wait_for_turns(2)
    once = [turn["prompt"] for turn in page.page["turns"].values()]
    page.say(type="whole")

    assert once == ["second"]
    assert [turn["prompt"] for turn in page.page["turns"].values()] == ["first", "second"]


def test_turns_of_cells_arrive_with_the_next_refresh(browser: Callable[..., Browser]) -> None:
    session = Session(model=ScriptedModel())
    page = browser(session)
    session.ask("in a cell")
    page.say(type="refresh")
    page.say(type="refresh")

    [sent_once] = page.received("page")
    assert [t["prompt"] for t in sent_once["page"]["turns"].values()] == ["in a cell"]


def test_what_is_dropped_or_hidden_changes_the_page(browser: Callable[..., Browser]) -> None:
    session = Session(model=ScriptedModel())
    for prompt in ("a", "b", "c"):
        session.ask(prompt)
    page = browser(session)
    session.memory.drop(1)
    session.memory.hide(1)
    page.say(type="refresh")

    shown = [page.page["turns"][key] for key in page.page["keys"]]
    assert [(t["number"], t["prompt"], t["hidden"]) for t in shown] == [
        (1, "b", True),
        (2, "c", False),
    ]


def test_stop_ends_the_reply_and_keeps_what_came(browser: Callable[..., Browser]) -> None:
    model = EndlessModel([ReasoningDelta("Hm."), AnswerDelta("So")])
    page = browser(model)
    page.ask("hi")
    page.wait(lambda: model.requests)
    page.say(type="stop")
    page.wait_for_turns(1)

    [turn] = page.page["turns"].values()
    assert turn["turn"]["state"] == "stopped"
    assert model.is_closed
    assert page.received("failed") == []


def test_a_refused_ask_is_one_line_and_nothing_is_remembered(
    browser: Callable[..., Browser],
) -> None:
    session = Session(model=ScriptedModel(), runner="notebook")
    page = browser(session)
    page.ask("hi")

    [refused] = page.received("refused")
    assert refused["id"] == "a1"
    assert 'Run: %config QwqMagics.runner = "thread"' in refused["text"]
    assert len(session.memory) == 0


def test_a_failed_reply_says_which_ask_it_was(browser: Callable[..., Browser]) -> None:
    page = browser(ScriptedModel([], error=ServerFailure("Busy. Ask again.")))
    page.ask("hi", "a7")
    page.wait_for_turns(1)

    [turn] = page.page["turns"].values()
    assert page.received("failed") == [{"type": "failed", "id": "a7"}]
    assert (turn["turn"]["state"], turn["turn"]["error"]["message"]) == (
        "error",
        "Busy. Ask again.",
    )


def test_a_second_ask_waits_for_the_first_to_end(browser: Callable[..., Browser]) -> None:
    page = browser(EndlessModel())
    page.ask("first", "a1")
    page.ask("second", "a2")

    [refused] = page.received("refused")
    assert (refused["id"], "still in progress" in refused["text"]) == ("a2", True)


def test_a_new_conversation_starts_empty_while_the_old_one_streams(
    browser: Callable[..., Browser],
) -> None:
    model = GatedModel()
    gate = model.gate("slow")
    session = Session(model=model)
    page = browser(session)
    page.ask("slow")
    page.wait(lambda: model.requests)
    page.say(type="new")
    new = page.page
    page.ask("quick", "a2")
    page.wait_for_turns(1)
    page.say(type="select", conversation="main")
    back = page.page
    gate.set()
    page.wait_for_turns(1)

    assert (new["conversation"], new["keys"], new["live"]) == ("chat-1", [], None)
    assert new["names"] == ["main", "chat-1"]
    assert (back["conversation"], back["live"]["prompt"]) == ("main", "slow")
    assert [m.text for m in model.requests[1].messages] == ["quick"]
    turns = {
        name: [turn.answer for turn in memory] for name, memory in session.conversations.items()
    }
    assert turns == {"main": ["SLOW"], "chat-1": ["QUICK"]}


def test_a_renamed_conversation_stays_in_its_chat(browser: Callable[..., Browser]) -> None:
    model = ScriptedModel()
    session = Session(model=model)
    page = browser(session)
    session.ask("first")
    page.say(type="refresh")
    session.conversations.rename("main", "plans")
    page.say(type="refresh")
    renamed = page.page
    page.ask("second")
    page.wait_for_turns(2)

    assert (renamed["conversation"], renamed["names"], len(renamed["keys"])) == (
        "plans",
        ["plans"],
        1,
    )
    assert [turn.prompt for turn in session.conversations["plans"]] == ["first", "second"]
    assert page.chat.conversation == "plans"
    assert list(session.conversations) == ["plans"]


def test_a_conversation_may_be_renamed_while_its_reply_comes(
    browser: Callable[..., Browser],
) -> None:
    model = EndlessModel([AnswerDelta("So")])
    session = Session(model=model)
    page = browser(session, "draft")
    page.ask("hi")
    page.wait(lambda: model.requests)
    session.conversations.rename("draft", "plans")
    page.say(type="refresh")
    renamed = page.page
    page.say(type="stop")
    page.wait_for_turns(1)

    assert (renamed["conversation"], renamed["live"]["prompt"]) == ("plans", "hi")
    assert [turn.answer for turn in session.conversations["plans"]] == ["So"]


def test_the_current_conversation_may_be_renamed_before_its_first_turn(
    browser: Callable[..., Browser],
) -> None:
    session = Session(model=ScriptedModel())
    page = browser(session)
    session.conversations.rename("main", "plans")
    page.ask("hi")
    page.wait_for_turns(1)

    assert list(session.conversations) == ["plans"]


def test_an_empty_new_conversation_is_reused(browser: Callable[..., Browser]) -> None:
    page = browser(ScriptedModel())
    page.say(type="new")
    page.say(type="new")

    assert page.page["conversation"] == "main"


def test_a_long_conversation_shows_its_latest_turns_and_earlier_ones_on_request(
    browser: Callable[..., Browser],
) -> None:
    session = Session(model=GatedModel())
    for number in range(1, 41):
        session.ask(f"n{number}")
    page = browser(session)
    first = page.chat.get_state("page")["page"]
    page.say(type="earlier")

    assert (len(first["keys"]), first["earlier"]) == (30, 10)
    assert (len(page.page["keys"]), page.page["earlier"]) == (40, 0)
    assert [t["prompt"] for t in page.page["turns"].values()] == [f"n{n}" for n in range(1, 11)]


def test_what_the_browser_says_wrongly_changes_nothing(browser: Callable[..., Browser]) -> None:
    page = browser(ScriptedModel())
    page.say(type="ask", id=7, text="hi")
    page.say(type="ask", id="a1")
    page.say(type="select", conversation="two\nlines")
    page.say(type="no such thing")

    assert page.received("page") == []
    assert page.chat.conversation == "main"


def test_a_closed_chat_stops_its_reply(browser: Callable[..., Browser]) -> None:
    model = EndlessModel()
    session = Session(model=model)
    page = browser(session)
    page.ask("hi")
    page.wait(lambda: model.requests)
    page.chat.close()
    page.wait(lambda: len(session.memory) == 1)

    assert session.memory.turns[0].state == "stopped"


def test_a_conversation_that_cannot_be_named_is_refused_at_once(sent: Sent) -> None:
    with pytest.raises(ConfigurationError, match="is not a valid conversation name"):
        ChatWidget(Session(server="demo"), "two\nlines")


def test_a_chat_without_a_session_has_one_of_its_own(sent: Sent) -> None:
    chat = ChatWidget()

    assert isinstance(chat.session, Session)
    chat.close()


def test_a_page_with_the_renderer_is_given_what_is_saved(
    browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[tuple[str, Message]] = []
    for way in ("display", "update"):
        monkeypatch.setattr(
            DisplayHandle, way, lambda _, bundle, way=way, raw=False: shown.append((way, bundle))
        )
    page = browser(ScriptedModel())
    page.ask("hi")
    page.wait_for_turns(1)
    page.chat._ipython_display_()
    page.say(type="renderer")
    page.say(type="renderer")
    page.say(type="save")

    (displayed, widget), (updated, saved) = shown
    assert (displayed, updated) == ("display", "update")
    assert next(iter(widget)) == "application/vnd.jupyter.widget-view+json"
    [again] = page.received("saved")
    assert again["bundle"] == saved
    assert saved[CHAT_MIME]["keys"] == page.page["keys"]
    assert [turn["prompt"] for turn in saved[CHAT_MIME]["turns"]] == ["hi"]


def test_a_turn_is_written_once_however_often_the_chat_is_saved(
    browser: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def write(entry: Entry) -> str:
        written.append(entry.turn.prompt)
        return entry_markdown(entry)

    monkeypatch.setattr(chat_bundle, "entry_markdown", write)
    page = browser(ScriptedModel())
    for count, prompt in enumerate(("one", "two"), 1):
        page.ask(prompt)
        page.wait_for_turns(count)
        page.say(type="save")
    page.chat.session.conversations["main"].hide(1)
    page.say(type="save")

    assert written == ["one", "two", "one"]
    [first, _] = page.received("saved")[-1]["bundle"][CHAT_MIME]["turns"]
    assert first["hidden"] is True
