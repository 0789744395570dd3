"""Whatever a server does wrong: the text is kept, memory stays valid, one line says why.

Each fault is played by a real server on a real socket, and met through a session.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import shutil
import socket
import ssl
import subprocess
import threading
import tracemalloc
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from server import (
    DONE,
    DROP,
    RESET,
    TIMEOUT_S,
    Reply,
    Request,
    ScriptedServer,
    Step,
    chat,
    chat_steps,
    delta,
    failure,
    sse,
)

from qwq_magic import QwqError, Session
from qwq_magic.advisors import Chain, ModelRulesAdvisor
from qwq_magic.advisors.model_rules import Experience
from qwq_magic.api_key import ApiKey
from qwq_magic.client import HttpChatModel, aclose_clients, connections
from qwq_magic.errors import (
    AuthenticationError,
    BillingError,
    ConfigurationError,
    ConnectionFailed,
    ContentFiltered,
    InvalidRequest,
    ModelNotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerFailure,
    StreamInterrupted,
)
from qwq_magic.events import AnswerDelta, Event, Notice, StreamFinished
from qwq_magic.messages import ChatRequest, Message
from qwq_magic.runner import RUNNERS
from qwq_magic.settings import Settings
from qwq_magic.turns import Turn
from qwq_magic.wire.reply import MAX_CHARACTERS

KEY = "sk-0123456789abcdefghij"
NOW = 1_790_000_000.0

# The client has the text that was sent so far.
arrived = threading.Event()


@dataclass(frozen=True)
class Fault:
    """A server's misdeed, and what must come of it.

    `said` are words of the message: of its cause, and of its fix. A fault that is tried
    `waits` times more is played each time.
    """

    name: str
    reply: Reply
    error: type[QwqError]
    said: Sequence[str]
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    retryable: bool = False
    reasoning: str = ""
    answer: str = ""
    waits: Sequence[float] = ()
    settings: dict[str, Any] = field(default_factory=dict)


ALIBABA = {"server": "dashscope"}
TWICE = (0.5, 1.0)
HTML = {"Content-Type": "text/html"}
GZIP = {"Content-Encoding": "gzip", "Content-Type": "text/event-stream"}


def refusal(code: str, message: str, **fields: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **fields}, "request_id": "req-1"}


def stream(*steps: Step, **options: Any) -> Reply:
    return Reply(list(steps), **options)


def native(data: Any, *, event: str = "result", status: int = 200) -> bytes:
    return f"id:1\nevent:{event}\n:HTTP_STATUS/{status}\ndata:{json.dumps(data)}\n\n".encode()


def compressed_start(body: bytes) -> bytes:
    """A compressed body to which more may be added."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH)


SAID = delta(reasoning_content="Hm", content="So")
FILTERED = {"code": "DataInspectionFailed", "message": "Output data may be bad", "request_id": "r9"}

REFUSALS = [
    Fault(
        "400, stream only",
        failure(
            400,
            refusal(
                "invalid_parameter_error",
                "This model only support stream mode, please enable the stream parameter. ",
            ),
        ),
        InvalidRequest,
        ("only support stream mode", "parameters given with -p"),
        status=400,
        code="invalid_parameter_error",
        request_id="req-1",
    ),
    Fault(
        "400, unpaid",
        failure(400, refusal("Arrearage", "Access denied, please make sure it is paid.")),
        BillingError,
        ("400 Arrearage", "Top up the account"),
        status=400,
        code="Arrearage",
        request_id="req-1",
        settings=ALIBABA,
    ),
    Fault(
        "400, content filter",
        failure(400, refusal("data_inspection_failed", "Input data may be bad")),
        ContentFiltered,
        ("Input data may be bad", "Rephrase the prompt"),
        status=400,
        code="data_inspection_failed",
        request_id="req-1",
        settings=ALIBABA,
    ),
    Fault(
        "400, context too long",
        failure(400, refusal("context_length_exceeded", "maximum context length is 9 tokens")),
        InvalidRequest,
        ("maximum context length", "--history N"),
        status=400,
        code="context_length_exceeded",
        request_id="req-1",
    ),
    Fault(
        "400, framed as an event",
        failure(400, native(FILTERED, event="error", status=400).rstrip()),
        ContentFiltered,
        ("Output data may be bad", "Rephrase"),
        status=400,
        code="DataInspectionFailed",
        request_id="r9",
        settings=ALIBABA,
    ),
    Fault(
        "401, wrong region",
        failure(401, refusal("invalid_api_key", "Incorrect API key provided.")),
        AuthenticationError,
        ("Incorrect API key", "only in its own region"),
        status=401,
        code="invalid_api_key",
        request_id="req-1",
        settings={**ALIBABA, "api_key": ApiKey(KEY, source="s")},
    ),
    Fault(
        "401, no key",
        failure(401, {"detail": "Unauthorized"}),
        AuthenticationError,
        ("401: Unauthorized", "No key was sent", "QWQ_API_KEY"),
        status=401,
    ),
    Fault(
        "401, echoes the key and escapes",
        failure(401, refusal("x", f"Bad \x1b]8;;http://e.vil\x07key\x1b[2J {KEY}")),
        AuthenticationError,
        ("Bad key ***", "Check the key"),
        status=401,
        code="x",
        request_id="req-1",
        settings={"api_key": ApiKey(KEY, source="s")},
    ),
    Fault(
        "402, no balance",
        failure(402, {"error": {"message": "Insufficient Balance", "type": "unknown_error"}}),
        BillingError,
        ("Insufficient Balance", "Top up"),
        status=402,
    ),
    Fault(
        "403, not allowed",
        failure(403, refusal("Model.AccessDenied", "Model access denied.")),
        PermissionDenied,
        ("access denied", "Ask for access"),
        status=403,
        code="Model.AccessDenied",
        request_id="req-1",
        settings=ALIBABA,
    ),
    Fault(
        "404, unknown model",
        failure(404, refusal("model_not_found", "The model `m` does not exist")),
        ModelNotFound,
        ("does not exist", "with -m"),
        status=404,
        code="model_not_found",
        request_id="req-1",
    ),
    Fault(
        "404, wrong address",
        failure(404, b"404 page not found\n"),
        ModelNotFound,
        ("404 page not found", "Check `base_url`"),
        status=404,
    ),
    Fault(
        "408",
        failure(408, {}),
        ServerFailure,
        ("408", "Run the cell again"),
        status=408,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "409",
        failure(409, {"error": "busy"}),
        ServerFailure,
        ("409: busy", "Run the cell again"),
        status=409,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "422",
        failure(422, {"detail": [{"loc": ["body", "top_k"], "msg": "not an int"}]}),
        InvalidRequest,
        ("not an int", "-p"),
        status=422,
    ),
    Fault(
        "429, empty body",
        failure(429, b""),
        RateLimited,
        ("429", "Wait a moment"),
        status=429,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "429, Retry-After in seconds",
        failure(429, refusal("limit_requests", "Slow down"), {"Retry-After": "7"}),
        RateLimited,
        ("Slow down", "asks to wait 7 s"),
        status=429,
        code="limit_requests",
        request_id="req-1",
        retryable=True,
        waits=(7.0, 7.0),
    ),
    Fault(
        "429, Retry-After as a date",
        failure(429, {}, {"Retry-After": formatdate(NOW + 20, usegmt=True)}),
        RateLimited,
        ("429", "asks to wait 20 s"),
        status=429,
        retryable=True,
        waits=(20.0, 20.0),
    ),
    Fault(
        "429, Retry-After beyond patience",
        failure(429, {}, {"Retry-After": "61"}),
        RateLimited,
        ("429", "asks to wait 61 s"),
        status=429,
        retryable=True,
    ),
    Fault(
        "429, tokens a minute at DashScope",
        failure(429, refusal("insufficient_quota", "Allocated quota exceeded")),
        RateLimited,
        ("Allocated quota exceeded", "Wait a moment"),
        status=429,
        code="insufficient_quota",
        request_id="req-1",
        retryable=True,
        waits=TWICE,
        settings=ALIBABA,
    ),
    Fault(
        "429, no money elsewhere",
        failure(429, refusal("insufficient_quota", "You exceeded your current quota")),
        BillingError,
        ("exceeded your current quota", "Top up"),
        status=429,
        code="insufficient_quota",
        request_id="req-1",
    ),
    Fault(
        "429, bill overdue",
        failure(429, {"code": "PrepaidBillOverdue", "message": "Overdue", "request_id": "r"}),
        BillingError,
        ("Overdue", "Top up"),
        status=429,
        code="PrepaidBillOverdue",
        request_id="r",
        settings=ALIBABA,
    ),
    Fault(
        "500 with a request id in a header",
        failure(500, {"error": "boom"}, {"x-request-id": "h-1"}),
        ServerFailure,
        ("500: boom", "Run the cell again"),
        status=500,
        request_id="h-1",
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "502 with a page",
        Reply([b"<html><title>Bad Gateway</title>"], 502, HTML),
        ServerFailure,
        ('an HTML page "Bad Gateway"', "Run the cell again"),
        status=502,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "503, compressed",
        Reply([gzip.compress(b'{"error": "overloaded"}')], 503, GZIP),
        ServerFailure,
        ("503: overloaded", "Run the cell again"),
        status=503,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "a redirect",
        Reply(status=307, headers={"Location": "https://elsewhere.example/v1/chat"}),
        ProtocolError,
        ("redirects to elsewhere.example", "name it in base_url"),
        status=307,
    ),
]

INSTEAD_OF_A_STREAM = [
    Fault(
        "200 with JSON",
        stream(b'{"choices": [{"message": {"content": "Hi"}}]}'),
        ProtocolError,
        ("one JSON document", "base_url"),
        status=200,
    ),
    Fault(
        "200 with an error in JSON",
        stream(json.dumps(refusal("invalid_api_key", "Wrong key")).encode()),
        AuthenticationError,
        ("Wrong key", "key"),
        status=401,
        code="invalid_api_key",
        request_id="req-1",
    ),
    Fault(
        "200 with a page",
        stream(b"<!doctype html><title>Sign in</title>", headers=HTML),
        ProtocolError,
        ('HTML page titled "Sign in"', "base_url"),
        status=200,
    ),
    Fault(
        "200 with nothing",
        stream(),
        StreamInterrupted,
        ("ended before the reply was complete", "run the cell again"),
        waits=TWICE,
    ),
    Fault(
        "an unknown encoding",
        stream(b"...", headers={"Content-Encoding": "br"}),
        ProtocolError,
        ("encoding 'br'", "Check the proxies"),
        status=200,
    ),
    Fault(
        "no HTTP",
        Reply([DROP], head=b"SSH-2.0-OpenSSH\r\n\r\n"),
        ProtocolError,
        ("does not speak HTTP", "base_url"),
    ),
    Fault(
        "hangs up without a word",
        Reply([DROP], head=b""),
        ConnectionFailed,
        ("without an answer", "Run the cell again"),
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "silence before the first byte",
        Reply([threading.Event()], head=b""),
        ConnectionFailed,
        ("did not begin to answer within 0.2 s", "idle_timeout_s"),
        retryable=True,
        settings={"idle_timeout_s": 0.2},
    ),
]


def cut(name: str, *steps: Step, said: Sequence[str], **expected: Any) -> Fault:
    """A fault in mid-stream, after reasoning and answer text."""
    expected = {"reasoning": "Hm", "answer": "So", **expected}
    return Fault(name, stream(SAID, *steps), said=said, **expected)


MID_STREAM = [
    cut(
        "silence",
        threading.Event(),
        error=StreamInterrupted,
        said=("sent nothing for 0.2 s", "idle_timeout_s"),
        settings={"idle_timeout_s": 0.2},
    ),
    cut("reset", arrived, RESET, error=StreamInterrupted, said=("broke in the middle", "again")),
    cut("hang-up", DROP, error=StreamInterrupted, said=("broke in the middle", "again")),
    cut("an end without an end", error=StreamInterrupted, said=("ended before", "again")),
    cut(
        "half JSON",
        b'data: {"choices": [{"delta": {"conte',
        error=StreamInterrupted,
        said=("ended before", "again"),
    ),
    cut(
        "a malformed line among good ones",
        b"data: {oops\n\n",
        delta("stop", content=", yes"),
        DONE,
        error=ProtocolError,
        answer="So, yes",
        said=("not JSON: {oops", "run the cell again"),
    ),
    cut(
        "an oversized event",
        *[b"data: " + b"x" * 1_000_000] * 9,
        error=ProtocolError,
        said=("exceeds 8 MB", "base_url"),
    ),
    cut(
        "error: nested, with <status> in its words",
        sse({"error": {"code": "InternalError.Algo", "message": "<429> InternalError.Algo: x"}}),
        error=ServerFailure,
        status=429,
        code="InternalError.Algo",
        retryable=True,
        said=("InternalError.Algo: x", "again"),
        settings=ALIBABA,
    ),
    cut(
        "error: compatible JSON",
        sse({"error": {"code": "data_inspection_failed", "message": "m"}, "request_id": "r9"}),
        error=ContentFiltered,
        status=400,
        code="data_inspection_failed",
        request_id="r9",
        said=("data_inspection_failed: m", "Rephrase"),
        settings=ALIBABA,
    ),
    cut(
        "error: flat JSON",
        sse(FILTERED),
        error=ContentFiltered,
        status=400,
        code="DataInspectionFailed",
        request_id="r9",
        said=("Output data may be bad", "Rephrase"),
        settings=ALIBABA,
    ),
    cut(
        "error: an event with the status in a comment",
        native(
            {"code": "Throttling", "message": "m", "request_id": "r9"}, event="error", status=429
        ),
        error=RateLimited,
        status=429,
        code="Throttling",
        request_id="r9",
        retryable=True,
        said=("429 Throttling", "Wait a moment"),
        settings=ALIBABA,
    ),
    cut(
        "error: the status in a comment alone",
        native({"message": "m", "request_id": "r9"}, status=503),
        error=ServerFailure,
        status=503,
        request_id="r9",
        retryable=True,
        said=("503: m", "again"),
        settings=ALIBABA,
    ),
    cut(
        "error: a string",
        sse({"error": "it broke", "error_type": "generation"}),
        error=ServerFailure,
        retryable=True,
        said=("it broke", "again"),
    ),
    cut(
        "error: echoes the key and escapes",
        sse({"error": f"\x1b[31mbad {KEY}\u202e"}),
        error=ServerFailure,
        retryable=True,
        said=("bad ***", "again"),
        settings={"api_key": ApiKey(KEY, source="s")},
    ),
    Fault(
        "error before any text, passing",
        stream(delta(role="assistant"), sse({"error": {"code": "limit_requests", "message": "m"}})),
        RateLimited,
        ("429 limit_requests", "Wait a moment"),
        status=429,
        code="limit_requests",
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "compressed, and damaged",
        stream(compressed_start(SAID), arrived, b"\xff" * 99, headers=GZIP),
        ProtocolError,
        ("its compression is damaged", "check the proxies"),
        status=200,
        reasoning="Hm",
        answer="So",
    ),
    Fault(
        "compressed, a bomb",
        stream(compressed_start(SAID + b"data: \n\n" * 1_000_000), headers=GZIP),
        ProtocolError,
        ("unpacks to over 100 times", "check the proxies"),
        status=200,
        reasoning="Hm",
        answer="So",
    ),
    Fault(
        "compressed, and cut",
        stream(gzip.compress(SAID)[:-8], headers=GZIP),
        StreamInterrupted,
        ("ended before", "again"),
        reasoning="Hm",
        answer="So",
    ),
]


class Asking:
    """A session on a scripted server, with no real waiting."""

    def __init__(self, base_url: str, **settings: Any) -> None:
        self.waits: list[float] = []
        values = {"server": "custom", "base_url": base_url, "model": "m", **settings}
        model = HttpChatModel(
            Settings(**values), sleep=self._sleep, random=lambda: 0.0, clock=lambda: NOW
        )
        self.session = Session(model=model, advisors=[Witness()])

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def fail(self) -> QwqError:
        with pytest.raises(QwqError) as raised:
            self.session.ask("first?")
        return raised.value


class Witness:
    """Says when text has arrived."""

    async def advise(self, request: Any, call_next: Any) -> Any:
        async for event in call_next(request):
            arrived.set()
            yield event


@pytest.fixture(autouse=True)
def nothing_has_arrived(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    arrived.clear()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    # Connections are kept from turn to turn, and with them what the environment said.
    asyncio.run_coroutine_threadsafe(aclose_clients(), RUNNERS["thread"].loop()).result(TIMEOUT_S)
    yield
    arrived.set()


@pytest.mark.parametrize(
    "fault", [*REFUSALS, *INSTEAD_OF_A_STREAM, *MID_STREAM], ids=lambda fault: fault.name
)
def test_a_fault_keeps_the_text_and_says_why(fault: Fault) -> None:
    tries = 1 + len(fault.waits)
    with ScriptedServer(*[fault.reply] * tries, chat(answer="Fine.")) as server:
        asking = Asking(server.url, **fault.settings)

        error = asking.fail()

        assert type(error) is fault.error
        assert (error.status, error.code) == (fault.status, fault.code)
        assert (error.request_id, error.retryable) == (fault.request_id, fault.retryable)
        assert_is_one_clean_line(error.message, fault.said)
        assert asking.waits == list(fault.waits)
        assert_is_kept(asking, error, fault)
        assert_next_ask_works(asking, server, fault)


def assert_is_one_clean_line(message: str, said: Sequence[str]) -> None:
    assert all(words in message for words in said), message
    assert message.isprintable()
    assert len(message.encode()) <= 2_000
    assert message.endswith((".", ")"))
    assert KEY[-8:] not in message


def assert_is_kept(asking: Asking, error: QwqError, fault: Fault) -> None:
    turn = error.partial
    assert turn is not None
    assert (turn.reasoning, turn.answer) == (fault.reasoning, fault.answer)
    assert (turn.state, turn.complete, turn.error) == ("error", False, error)
    assert [kept.to_dict() for kept in asking.session.memory.turns] == [turn.to_dict()]
    # Each wait was announced.
    announced = [line.partition("retrying in ")[2] for line in turn.notices]
    assert [line.split(" s")[0] for line in announced if line] == [f"{w:g}" for w in fault.waits]


def assert_next_ask_works(asking: Asking, server: ScriptedServer, fault: Fault) -> None:
    turn = asking.session.ask("second?")

    assert (turn.answer, turn.state) == ("Fine.", "complete")
    earlier = [("user", "first?"), ("assistant", fault.answer)] if fault.answer else []
    sent = [(m["role"], m["content"]) for m in server.requests[-1].json["messages"]]
    assert sent == [*earlier, ("user", "second?")]


def test_a_compressed_reply_is_read() -> None:
    body = gzip.compress(b"".join(chat_steps(reasoning="Hm", answer="Yes." * 9)))
    with ScriptedServer(stream(*[body[at : at + 9] for at in range(0, 999, 9)], headers=GZIP)) as s:
        turn = Asking(s.url).session.ask("Hi")

    assert (turn.reasoning, turn.answer, turn.complete) == ("Hm", "Yes." * 9, True)


def test_a_refused_connection_is_named() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    asking = Asking(f"http://127.0.0.1:{port}/v1", server="ollama")
    error = asking.fail()

    assert type(error) is ConnectionFailed
    assert_is_one_clean_line(error.message, (f"127.0.0.1:{port} refuses", "ollama serve"))
    assert error.partial is not None
    assert asking.waits == []


def test_an_unknown_host_is_named() -> None:
    error = Asking("https://no-such-host.invalid/v1").fail()

    assert type(error) is ConnectionFailed
    assert_is_one_clean_line(error.message, ("no-such-host.invalid cannot be found", "base_url"))


# Streams without measure, many at once, and stopping.


@contextmanager
def memory_growth_below(limit_mb: float) -> Iterator[None]:
    """The server's share included, which is in this process as well."""
    tracemalloc.start()
    try:
        yield
        peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    assert peak_mb < limit_mb


def test_an_endless_reply_is_cut_at_its_limit_in_bounded_memory() -> None:
    piece = delta(content="x" * 50_000)
    with ScriptedServer(Reply(itertools.repeat(piece))) as server, memory_growth_below(50):
        asking = Asking(server.url)
        error = asking.fail()
        assert server.disconnected.wait(TIMEOUT_S)

    assert type(error) is ProtocolError
    assert_is_one_clean_line(error.message, ("exceeds 4 million characters", "max_tokens"))
    assert error.partial is not None
    assert MAX_CHARACTERS < len(error.partial.answer) < MAX_CHARACTERS + 1_000_000


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("content", [b"\0", b"data: x\n"])
def test_a_bomb_does_not_unfold_in_memory(content: bytes, status: int) -> None:
    bomb = compressed_start(SAID + content * (30_000_000 // len(content)))
    with ScriptedServer(Reply([bomb], status, GZIP)) as server, memory_growth_below(25):
        error = Asking(server.url).fail()

    assert isinstance(error, QwqError)
    assert error.status == status or "exceeds 8 MB" in error.message


@pytest.mark.parametrize(
    "step", [b": alive\n\n", b"data: \n\n", delta(), sse({"usage": {"total_tokens": 1}})]
)
def test_an_endless_stream_without_text_can_be_stopped(step: bytes) -> None:
    with ScriptedServer(Reply(itertools.chain([SAID], itertools.repeat(step)))) as server:
        asking = Asking(server.url)
        with asking.session.start("first?") as run:
            assert arrived.wait(TIMEOUT_S)
            run.stop()
            turn = run.turn()
        assert server.disconnected.wait(TIMEOUT_S)

    assert (turn.reasoning, turn.answer, turn.state) == ("Hm", "So", "stopped")


def test_a_wait_that_the_server_asked_for_can_be_stopped() -> None:
    with ScriptedServer(failure(429, {}, {"Retry-After": "50"})) as server:
        session = Session(base_url=server.url, model="m")
        with session.start("first?") as run:
            event = next(event for event in run.events() if event is not None)
            run.stop()
            turn = run.turn()

    assert event == Notice("The server answered 429; retrying in 50 s (1 of 2).")
    assert turn.state == "stopped"
    assert len(server.requests) == 1


def test_a_hundred_streams_at_once_keep_apart() -> None:
    def echo(request: Request) -> Reply:
        prompt = request.json["messages"][-1]["content"]
        return chat(reasoning=["r", prompt], answer=["a", prompt])

    async def ask_all(session: Session) -> list[Turn]:
        asks = [session.ask_async(f"<{n}>", conversation=f"c{n}") for n in range(100)]
        return await asyncio.gather(*asks)

    with ScriptedServer(echo) as server:
        session = Session(base_url=server.url, model="m")
        turns = asyncio.run(ask_all(session))

    assert [turn.answer for turn in turns] == [f"a<{n}>" for n in range(100)]
    assert [turn.reasoning for turn in turns] == [f"r<{n}>" for n in range(100)]
    assert all(len(session.memory_of(f"c{n}")) == 1 for n in range(100))


def test_running_out_of_tokens_while_thinking_is_a_whole_turn_without_answer() -> None:
    with ScriptedServer(chat(reasoning="Hm", finish_reason="length"), chat(answer="b")) as server:
        session = Session(base_url=server.url, model="m")
        turn = session.ask("first?")
        session.ask("second?")

    assert (turn.finish_reason, turn.reasoning, turn.answer) == ("length", "Hm", "")
    assert [m["content"] for m in server.requests[1].json["messages"]] == ["second?"]


# Secure connections, and who stands in between.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key, signed by itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = (
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
        "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def tls(certificate: Path) -> Iterator[ssl.SSLContext]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    connections._certificates.cache_clear()
    yield context
    connections._certificates.cache_clear()


def test_a_trusted_certificate_makes_a_secure_connection(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with ScriptedServer(chat(answer="Yes."), tls=tls) as server:
        turn = Session(base_url=server.url, model="m", api_key=KEY, runner="thread").ask("Hi")

    assert turn.answer == "Yes."
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_an_unknown_certificate_is_refused_before_anything_is_sent(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with ScriptedServer(tls=tls) as server:
        asking = Asking(server.url, api_key=ApiKey(KEY, source="s"))
        error = asking.fail()

    assert type(error) is ConnectionFailed
    assert_is_one_clean_line(error.message, ("No secure connection to 127.0.0.1", "SSL_CERT_FILE"))
    assert (server.requests, asking.waits) == ([], [])


@pytest.mark.parametrize(
    ("scheme", "sent"),
    [
        ("http", "POST http://models.example.com/v1/chat/completions"),
        ("https", "CONNECT models.example.com:443"),
    ],
)
def test_a_proxy_that_refuses_is_the_proxys_fault(
    scheme: str, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(failure(407, b"")) as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.origin)
        asking = Asking(f"{scheme}://models.example.com/v1")
        error = asking.fail()

    assert (type(error), error.status, asking.waits) == (ConnectionFailed, 407, [])
    assert_is_one_clean_line(error.message, ("proxy", "HTTPS_PROXY"))
    assert f"{proxy.requests[0].method} {proxy.requests[0].path}" == sent


def test_a_retired_model_at_a_native_address_gives_way_to_its_successor() -> None:
    gone = failure(400, {"code": "InvalidParameter", "message": "Model not exist."})
    yes = {"output": {"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}}
    with ScriptedServer(gone, stream(native(yes))) as server:
        model = HttpChatModel(
            Settings("dashscope", f"{server.origin}/api/v1", "qwq-plus", protocol="dashscope")
        )
        advisor = ModelRulesAdvisor(Experience(), is_hosted=True, is_pinned=False)
        request = ChatRequest("Hi", "qwq-plus", (Message("user", "Hi"),))

        async def ask() -> list[Event]:
            return [event async for event in Chain([advisor], model).stream(request)]

        events = asyncio.run(ask())

    assert events == [
        Notice("qwq-plus is gone; qwen3.6-plus answers.", model="qwen3.6-plus"),
        AnswerDelta("Yes."),
        StreamFinished("stop"),
    ]
    assert server.requests[1].path.endswith("/multimodal-generation/generation")
    assert server.requests[1].json["parameters"]["enable_thinking"] is True


def test_a_key_is_not_sent_in_the_clear() -> None:
    error = Asking("http://models.example.com/v1", api_key=ApiKey(KEY, source="QWQ_API_KEY")).fail()

    assert type(error) is ConfigurationError
    assert_is_one_clean_line(error.message, ("QWQ_API_KEY would travel unencrypted", "https://"))
