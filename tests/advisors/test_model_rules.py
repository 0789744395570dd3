import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fakes import REPLY, ScriptedModel

from qwq_magic import Session
from qwq_magic.advisors import Chain, ModelRulesAdvisor
from qwq_magic.advisors.model_rules import SessionNotices
from qwq_magic.errors import ConfigurationError, ModelNotFound, UnsupportedFeature
from qwq_magic.events import AnswerDelta, Event, Notice, StreamFinished
from qwq_magic.turns import ChatRequest, Message

GONE = ModelNotFound("No such model.", status=404, code="model_not_found", request_id="r1")


class RetiringModel(ScriptedModel):
    """Knows every model but these."""

    gone = ("qwq-plus", "qwq-32b")

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        async for event in super().stream(request):
            if request.model in self.gone:
                raise GONE
            yield event


def _ask(
    chat_model: ScriptedModel,
    *,
    session_notices: SessionNotices | None = None,
    is_hosted: bool = True,
    is_pinned: bool = False,
    **fields: Any,
) -> list[Event]:
    messages = fields.pop("messages", (Message("user", "why?"),))
    request = ChatRequest("why?", fields.pop("model", "qwq-plus"), messages, **fields)
    advisor = ModelRulesAdvisor(
        session_notices or SessionNotices(), is_hosted=is_hosted, is_pinned=is_pinned
    )

    async def collect() -> list[Event]:
        return [event async for event in Chain([advisor], chat_model).stream(request)]

    return asyncio.run(collect())


@pytest.mark.parametrize("name", ["response_format", "partial", "cache_control"])
def test_what_qwq_refuses_is_refused_before_it_is_sent(name: str) -> None:
    model = ScriptedModel()

    with pytest.raises(UnsupportedFeature, match=f"qwq-plus does not accept '{name}'"):
        _ask(model, parameters={name: True})

    assert model.requests == []


def test_what_a_model_takes_one_at_a_time_is_refused_together() -> None:
    parameters = {"thinking_budget": 9, "reasoning_effort": "low"}

    with pytest.raises(UnsupportedFeature, match="reasoning_effort and thinking_budget together"):
        _ask(ScriptedModel(), model="qwen3.8-max", parameters=parameters)
    assert _ask(ScriptedModel(), model="qwen3.6-plus", parameters=parameters) == list(REPLY)


@pytest.mark.parametrize("name", ["stream", "messages", "model"])
def test_what_every_request_sets_is_not_a_parameter(name: str) -> None:
    with pytest.raises(ConfigurationError, match="is set automatically"):
        _ask(ScriptedModel(), model="other", parameters={name: False})


def test_sampling_is_not_sent_to_hosted_qwq_and_that_is_said_once() -> None:
    session_notices, model = SessionNotices(), ScriptedModel()
    parameters = {"temperature": 0.6, "max_tokens": 9}

    first = _ask(model, session_notices=session_notices, parameters=parameters)
    second = _ask(model, session_notices=session_notices, parameters=parameters)

    assert first[0] == Notice("temperature: no effect on hosted qwq-plus, so not sent.")
    assert second == list(REPLY)
    assert [request.parameters for request in model.requests] == [{"max_tokens": 9}] * 2


def test_sampling_is_sent_to_open_weights() -> None:
    model = ScriptedModel()

    events = _ask(model, is_hosted=False, model="Qwen/QwQ-32B", parameters={"temperature": 0.6})

    assert events == list(REPLY)
    assert model.requests[0].parameters == {"temperature": 0.6}


def test_greedy_decoding_of_open_weights_gets_a_better_suggestion() -> None:
    model = ScriptedModel()

    events = _ask(model, is_hosted=False, model="Qwen/QwQ-32B", parameters={"temperature": 0})

    assert isinstance(events[0], Notice)
    assert "temperature=0.6 and top_p=0.95" in events[0].text
    assert model.requests[0].parameters == {"temperature": 0}


def test_a_system_message_is_sent_and_discouraged() -> None:
    model = ScriptedModel()
    messages = (Message("system", "Be brief."), Message("user", "why?"))

    events = _ask(model, messages=messages)

    assert isinstance(events[0], Notice)
    assert "works best without a system message" in events[0].text
    assert model.requests[0].messages == messages


def test_other_models_have_other_rules() -> None:
    model = ScriptedModel()

    events = _ask(model, model="qwen3.8-max", parameters={"response_format": 1, "temperature": 1})

    assert events == list(REPLY)


def test_a_retired_default_gives_way_to_its_successor_with_thinking_on() -> None:
    model = RetiringModel()

    events = _ask(model, parameters={"max_tokens": 9})

    assert events == [
        Notice("qwq-plus has been retired; using qwen3.6-plus instead.", model="qwen3.6-plus"),
        *REPLY,
    ]
    assert model.requests[1].model == "qwen3.6-plus"
    assert model.requests[1].parameters == {"enable_thinking": True, "max_tokens": 9}


def test_a_retired_default_is_asked_for_only_once() -> None:
    session_notices, model = SessionNotices(), RetiringModel()
    _ask(model, session_notices=session_notices)

    events = _ask(model, session_notices=session_notices)

    assert events == [Notice("", model="qwen3.6-plus"), *REPLY]
    assert [request.model for request in model.requests] == [
        "qwq-plus",
        "qwen3.6-plus",
        "qwen3.6-plus",
    ]


def test_a_pinned_model_is_not_replaced_but_its_successor_named() -> None:
    with pytest.raises(ModelNotFound, match=r"use its successor: -m qwen3\.6-plus") as caught:
        _ask(RetiringModel(), is_pinned=True)

    assert (caught.value.status, caught.value.request_id) == (404, "r1")


def test_a_model_unknown_elsewhere_is_just_unknown() -> None:
    with pytest.raises(ModelNotFound, match=r"^No such model\.$"):
        _ask(RetiringModel(), is_hosted=False, model="qwq-32b")


def test_requests_and_turns_are_logged_without_control_characters(
    caplog: pytest.LogCaptureFixture,
) -> None:
    session = Session(model=ScriptedModel([AnswerDelta("\x1b[31mred"), StreamFinished("stop")]))

    with caplog.at_level(logging.DEBUG, logger="qwq_magic"):
        session.ask("why?\x07")

    texts = [record.getMessage() for record in caplog.records if record.name == "qwq_magic"]
    assert any("scripted-1, 1 messages" in text for text in texts)
    assert any("complete" in text for text in texts)
    assert not any("\x1b" in text or "\x07" in text for text in texts)
