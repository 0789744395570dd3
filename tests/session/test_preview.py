from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from fakes import EndlessModel, ScriptedModel
from server import ScriptedServer, chat

from qwq_magic.advisors import CallNext
from qwq_magic.errors import AdvisorFailed, ConfigurationError, QwqError, UnsupportedFeature
from qwq_magic.events import Event
from qwq_magic.session import Session
from qwq_magic.settings.layers import ProtocolName
from qwq_magic.turns import ChatRequest, Message, Turn


def _http(server: ScriptedServer, **settings: Any) -> Session:
    return Session(base_url=server.url, model="m", **settings)


def test_a_preview_is_what_an_ask_sends() -> None:
    with ScriptedServer(chat(answer="one")) as server:
        session = _http(server, system="Be brief.", parameters={"max_tokens": 9})
        session.ask("first")

        preview = session.preview("second")

        assert len(server.requests) == 1
        session.ask("second")
        sent = server.requests[1].json
    assert [(m.role, m.text) for m in preview.messages] == [
        (m["role"], m["content"]) for m in sent.pop("messages")
    ]
    assert preview.fields == sent
    assert (preview.url, preview.model) == (f"{server.url}/chat/completions", "m")
    assert preview.context.startswith("turn 1, ≈ ")


@pytest.mark.parametrize("protocol", ["openai", "dashscope", "ollama", "responses", "anthropic"])
def test_every_protocol_says_what_it_would_send(protocol: ProtocolName) -> None:
    def messages_of(body: Any) -> Any:
        if isinstance(body.get("input"), list):
            return body.pop("input")
        first = [{"content": body.pop("system")}] if "system" in body else []
        return [*first, *body.get("input", body).pop("messages")]

    with ScriptedServer(chat(answer="one")) as server:
        session = Session(
            base_url=server.origin,
            protocol=protocol,
            model="m",
            system="Be brief.",
            parameters={"max_tokens": 9},
        )

        preview = session.preview("hi")

        with suppress(QwqError):
            session.ask("hi")  # the reply is of another protocol, but the request is what counts
        request = server.requests[0]
    sent = request.json
    assert preview.url == server.origin + request.path
    assert [m.text for m in preview.messages] == [m["content"] for m in messages_of(sent)]
    assert preview.fields == sent


def test_a_preview_sends_nothing_and_remembers_nothing() -> None:
    model = ScriptedModel()
    session = Session(model=model)

    preview = session.preview("hi")

    assert preview.messages == (Message("user", "hi"),)
    assert (model.requests, session.memory.turns, preview.context) == ([], (), "")
    assert session.ask("hi").complete


def test_a_preview_shows_what_advisors_make_of_a_request() -> None:
    class Shout:
        def before(self, request: ChatRequest) -> ChatRequest:
            return replace(request, messages=(Message("user", request.prompt.upper()),))

        def after(self, turn: Turn) -> None:
            self.state = turn.state

    shout = Shout()

    preview = Session(model=ScriptedModel(), advisors=[shout]).preview("hi")

    assert [m.text for m in preview.messages] == ["HI"]
    assert shout.state == "stopped"


def test_an_advisor_that_answers_itself_leaves_nothing_to_preview() -> None:
    class Cache:
        async def advise(self, request: ChatRequest, call_next: CallNext) -> AsyncIterator[Event]:
            return
            yield

    with pytest.raises(ConfigurationError, match="an advisor answers this prompt itself"):
        Session(model=ScriptedModel(), advisors=[Cache()]).preview("hi")


def test_what_would_keep_an_ask_from_being_sent_keeps_its_preview_from_being_made() -> None:
    class Broken:
        def before(self, request: ChatRequest) -> None:
            raise KeyError("k")

    with pytest.raises(AdvisorFailed):
        Session(model=ScriptedModel(), advisors=[Broken()]).preview("hi")
    with pytest.raises(UnsupportedFeature):
        Session(
            server="dashscope",
            model="qwq-plus",
            api_key="k" * 20,
            parameters={"response_format": {"type": "json_object"}},
        ).preview("hi")


def test_what_is_said_once_is_still_said_by_the_ask_after_a_preview() -> None:
    with ScriptedServer(chat(answer="ok")) as server:
        session = Session(base_url=server.url, model="qwq-32b", system="Be brief.")

        preview = session.preview("hi")

        assert preview.notices == session.ask("hi").notices != ()


def test_a_preview_does_not_wait_for_an_ask_under_way() -> None:
    model = EndlessModel()
    session = Session(model=model)
    with session.start("first"):
        preview = session.preview("second")

    assert [m.text for m in preview.messages] == ["second"]
    assert session.preview("third").tokens == 1
