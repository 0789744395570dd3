"""A real HTTP/1.1 server on 127.0.0.1 that plays a script, for tests of whole paths.

    with ScriptedServer(chat(reasoning="Hm.", answer="Yes.")) as server:
        ...ask server.url...
        assert server.requests[0].json["model"] == "qwq"

Each request gets the next `Reply`, the last one again and again; a function from the
request to a reply does as well. A reply is a list of steps: bytes are sent as one
chunk, a `threading.Event` is waited for (so that the test, not a clock, says when to go
on), a function is called, `Delay`, `DROP` and `RESET` do what they say. The server runs
in a thread of the test's process; a kernel or a browser elsewhere only needs its URL.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, TypeAlias

TIMEOUT_S = 10.0
_POLL_S = 0.001


class Ending(Enum):
    """How a connection breaks off."""

    DROP = auto()
    RESET = auto()


# Close without ending the body, or with a TCP reset, as a crashed process does.
DROP = Ending.DROP
RESET = Ending.RESET


@dataclass(frozen=True)
class Delay:
    """A pause, where time itself is what is tested."""

    seconds: float


Step: TypeAlias = bytes | threading.Event | Delay | Ending | Callable[[], object]


@dataclass
class Request:
    """What a client sent; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    received_at: float
    # Set when the client leaves before its reply has been played to the end.
    disconnected: threading.Event = field(default_factory=threading.Event)
    disconnected_at: float | None = None
    # Set when the reply has been sent whole.
    answered: threading.Event = field(default_factory=threading.Event)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """One response: `framing` is how its end is told, "chunked", "length" or "close"."""

    # An endless reply needs steps that never end: `itertools.repeat(...)`.
    steps: Iterable[Step] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": SSE_TYPE})
    framing: str = "chunked"
    # Raw bytes in place of a status line and headers, for servers that break HTTP itself.
    head: bytes | None = None


SSE_TYPE = "text/event-stream"
Script: TypeAlias = Callable[[Request], Reply]


def sse(*events: Any) -> bytes:
    """Each value as a server-sent event."""
    return b"".join(f"data: {json.dumps(e, ensure_ascii=False)}\n\n".encode() for e in events)


DONE = b"data: [DONE]\n\n"


def delta(finish_reason: str | None = None, **fields: Any) -> bytes:
    """One chunk of an OpenAI-compatible stream: `delta(reasoning_content="Hm")`."""
    choice = {"index": 0, "delta": fields, "finish_reason": finish_reason}
    return sse({"id": "c1", "object": "chat.completion.chunk", "choices": [choice]})


def chat_steps(
    *,
    reasoning: str | Iterable[str] = (),
    answer: str | Iterable[str] = (),
    reasoning_field: str | None = "reasoning_content",
    usage: Mapping[str, Any] | None = None,
    finish_reason: str = "stop",
) -> list[Step]:
    """A whole reply, one step a delta; without a `reasoning_field` in inline tags."""
    thoughts = [reasoning] if isinstance(reasoning, str) else list(reasoning)
    words = [answer] if isinstance(answer, str) else list(answer)
    steps: list[Step] = [delta(role="assistant", content="")]
    if reasoning_field is None and thoughts:
        steps += [delta(content=text) for text in ("<think>", *thoughts, "</think>")]
    else:
        steps += [delta(**{str(reasoning_field): text, "content": None}) for text in thoughts]
    steps += [delta(content=text) for text in words]
    steps.append(delta(finish_reason))
    if usage is not None:
        steps.append(sse({"choices": [], "usage": dict(usage)}))
    return [*steps, DONE]


def chat(**options: Any) -> Reply:
    """The reply of `chat_steps`."""
    return Reply(chat_steps(**options))


def failure(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """An error response with a JSON body, or with these very bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply([data], status, {"Content-Type": "application/json", **(headers or {})}, "length")


def unused_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ScriptedServer:
    """Plays replies and records requests, connections and disconnects."""

    def __init__(self, *replies: Reply | Script, tls: ssl.SSLContext | None = None) -> None:
        # May be replaced or appended to at any time; the last one is repeated.
        self.replies = list(replies) or [chat(answer="Hello.")]
        self._tls = tls
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="scripted-server", daemon=True)
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        self.connections = 0
        self.port = 0
        # Set when any client has left before its reply was played to the end.
        self.disconnected = threading.Event()

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """What goes into `base_url`."""
        return f"{self.origin}/v1"

    def closed_down_to(self, number: int, timeout: float = TIMEOUT_S) -> bool:
        """Wait until so many connections at the most are open."""
        give_up_at = time.monotonic() + timeout
        while len(self._tasks) > number and time.monotonic() < give_up_at:
            time.sleep(_POLL_S)
        return len(self._tasks) <= number

    def wait_for_request(self, number: int = 1, timeout: float = TIMEOUT_S) -> Request:
        """The `number`th request, as soon as it has come."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.requests) >= number, timeout)
        assert came, f"request {number} did not come within {timeout} s"
        return self.requests[number - 1]

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        assert self._ready.wait(TIMEOUT_S)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        starting = asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls, backlog=256)
        server = self._loop.run_until_complete(starting)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*self._tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            await self._serve(_Connection(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            if self._tls:
                # A goodbye in TLS waits for the client's, which may never come.
                writer.transport.abort()
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
            self._tasks.discard(task)

    async def _serve(self, connection: _Connection) -> None:
        while (request := await connection.read_request()) is not None:
            with self._changed:
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                self.requests.append(request)
                self._changed.notify_all()
            if callable(reply):
                reply = reply(request)
            if not await self._play_unless_client_leaves(connection, request, reply):
                return

    async def _play_unless_client_leaves(
        self, connection: _Connection, request: Request, reply: Reply
    ) -> bool:
        """Play the reply; False where the connection is at its end."""
        playing = asyncio.ensure_future(connection.play(reply))
        leaving = asyncio.ensure_future(connection.client_leaves())
        try:
            await asyncio.wait({playing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            stays = playing.done() and not isinstance(playing.exception(), ConnectionError)
            if not stays:
                request.disconnected_at = time.monotonic()
                request.disconnected.set()
                self.disconnected.set()
                return False
            request.answered.set()
            return playing.result()
        finally:
            for task in (playing, leaving):
                task.cancel()
            await asyncio.gather(playing, leaving, return_exceptions=True)


class _Connection:
    """One client's connection, from request to request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        # A byte of the next request that the watch for the client's leaving has read.
        self._ahead = b""

    async def read_request(self) -> Request | None:
        head = await self._read_head()
        if not head:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines if line)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return Request(method, path, headers, body, received_at=time.monotonic())

    async def _read_head(self) -> bytes:
        try:
            first = self._ahead or await self._reader.readexactly(1)
            self._ahead = b""
            if first == b"\x16":  # A TLS handshake: say what plain servers say to one.
                await self._write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return b""
            return first + await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    async def client_leaves(self) -> None:
        """Return when the client closes; hang on where it merely asks early."""
        with suppress(ConnectionError):
            self._ahead = await self._reader.read(1)
        if self._ahead:
            await asyncio.Event().wait()

    async def play(self, reply: Reply) -> bool:
        """Play the steps; False where they end the connection."""
        await self._send_head(reply)
        for step in reply.steps:
            if isinstance(step, bytes):
                await self._send(step, reply)
            elif isinstance(step, threading.Event):
                while not step.is_set():
                    await asyncio.sleep(_POLL_S)
            elif isinstance(step, Delay):
                await asyncio.sleep(step.seconds)
            elif isinstance(step, Ending):
                self._break_off(step)
                return False
            else:
                step()
        if reply.framing == "chunked":
            await self._write(b"0\r\n\r\n")
        return reply.framing != "close" and reply.head is None

    async def _send_head(self, reply: Reply) -> None:
        if reply.head is not None:
            await self._write(reply.head)
            return
        headers = dict(reply.headers)
        if reply.framing == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        elif reply.framing == "length":
            size = sum(len(step) for step in reply.steps if isinstance(step, bytes))
            headers["Content-Length"] = str(size)
        else:
            headers["Connection"] = "close"
        phrase = next((s.phrase for s in HTTPStatus if s == reply.status), "Odd")
        lines = [f"HTTP/1.1 {reply.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        await self._write("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def _send(self, data: bytes, reply: Reply) -> None:
        if reply.framing == "chunked" and reply.head is None:
            # An empty chunk would end the body.
            data = b"%x\r\n%s\r\n" % (len(data), data) if data else b""
        await self._write(data)

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def _break_off(self, ending: Ending) -> None:
        if ending is RESET:
            raw = self._writer.get_extra_info("socket")
            # With lingering on and no time to linger, closing sends RST.
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        else:
            self._writer.close()
