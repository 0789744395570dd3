"""Replies that outlive their connection: nothing is lost, doubled, or generated for nobody."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from contextlib import aclosing
from urllib.parse import parse_qs, urlsplit

import pytest
from clean_environment import clear_proxies
from server import DROP, RESET, Ending, Reply, Request, ScriptedServer, Step, chat_steps, failure

from qwq_magic import Session
from qwq_magic.client import HttpChatModel, resumption
from qwq_magic.errors import QwqError, StreamInterrupted
from qwq_magic.events import AnswerDelta, Event, ReasoningDelta, StreamFinished
from qwq_magic.settings import Settings
from qwq_magic.turns import ChatRequest, Message, Turn

THOUGHT, ANSWER = ["Größer ", "ist ", "9,9 – ", "或者", "?"], ["9,9", " é."]
WHOLE = b"".join(
    step for step in chat_steps(reasoning=THOUGHT, answer=ANSWER) if isinstance(step, bytes)
)
BEGUN = WHOLE.index(b"ist ")
GONE = failure(404, {"error": {"message": "File Not Found"}})
HEADER = "x-conversation-id"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_proxies(monkeypatch)
    monkeypatch.setattr(resumption, "_PAUSES_S", (0.0, 0.0))


class Keeping:
    """A server that keeps a reply, and breaks its connections at these bytes."""

    def __init__(self, *cuts: int, ending: Ending = DROP, knows: bool = True) -> None:
        self._cuts = [*cuts, len(WHOLE)]
        self._ending = ending
        self._knows = knows
        self.starts: list[int] = []
        self.ended: list[str] = []

    def __call__(self, request: Request) -> Reply:
        query = parse_qs(urlsplit(request.path).query)
        if request.method == "DELETE":
            self.ended += query["conv_id"]
            return Reply(status=204, framing="length")
        start = 0
        if request.method == "GET":
            if not self._knows:
                return GONE
            assert urlsplit(request.path).path == "/v1/stream"
            start = int(query["from"][0])
            self.starts.append(start)
        cut = self._cuts.pop(0)
        steps: list[Step] = [WHOLE[start:cut]]
        return Reply(steps if cut == len(WHOLE) else [*steps, self._ending])


def _session(local: ScriptedServer, server: str = "llamacpp") -> Session:
    return Session(server=server, model="m", base_url=local.url)


def _is_whole(turn: Turn) -> bool:
    texts = (turn.reasoning, turn.answer) == ("".join(THOUGHT), "".join(ANSWER))
    return texts and turn.complete and turn.finish_reason == "stop"


@pytest.mark.parametrize("ending", [DROP, RESET])
def test_a_reply_goes_on_wherever_its_connection_breaks(ending: Ending) -> None:
    async def read(local: ScriptedServer) -> None:
        model = HttpChatModel(_settings(local))
        for cut in range(0, len(WHOLE), 3 if ending is DROP else 29):
            keeping = Keeping(cut, ending=ending)
            local.replies = [keeping]
            events = await _read(model)

            texts = [e.text for e in events if isinstance(e, (ReasoningDelta, AnswerDelta))]
            assert "".join(texts) == "".join([*THOUGHT, *ANSWER]), cut
            assert isinstance(events[-1], StreamFinished)
            # A reset may destroy what is on its way.
            assert keeping.starts == [cut] or (ending is RESET and keeping.starts[0] < cut)
            assert keeping.ended == []

    with ScriptedServer() as local:
        asyncio.run(read(local))


def test_a_connection_may_break_again_and_again() -> None:
    keeping = Keeping(*range(20, len(WHOLE), 20))
    with ScriptedServer(keeping) as local:
        turn = _session(local).ask("9,9?")
        ids = {parse_qs(urlsplit(r.path).query)["conv_id"][0] for r in local.requests[1:]}

    assert _is_whole(turn)
    assert keeping.starts == [*range(20, len(WHOLE), 20)]
    assert ids == {local.requests[0].headers[HEADER]}


def test_each_request_has_an_id_that_cannot_be_guessed() -> None:
    with ScriptedServer(Keeping()) as local:
        local.replies = [Keeping(), Keeping()]
        for _ in range(2):
            _session(local).ask("9,9?")
        first, second = (request.headers[HEADER] for request in local.requests)

    assert first != second
    assert min(len(first), len(second)) >= 32


def test_a_server_that_does_not_know_the_reply_fails_as_before() -> None:
    keeping = Keeping(BEGUN, knows=False)
    with ScriptedServer(keeping) as local:
        with pytest.raises(StreamInterrupted) as raised:
            _session(local).ask("9,9?")
        assert local.wait_for_request(4).method == "DELETE"
        methods = [request.method for request in local.requests]

    assert methods == ["POST", "GET", "GET", "DELETE"]
    assert raised.value.partial is not None
    assert raised.value.partial.reasoning == THOUGHT[0]


def test_other_servers_are_asked_for_nothing() -> None:
    with ScriptedServer(Keeping(BEGUN)) as local:
        with pytest.raises(StreamInterrupted):
            _session(local, "vllm").ask("9,9?")
        [request] = local.requests

    assert HEADER not in request.headers


@pytest.mark.parametrize("is_begun", [True, False])
def test_a_reply_that_is_stopped_is_ended_at_the_server_without_a_wait(is_begun: bool) -> None:
    gate = threading.Event()

    def play(request: Request) -> Reply:
        if request.method == "DELETE":
            return Reply([gate], 204)
        if is_begun:
            return Reply([WHOLE[:BEGUN], gate])
        return Reply([gate], head=b"")

    with ScriptedServer(play) as local:
        with _session(local).start("9,9?") as run:
            if is_begun:
                assert any(isinstance(event, ReasoningDelta) for event in run.events())
            posted = local.wait_for_request()
            stopped_at = time.monotonic()
            run.stop()
            turn = run.turn()
            waited_s = time.monotonic() - stopped_at
        deleted = local.wait_for_request(2)
        gate.set()

    assert turn.state == "stopped"
    assert waited_s < 1
    assert (deleted.method, deleted.path) == (
        "DELETE",
        f"/v1/stream?conv_id={posted.headers[HEADER]}",
    )


def test_a_reply_that_is_asked_for_again_is_another_one() -> None:
    known = Keeping(0, knows=False)

    def play(request: Request) -> Reply:
        return known(request)

    with ScriptedServer(play) as local:
        model = HttpChatModel(_settings(local), sleep=_no_sleep)
        asyncio.run(_read(model))
        posts = [r.headers[HEADER] for r in local.requests if r.method == "POST"]

    assert len(set(posts)) == 2
    assert known.ended == posts[:1]


def test_a_reply_that_is_refused_is_not_ended() -> None:
    with ScriptedServer(failure(400, {"error": {"message": "no"}})) as local:
        with pytest.raises(QwqError):
            _session(local).ask("9,9?")
        assert [request.method for request in local.requests] == ["POST"]


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/chat/completions", "/v1/chat/completions/"])
def test_the_stream_is_found_beside_the_address_of_the_request(path: str) -> None:
    keeping = Keeping(BEGUN)
    with ScriptedServer(keeping) as local:
        session = Session(server="llamacpp", model="m", base_url=local.origin + path)
        assert _is_whole(session.ask("9,9?"))


SCRIPT = """
import sys
from qwq_magic import Session
from qwq_magic.events import ReasoningDelta
run = Session(server="llamacpp", model="m", base_url=sys.argv[1]).start("9,9?")
any(isinstance(event, ReasoningDelta) for event in run.events())
"""


def test_a_process_that_ends_leaves_no_reply_behind() -> None:
    keeping = Keeping()

    def play(request: Request) -> Reply:
        return Reply([WHOLE[:BEGUN], threading.Event()]) if request.body else keeping(request)

    with ScriptedServer(play) as local:
        subprocess.run([sys.executable, "-c", SCRIPT, local.url], check=True, timeout=30)

        assert keeping.ended == [local.requests[0].headers[HEADER]]


async def _no_sleep(seconds: float) -> None:
    await asyncio.sleep(0.05)


def _settings(local: ScriptedServer) -> Settings:
    return Settings(server="llamacpp", base_url=local.url, model="m")


async def _read(model: HttpChatModel) -> list[Event]:
    request = ChatRequest("9,9?", "m", (Message("user", "9,9?"),), {})
    async with aclosing(model.stream(request)) as events:
        return [event async for event in events]
