"""The client on real sockets: what is sent, what comes back, and how it goes wrong."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import logging
import socket
import threading
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import httpx
import IPython
import pytest
from clean_environment import clear_proxies
from IPython.core.ultratb import VerboseTB
from server import (
    DONE,
    DROP,
    RESET,
    TIMEOUT_S,
    Delay,
    Reply,
    ScriptedServer,
    Step,
    chat,
    chat_steps,
    delta,
    failure,
    sse,
    unused_port,
)

from qwq_magic.client import HttpChatModel, aclose_clients
from qwq_magic.client.beginnings import Beginnings
from qwq_magic.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    InvalidRequest,
    ModelNotFound,
    ProtocolError,
    QwqError,
    RateLimited,
    ServerFailure,
    StreamInterrupted,
)
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.keys import ApiKey
from qwq_magic.settings import Settings
from qwq_magic.turns import ChatRequest, Message

KEY = "sk-0123456789abcdefghij"
ENCODED_KEY = base64.b64encode(KEY.encode()).decode()

# What `%xmode Verbose` prints; IPython 9 renamed the option.
COLOURS = "theme_name" if IPython.version_info >= (9,) else "color_scheme"
NO_COLOUR: dict[str, Any] = {COLOURS: "nocolor" if COLOURS == "theme_name" else "NoColor"}
VERBOSE = VerboseTB(**NO_COLOUR)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_proxies(monkeypatch)


def settings_for(base_url: str, **changes: Any) -> Settings:
    return Settings(**{"server": "custom", "base_url": base_url, "model": "m", **changes})


def request_for(prompt: str = "Hi", **parameters: Any) -> ChatRequest:
    return ChatRequest(prompt, "m", (Message("user", prompt),), parameters)


class Ask:
    """One ask: the events that came, the error that ended it, the waits in between."""

    def __init__(self, settings: Settings, **seams: Any) -> None:
        self.events: list[Event] = []
        self.error: QwqError | None = None
        self.waits: list[float] = []
        self._model = HttpChatModel(settings, sleep=self._sleep, random=lambda: 0.0, **seams)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def run(self, request: ChatRequest | None = None) -> None:
        try:
            async for event in self._model.stream(request or request_for()):
                self.events.append(event)
        except QwqError as error:
            self.error = error

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, AnswerDelta))


def ask(settings: Settings, request: ChatRequest | None = None, **seams: Any) -> Ask:
    asking = Ask(settings, **seams)
    asyncio.run(asking.run(request))
    return asking


def ask_steps(*steps: Step, **changes: Any) -> Ask:
    """Ask a server whose one reply consists of these steps."""
    with ScriptedServer(Reply(steps)) as server:
        return ask(settings_for(server.url, **changes))


def ask_responses(*responses: httpx.Response, **changes: Any) -> Ask:
    """Ask a server that gives these responses in turn, without a socket."""
    left = list(responses)
    transport = httpx.MockTransport(lambda request: left.pop(0))
    return ask(settings_for("https://api.example.com/v1", **changes), transport=transport)


class OneRead(httpx.AsyncByteStream):
    """A body that arrives at once."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


def streamed(*parts: bytes) -> httpx.Response:
    return httpx.Response(200, stream=OneRead(b"".join(parts)))


def refused(status: int, body: Any = None, **headers: str) -> httpx.Response:
    data = b"" if body is None else json.dumps(body).encode()
    return httpx.Response(
        status, stream=OneRead(data), headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


# What is sent, and what comes back.


def test_a_reply_streams_as_events(server: ScriptedServer) -> None:
    server.replies.append(chat(reasoning="Hm.", answer="Yes.", usage={"prompt_tokens": 3}))
    first = ask(settings_for(server.url))

    second = ask(settings_for(server.url))

    assert first.text == "Hello."
    assert second.events == [
        ReasoningDelta("Hm."),
        AnswerDelta("Yes."),
        UsageReported(Usage(input_tokens=3)),
        StreamFinished("stop"),
    ]


def test_a_request_says_what_it_wants(server: ScriptedServer) -> None:
    settings = settings_for(server.url, api_key=ApiKey(KEY, source="s"))

    ask(settings, request_for("{x} $y 漢 😀 \ud83d", temperature=0.6))

    sent = server.requests[0]
    assert (sent.method, sent.path) == ("POST", "/v1/chat/completions")
    assert sent.json == {
        "temperature": 0.6,
        "model": "m",
        "messages": [{"role": "user", "content": "{x} $y 漢 😀 \ufffd"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["accept-encoding"] == "identity"
    assert sent.headers["content-type"] == "application/json"


def test_a_native_request_goes_to_the_place_its_model_has() -> None:
    sent = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        data = {"output": {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]}}
        return streamed(sse(data))

    settings = settings_for("https://dashscope.aliyuncs.com/api/v1")
    for model in ("qwq-plus", "qwen3.6-plus"):
        request = ChatRequest("Hi", model, (Message("user", "Hi"),))
        asking = ask(settings, request, transport=httpx.MockTransport(answer))
        assert asking.text == "a"

    assert [str(request.url).rpartition("/aigc/")[2] for request in sent] == [
        "text-generation/generation",
        "multimodal-generation/generation",
    ]
    assert sent[0].headers["x-dashscope-sse"] == "enable"


def test_ollama_is_asked_at_its_bare_address() -> None:
    lines = [b'{"message": {"thinking": "r"}}\n', b'{"message": {"content": "a"}, "done": true}\n']
    with ScriptedServer(Reply(lines, headers={"Content-Type": "application/x-ndjson"})) as server:
        asking = ask(settings_for(server.origin, protocol="ollama"))

    assert asking.events == [ReasoningDelta("r"), AnswerDelta("a"), StreamFinished(None)]
    assert server.requests[0].path == "/api/chat"


def test_without_a_key_none_is_sent(server: ScriptedServer) -> None:
    ask(settings_for(server.url))

    assert "authorization" not in server.requests[0].headers


def test_text_arrives_before_the_server_goes_on() -> None:
    may_go_on = threading.Event()
    steps: list[Step] = [delta(reasoning="r"), may_go_on, delta(content="a"), delta("stop"), DONE]

    async def first_event(url: str) -> Event:
        async with aclosing(HttpChatModel(settings_for(url)).stream(request_for())) as events:
            event = await anext(events)
            assert not may_go_on.is_set()
            may_go_on.set()
            return event

    with ScriptedServer(Reply(steps)) as server:
        event = asyncio.run(first_event(server.url))

    assert event == ReasoningDelta("r")


def test_one_read_costs_one_event_however_many_deltas_it_holds() -> None:
    words = [f"{number} " for number in range(100)]

    asking = ask_responses(streamed(*(delta(content=word) for word in words), DONE))

    assert asking.events == [AnswerDelta("".join(words)), StreamFinished(None)]


def test_turns_and_models_share_a_connection(server: ScriptedServer) -> None:
    async def ask_thrice() -> None:
        for model in ("a", "b", "c"):
            await Ask(settings_for(server.url, model=model)).run()

    asyncio.run(ask_thrice())

    assert (len(server.requests), server.connections) == (3, 1)


def test_closed_clients_are_made_anew(server: ScriptedServer) -> None:
    async def ask_around_a_close() -> None:
        await Ask(settings_for(server.url)).run()
        await aclose_clients()
        await Ask(settings_for(server.url)).run()
        await aclose_clients()
        await aclose_clients()

    asyncio.run(ask_around_a_close())

    assert (len(server.requests), server.connections) == (2, 2)


@pytest.mark.filterwarnings("error")
def test_a_loop_that_ends_in_order_leaves_no_open_connection(server: ScriptedServer) -> None:
    asking = ask(settings_for(server.url))

    gc.collect()  # An open transport would warn here.

    assert asking.text == "Hello."


def test_cookies_are_not_kept(server: ScriptedServer) -> None:
    reply = Reply(chat_steps(answer="a"), headers={"Set-Cookie": "id=7; Path=/"})
    server.replies.append(reply)

    async def ask_thrice() -> None:
        for _ in range(3):
            await Ask(settings_for(server.url)).run()

    asyncio.run(ask_thrice())

    assert all("cookie" not in request.headers for request in server.requests)


def test_proxies_are_not_asked_for_this_machine(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{unused_port()}")

    assert ask(settings_for(server.url)).text == "Hello."


def test_a_proxy_is_asked_for_other_machines(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.origin)

    asking = ask(settings_for("http://models.example.com/v1"))

    assert asking.text == "Hello."
    assert server.requests[0].path == "http://models.example.com/v1/chat/completions"


def test_a_proxy_that_is_none_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "carrier://pigeon")

    asking = ask(settings_for("http://models.example.com/v1"))

    assert isinstance(asking.error, ConfigurationError)
    assert "HTTP_PROXY" in asking.error.message


@pytest.mark.parametrize("proxy", ["carrier://me:hunter2@pigeon", "http://me:hunter2@[::1"])
def test_a_proxys_password_is_not_shown(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)

    error = ask(settings_for("http://models.example.com/v1")).error

    assert isinstance(error, ConfigurationError)
    assert "hunter2" not in error.message
    assert "hunter2" not in VERBOSE.text(type(error), error, error.__traceback__)


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_a_parameter_that_is_no_json_is_refused(server: ScriptedServer, value: object) -> None:
    asking = ask(settings_for(server.url), request_for(temperature=value))

    assert isinstance(asking.error, ConfigurationError)
    assert server.requests == []


@pytest.mark.parametrize("base_url", ["", "demo", "http://\x00/v1"])
def test_a_base_url_that_is_none_is_refused_at_once(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        HttpChatModel(settings_for(base_url))


# Stopping.


def test_cancelling_in_mid_stream_closes_the_connection() -> None:
    async def cancel_after_first_event(server: ScriptedServer) -> bool:
        has_text = asyncio.Event()

        async def consume() -> None:
            async for _ in HttpChatModel(settings_for(server.url)).stream(request_for()):
                has_text.set()

        task = asyncio.create_task(consume())
        await has_text.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return await asyncio.to_thread(server.disconnected.wait, TIMEOUT_S)

    with ScriptedServer(Reply([delta(content="a"), threading.Event()])) as server:
        is_closed = asyncio.run(cancel_after_first_event(server))

    assert is_closed


def test_closing_the_stream_closes_the_connection() -> None:
    async def close_after_first_event(server: ScriptedServer) -> bool:
        async with aclosing(
            HttpChatModel(settings_for(server.url)).stream(request_for())
        ) as events:
            await anext(events)
        return await asyncio.to_thread(server.disconnected.wait, TIMEOUT_S)

    with ScriptedServer(Reply([delta(content="a"), threading.Event()])) as server:
        is_closed = asyncio.run(close_after_first_event(server))

    assert is_closed


def test_cancelling_before_any_answer_closes_the_connection() -> None:
    with ScriptedServer(Reply([threading.Event()], head=b"")) as server:

        async def asking() -> None:
            task = asyncio.create_task(Ask(settings_for(server.url)).run())
            await asyncio.to_thread(server.wait_for_request)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert await asyncio.to_thread(server.disconnected.wait, TIMEOUT_S)

        asyncio.run(asking())

    assert server.disconnected.is_set()


def test_a_wait_for_a_retry_can_be_stopped(server: ScriptedServer) -> None:
    waiting = asyncio.Event()

    async def wait_for_ever(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    async def asking() -> asyncio.Task[None]:
        model = HttpChatModel(settings_for(server.url), sleep=wait_for_ever)

        async def consume() -> None:
            async for _ in model.stream(request_for()):
                pass

        task = asyncio.create_task(consume())
        await waiting.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task

    server.replies = [failure(503, {})]

    assert asyncio.run(asking()).cancelled()


# Connections that do not stand, or do not last.


def test_a_local_server_that_is_not_running_is_asked_once() -> None:
    port = unused_port()

    asking = ask(settings_for(f"http://127.0.0.1:{port}/v1", server="ollama"))

    assert isinstance(asking.error, ConnectionFailed)
    assert asking.error.message.startswith(
        f"127.0.0.1:{port} refuses connections. Is ollama running there? Start it with `ollama"
    )
    assert asking.waits == []


def test_localhost_with_its_two_addresses_refuses_as_one() -> None:
    asking = ask(settings_for(f"http://localhost:{unused_port()}/v1"))

    assert asking.error is not None
    assert "Is the server running there?" in asking.error.message


@pytest.mark.parametrize(
    ("reason", "said", "tries"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "cannot be found", 1),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "cannot be found", 3),
        (ConnectionRefusedError(), "refuses connections", 3),
        (OSError("network is down"), "network is down", 3),
    ],
)
def test_a_host_that_cannot_be_reached_is_named(reason: OSError, said: str, tries: int) -> None:
    requests = []

    def fail(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        raise httpx.ConnectError(str(reason)) from reason

    asking = ask(settings_for("https://a.example/v1"), transport=httpx.MockTransport(fail))

    assert isinstance(asking.error, ConnectionFailed)
    assert asking.error.message.startswith(("The host a.example", "a.example", "No connection to"))
    assert said in asking.error.message
    assert len(requests) == tries


def test_a_connection_that_takes_too_long_is_given_up() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("")

    asking = ask(settings_for("https://a.example/v1"), transport=httpx.MockTransport(fail))

    assert isinstance(asking.error, ConnectionFailed)
    assert "No connection to a.example within 10 s" in asking.error.message
    assert asking.waits == [0.5, 1.0]


def test_https_to_a_server_without_is_no_secure_connection(server: ScriptedServer) -> None:
    asking = ask(settings_for(server.url.replace("http:", "https:")))

    assert isinstance(asking.error, ConnectionFailed)
    assert asking.error.message.startswith("No secure connection to 127.0.0.1:")
    assert asking.waits == []


def test_a_server_that_speaks_no_http_is_named() -> None:
    with ScriptedServer(Reply([DROP], head=b"SSH-2.0-OpenSSH\r\n\r\n")) as server:
        asking = ask(settings_for(server.url))

    assert isinstance(asking.error, ProtocolError)
    assert "does not speak valid HTTP" in asking.error.message


@pytest.mark.parametrize("ending", [DROP, RESET])
def test_a_server_that_hangs_up_without_an_answer_is_asked_thrice(ending: Step) -> None:
    with ScriptedServer(Reply([ending], head=b"")) as server:
        asking = ask(settings_for(server.url))

    assert isinstance(asking.error, ConnectionFailed)
    assert asking.error.retryable
    assert len(server.requests) == 3


@pytest.mark.parametrize("ending", [DROP, RESET])
def test_a_stream_cut_after_text_keeps_the_text_and_is_not_repeated(ending: Step) -> None:
    received = threading.Event()

    async def asking(server: ScriptedServer) -> tuple[list[Event], BaseException | None]:
        events = []
        try:
            async for event in HttpChatModel(settings_for(server.url)).stream(request_for()):
                events.append(event)
                received.set()
        except QwqError as error:
            return events, error
        return events, None

    with ScriptedServer(Reply([delta(content="half"), received, ending])) as server:
        events, error = asyncio.run(asking(server))

    assert events == [AnswerDelta("half")]
    assert isinstance(error, StreamInterrupted)
    assert len(server.requests) == 1


def test_a_stream_cut_before_text_is_asked_again() -> None:
    cut = Reply([delta(role="assistant", content=""), DROP])
    with ScriptedServer(cut, chat(answer="Whole.")) as server:
        asking = ask(settings_for(server.url))

    assert asking.error is None
    assert asking.text == "Whole."
    assert asking.waits == [0.5]


@pytest.mark.parametrize("ending", [DROP, RESET])
def test_a_connection_that_breaks_after_a_complete_reply_takes_nothing_away(ending: Step) -> None:
    received = threading.Event()

    async def asking(server: ScriptedServer) -> list[Event]:
        events = []
        async for event in HttpChatModel(settings_for(server.url)).stream(request_for()):
            events.append(event)
            received.set()
        return events

    steps: list[Step] = [delta("stop", content="all"), received, ending]
    with ScriptedServer(Reply(steps)) as server:
        events = asyncio.run(asking(server))

    assert events == [AnswerDelta("all"), StreamFinished("stop")]


def test_a_connection_held_open_after_the_end_is_not_waited_for() -> None:
    asking = ask_steps(delta(content="a"), DONE, threading.Event())

    assert asking.events == [AnswerDelta("a"), StreamFinished(None)]
    assert asking.error is None


def test_silence_in_mid_stream_ends_it() -> None:
    asking = ask_steps(delta(content="a"), threading.Event(), idle_timeout_s=1)

    assert asking.text == "a"
    assert isinstance(asking.error, StreamInterrupted)
    assert "sent nothing for 1 s" in asking.error.message


def test_silence_before_the_answer_is_waited_for_once() -> None:
    with ScriptedServer(Reply([threading.Event()], head=b"")) as server:
        asking = ask(settings_for(server.url, idle_timeout_s=0.05))
        server.wait_for_request()

    assert isinstance(asking.error, ConnectionFailed)
    assert "did not begin to answer within 0.05 s" in asking.error.message
    assert len(server.requests) == 1


# Refusals, and asking again.


def test_a_passing_refusal_is_asked_again_twice_and_announced() -> None:
    asking = ask_responses(refused(503), refused(429), streamed(delta(content="a"), DONE))

    assert asking.events == [
        Notice("The server answered 503; retrying in 0.5 s (1 of 2)."),
        Notice("The server answered 429; retrying in 1 s (2 of 2)."),
        AnswerDelta("a"),
        StreamFinished(None),
    ]
    assert asking.waits == [0.5, 1.0]


def test_the_third_refusal_is_final() -> None:
    asking = ask_responses(refused(503), refused(503), refused(503))

    assert isinstance(asking.error, ServerFailure)
    assert asking.waits == [0.5, 1.0]


@pytest.mark.parametrize(("status", "kind"), [(401, AuthenticationError), (400, InvalidRequest)])
def test_a_lasting_refusal_is_not_repeated(status: int, kind: type) -> None:
    asking = ask_responses(refused(status, {"error": {"message": "No."}}))

    assert type(asking.error) is kind
    assert asking.waits == []


def test_a_server_that_refuses_to_count_tokens_is_asked_without() -> None:
    refusal = failure(400, {"error": {"message": "Unknown field: stream_options"}})
    with ScriptedServer(refusal, chat(answer="a")) as server:
        asking = ask(settings_for(server.url))

    assert asking.text == "a"
    assert asking.waits == []
    assert ["stream_options" in request.json for request in server.requests] == [True, False]


def test_asking_without_the_count_takes_no_retry_away() -> None:
    refusal = refused(400, {"error": {"message": "Unknown field: stream_options"}})
    asking = ask_responses(refused(503), refused(503), refusal, streamed(delta(content="a"), DONE))

    assert asking.text == "a"
    assert asking.waits == [0.5, 1.0]


def test_retry_after_is_obeyed() -> None:
    asking = ask_responses(refused(429, retry_after="7"), streamed(delta(content="a"), DONE))

    assert asking.waits == [7.0]
    assert asking.text == "a"


def test_a_wait_beyond_a_minute_is_left_to_the_reader() -> None:
    asking = ask_responses(refused(429, retry_after="3600"))

    assert isinstance(asking.error, RateLimited)
    assert asking.error.retry_after_s == 3600.0
    assert asking.waits == []


def test_an_error_in_the_stream_before_text_is_asked_again_if_it_passes() -> None:
    busy = sse({"error": {"code": "limit_requests", "message": "Slow down"}})

    asking = ask_responses(streamed(busy), streamed(delta(content="a"), DONE))

    assert asking.events[0] == Notice(
        "The server answered 429 limit_requests; retrying in 0.5 s (1 of 2)."
    )
    assert asking.text == "a"


def test_an_error_after_text_is_not_asked_again() -> None:
    asking = ask_responses(streamed(delta(content="a"), sse({"error": {"code": 503}})))

    assert asking.text == "a"
    assert isinstance(asking.error, ServerFailure)
    assert asking.waits == []


def test_an_unknown_model_is_not_found() -> None:
    asking = ask_responses(
        refused(404, {"error": {"code": "model_not_found", "message": "No model"}})
    )

    assert isinstance(asking.error, ModelNotFound)
    assert (asking.error.status, asking.error.code) == (404, "model_not_found")


def test_a_redirect_is_named_and_not_followed(server: ScriptedServer) -> None:
    away = Reply(status=307, headers={"Location": f"{server.url}/chat/completions"})
    with ScriptedServer(away) as first:
        asking = ask(settings_for(first.url, api_key=ApiKey(KEY, source="s")))

    assert isinstance(asking.error, ProtocolError)
    assert f"redirects to 127.0.0.1:{server.port}" in asking.error.message
    assert server.requests == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            Reply([b"plain"], headers={"Content-Encoding": "gzip"}),
            "sent a compressed reply that cannot be used: its compression is damaged; retrying",
        ),
        (Reply([b'data: {"error": {"code": 503}}\n\n']), "The server answered 503; retrying"),
    ],
)
def test_the_line_about_a_repetition_names_its_cause_once(reply: Reply, said: str) -> None:
    with ScriptedServer(reply) as server:
        asking = ask(settings_for(server.url))

    notices = [event.text for event in asking.events if isinstance(event, Notice)]
    assert len(notices) == 2
    assert all(said in text for text in notices)


def test_an_endless_error_body_is_not_read_to_its_end() -> None:
    steps = [b"x" * 10_000] * 20

    with ScriptedServer(Reply([*steps, threading.Event()], status=400)) as server:
        asking = ask(settings_for(server.url))

    assert isinstance(asking.error, InvalidRequest)
    assert len(asking.error.message) < 2_000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><title>Sign in</title></html>", 'HTML page titled "Sign in"'),
        (b'{"choices": [{"message": {"content": "Hi"}}]}', "ignores `stream: true`"),
    ],
)
def test_a_document_under_a_200_is_an_error_that_names_it(body: bytes, said: str) -> None:
    asking = ask_responses(streamed(body))

    assert isinstance(asking.error, ProtocolError)
    assert said in asking.error.message


# Keys.


def test_a_key_does_not_travel_in_the_clear() -> None:
    settings = settings_for("http://models.example.com/v1", api_key=ApiKey(KEY, source="QWQ_KEY"))
    requests = []

    asking = ask(settings, transport=httpx.MockTransport(lambda r: requests.append(r)))  # type: ignore[arg-type]  # never called

    assert isinstance(asking.error, ConfigurationError)
    assert "QWQ_KEY would travel unencrypted to models.example.com" in asking.error.message
    assert requests == []


def test_a_key_travels_in_the_clear_where_the_user_says_so() -> None:
    settings = settings_for(
        "http://models.example.com/v1",
        api_key=ApiKey(KEY, source="s"),
        allow_insecure_key=True,
    )
    requests = []

    def reply(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return streamed(DONE)

    ask(settings, transport=httpx.MockTransport(reply))

    assert requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("key", ["", f"{KEY}\n", f" {KEY}", "sk-ключ", "sk-\x1b[0m"])
def test_a_key_that_no_header_can_carry_is_refused(server: ScriptedServer, key: str) -> None:
    asking = ask(settings_for(server.url, api_key=ApiKey(key, source="QWQ_KEY")))

    assert isinstance(asking.error, ConfigurationError)
    assert "QWQ_KEY" in asking.error.message
    assert_shows_no_key(asking.error, key.strip() or "nothing")
    assert server.requests == []


@pytest.mark.parametrize(
    "reply",
    [
        failure(401, {"error": {"message": f"Bad key {KEY}", "code": KEY}, "request_id": KEY}),
        failure(401, f"<title>{KEY}</title>".encode()),
        failure(400, b"a" * 1_400 + KEY.encode() * 9),
        Reply([sse({"error": {"message": f"Bad key {KEY}"}})]),
        Reply([f"data: {KEY}\n\n".encode()]),
        Reply([f"{KEY}\n".encode()]),
        Reply([delta(content="a"), f"error: {KEY}\n\n".encode()]),
        Reply([delta(content="a"), DROP]),
        Reply([DROP], head=b""),
        Reply([DROP], head=f"{KEY}\r\n\r\n".encode()),
        Reply([DROP], head=f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode()),
        Reply(status=302, headers={"Location": f"https://{KEY}.example/"}),
        Reply(headers={"Content-Encoding": KEY}),
    ],
)
def test_no_error_shows_the_key_nor_does_a_verbose_traceback(reply: Reply) -> None:
    with ScriptedServer(reply) as server:
        asking = ask(settings_for(server.url, api_key=ApiKey(KEY, source="s")))

    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert asking.error is not None
    assert_shows_no_key(asking.error, KEY)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=302, headers={"Location": f"https://{KEY}.example/?k={ENCODED_KEY}"}),
        Reply([DONE], headers={"X-Echo": f"Bearer {KEY}"}),
        Reply([DROP], head=f"HTTP/1.1 {KEY}\r\n\r\n".encode()),
    ],
)
def test_no_log_shows_the_key(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedServer(reply) as server, caplog.at_level(logging.DEBUG):
        ask(settings_for(server.url, api_key=ApiKey(KEY, source="s")))

    assert "httpcore.http11" in {record.name for record in caplog.records}
    assert KEY[:11] not in caplog.text
    assert ENCODED_KEY[:14] not in caplog.text


def test_no_log_shows_a_key_in_an_address(caplog: pytest.LogCaptureFixture) -> None:
    with ScriptedServer(Reply([DONE])) as server, caplog.at_level(logging.DEBUG):
        ask(settings_for(f"{server.url}?api_key=letters"))

    assert server.requests[0].path.endswith("?api_key=letters")
    assert "?api_key=***" in caplog.text
    assert "letters" not in caplog.text


def test_a_server_that_echoes_the_key_as_its_reason_shows_none() -> None:
    asking = ask_steps(delta(KEY), DONE, api_key=ApiKey(KEY, source="s"))

    assert asking.events == [StreamFinished("***")]


def assert_shows_no_key(error: QwqError, key: str) -> None:
    """Neither in the error nor in what a verbose traceback prints of it and its causes."""
    shown = [str(error.to_dict()), repr(error.args)]
    shown.append(VERBOSE.text(type(error), error, error.__traceback__))
    linked: BaseException | None = error
    while linked is not None:
        shown += [str(linked), repr(linked.args)]
        for frame, _ in traceback.walk_tb(linked.__traceback__):
            if frame.f_globals["__name__"] != __name__:
                shown += map(repr, frame.f_locals.values())
        assert linked.__cause__ is not None or linked.__context__ is None
        linked = linked.__cause__
    assert all(key[-8:] not in text for text in shown)


# What servers really send.


def test_text_after_a_finish_reason_arrives_while_the_server_still_sends() -> None:
    seen, go_on = threading.Event(), threading.Event()
    steps: list[Step] = [delta("stop", content="a"), delta("stop", content="b"), seen.set, go_on]
    with ScriptedServer(Reply([*steps, delta("stop", content="c"), DONE])) as server:
        events: list[Event] = []

        async def run() -> None:
            async for event in HttpChatModel(settings_for(server.url)).stream(request_for()):
                events.append(event)
                text = "".join(e.text for e in events if isinstance(e, AnswerDelta))
                if text == "ab":
                    # Not until the text so far has been delivered.
                    go_on.set()

        asyncio.run(asyncio.wait_for(run(), TIMEOUT_S))

    assert "".join(e.text for e in events if isinstance(e, AnswerDelta)) == "abc"
    assert events[-1] == StreamFinished("stop")


def test_the_wait_for_usage_begins_again_with_each_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qwq_magic.client.attempt._USAGE_TIMEOUT_S", 0.6)
    words = [step for n in range(5) for step in (delta("stop", content=f"{n} "), Delay(0.35))]
    usage = sse({"choices": [], "usage": {"prompt_tokens": 3}})

    asking = ask_steps(*words, usage, threading.Event())

    assert asking.text == "0 1 2 3 4 "
    assert asking.events[-2:] == [UsageReported(Usage(input_tokens=3)), StreamFinished("stop")]


def test_a_finish_reason_before_any_text_ends_no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qwq_magic.client.attempt._USAGE_TIMEOUT_S", 0.1)

    asking = ask_steps(delta("stop", content=""), Delay(0.4), delta(content="late"), DONE)

    assert asking.text == "late"
    assert asking.events[-1] == StreamFinished("stop")


def test_native_text_after_a_finish_reason_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qwq_magic.client.attempt._USAGE_TIMEOUT_S", 0.6)

    def result(text: str) -> bytes:
        choice = {"message": {"content": text}, "finish_reason": "stop"}
        return b"id:1\nevent:result\n" + sse({"output": {"choices": [choice]}})

    words = [step for n in range(4) for step in (result(f"{n} "), Delay(0.35))]

    asking = ask_steps(*words, protocol="dashscope")

    assert asking.text == "0 1 2 3 "
    assert asking.error is None


@pytest.mark.parametrize("ending", [DROP, RESET])
def test_a_break_after_text_that_followed_a_finish_reason_is_one(ending: Step) -> None:
    asking = ask_steps(delta("stop", content="a"), delta(content="b"), ending)

    assert asking.text == "ab"
    assert isinstance(asking.error, StreamInterrupted)
    assert not any(isinstance(event, StreamFinished) for event in asking.events)


def _kinds(asking: Ask) -> list[type[Event]]:
    return [type(event) for event in asking.events]


def _ask_all(*replies: Reply, model: str = "m", **parameters: Any) -> list[Ask]:
    """Ask one after the other with the same knowledge of how replies begin."""
    beginnings = Beginnings()
    with ScriptedServer(*replies) as server:
        settings = settings_for(server.url, model=model)
        request = ChatRequest("hi", model, (Message("user", "hi"),), parameters)
        return [ask(settings, request, beginnings=beginnings) for _ in replies]


def _content(*texts: str, finish_reason: str = "stop") -> Reply:
    return Reply([*(delta(content=text) for text in texts), delta(finish_reason), DONE])


def test_a_model_begins_inside_reasoning_after_a_reply_that_did() -> None:
    first, second, third, fourth = _ask_all(
        _content("Hm.", "</think>", "4"),
        _content("Ho.", "</think>", "5"),
        _content("Six."),
        _content("Seven."),
    )

    assert _kinds(first)[:2] == [AnswerDelta, AnswerBecameReasoning]
    assert second.events[:2] == [ReasoningDelta("Ho."), AnswerDelta("5")]
    # A reply without the tag was an answer, and the next one is expected to be one.
    assert _kinds(third)[:2] == [ReasoningDelta, ReasoningBecameAnswer]
    assert fourth.events[0] == AnswerDelta("Seven.")


def test_what_one_model_showed_says_nothing_of_another_or_of_thinking_switched_off() -> None:
    beginnings = Beginnings()
    with ScriptedServer(_content("Hm.", "</think>4"), _content("Five.")) as server:
        ask(settings_for(server.url, model="m"), beginnings=beginnings)
        cases: list[tuple[str, dict[str, Any]]] = [
            ("other", {}),
            ("m", {"chat_template_kwargs": {"enable_thinking": False}}),
            ("m", {"reasoning_effort": "none"}),
        ]
        for model, parameters in cases:
            request = ChatRequest("hi", model, (Message("user", "hi"),), parameters)
            asking = ask(settings_for(server.url, model="m"), request, beginnings=beginnings)
            assert asking.events[0] == AnswerDelta("Five.")


def test_a_reasoning_that_ran_out_of_tokens_stays_reasoning() -> None:
    _, second = _ask_all(_content("Hm.", "</think>4"), _content("Ho, but", finish_reason="length"))

    assert second.events == [ReasoningDelta("Ho, but"), StreamFinished("length")]
