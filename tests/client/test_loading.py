"""A server that still loads the model is waited for: visibly, up to a limit, and until Stop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from server import DONE, Reply, ScriptedServer, chat, delta, failure, sse

from qwq_magic import Session
from qwq_magic.client import HttpChatModel
from qwq_magic.client.retries import MAX_LOADING_S, MAX_RETRIES, loading_delay_s
from qwq_magic.errors import ModelLoading, QwqError, ServerFailure
from qwq_magic.events import AnswerDelta, Event, Notice
from qwq_magic.settings import Settings
from qwq_magic.turns import ChatRequest, Message

LOADING = failure(
    503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
)
FINE = chat(answer="Fine.")
VISIBLE = "The server is loading the model; waiting for it for up to 5 minutes."


class Prompt:
    """One prompt, without real waiting."""

    def __init__(self, base_url: str) -> None:
        self.events: list[Event] = []
        self.waits: list[float] = []
        self.error: QwqError | None = None
        model = HttpChatModel(
            Settings("custom", base_url, "m"), sleep=self._sleep, random=lambda: 0.0
        )
        asyncio.run(self._run(model))

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def _run(self, model: HttpChatModel) -> None:
        try:
            async for event in model.stream(ChatRequest("Hi", "m", (Message("user", "Hi"),), {})):
                self.events.append(event)
        except QwqError as error:
            self.error = error


@pytest.mark.parametrize(
    "loading",
    [
        LOADING,
        failure(503, {"error": "Model a/b is currently loading", "estimated_time": 20.0}),
        failure(503, {"error": "Model a/b is currently loading"}, {"Retry-After": "30"}),
        failure(503, {"object": "error", "message": "The model is still being loaded"}),
        failure(500, {"error": "llm server loading model"}),
        failure(503, b"Server is still starting up"),
        failure(503, {"error": {"code": "DEPLOYMENT_SCALING_UP", "message": "Retry soon"}}),
        Reply([sse({"error": {"message": "Loading model", "code": 503}})]),
    ],
)
def test_a_server_that_loads_is_waited_for(loading: Reply) -> None:
    with ScriptedServer(*[loading] * 9, FINE) as server:
        prompt = Prompt(server.url)

    assert prompt.error is None
    assert AnswerDelta("Fine.") in prompt.events
    # One notice, whose countdown ends at the limit, however many requests it takes.
    notices = [event for event in prompt.events if isinstance(event, Notice)]
    assert notices == [Notice(VISIBLE)]
    assert notices[0].wait_s == MAX_LOADING_S
    assert len(prompt.waits) == 9
    assert all(0 < wait <= 5 for wait in prompt.waits)


def test_waiting_for_a_model_leaves_the_retries() -> None:
    broken = failure(500, {"error": "boom"})
    with ScriptedServer(*[LOADING] * 4, *[broken] * MAX_RETRIES, FINE) as server:
        prompt = Prompt(server.url)

    assert prompt.error is None
    assert AnswerDelta("Fine.") in prompt.events


def test_waiting_ends_at_the_limit() -> None:
    with ScriptedServer(LOADING) as server:
        prompt = Prompt(server.url)

    assert type(prompt.error) is ModelLoading
    assert sum(prompt.waits) == pytest.approx(MAX_LOADING_S)
    assert prompt.error.message.startswith(
        "The server was still loading the model after 5 minutes. custom answered 503: Loading model"
    )
    assert "look at the server's log" in prompt.error.message


def test_a_model_that_cannot_be_loaded_is_not_waited_for() -> None:
    broken = failure(500, {"error": "error loading model: out of memory"})
    with ScriptedServer(broken) as server:
        prompt = Prompt(server.url)

    assert type(prompt.error) is ServerFailure
    assert len(prompt.waits) == MAX_RETRIES


def test_words_about_loading_after_text_do_not_repeat_the_prompt() -> None:
    late = sse({"error": {"message": "Loading model", "code": 503}})
    with ScriptedServer(Reply([delta(content="So"), late, DONE])) as server:
        prompt = Prompt(server.url)

    assert type(prompt.error) is ModelLoading
    assert prompt.waits == []


def test_stop_ends_the_wait() -> None:
    with ScriptedServer(LOADING) as server:
        run = Session(base_url=server.url, model="m", runner="thread").start("Hi")
        with run:
            for event in run.events():
                if isinstance(event, Notice):
                    run.stop()
        turn = run.turn()

    assert turn.state == "stopped"
    assert turn.notices == (VISIBLE,)


@pytest.mark.parametrize(
    ("attempt", "waited_s", "retry_after_s", "expected"),
    [
        (0, 0.0, None, 1.0),
        (1, 1.0, None, 1.5),
        (9, 40.0, None, 5.0),
        (10**6, 40.0, None, 5.0),
        (9, 40.0, 2.0, 2.0),
        (9, 40.0, 60.0, 5.0),
        (9, 298.0, None, 2.0),
        (9, 300.0, None, None),
    ],
)
def test_the_server_is_asked_often_until_the_limit(
    attempt: int, waited_s: float, retry_after_s: float | None, expected: Any
) -> None:
    assert loading_delay_s(attempt, waited_s=waited_s, retry_after_s=retry_after_s) == expected
