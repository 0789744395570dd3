"""What the client costs beside reading the same bytes with httpx; run it as a program.

    PYTHONPATH=tests:. python tests/benchmarks/wire.py

A server in another process sends 32,000 chunks at full speed; both sides are measured in
CPU seconds of this process, the best of five, in the same run. A second table shows that a
token costs the same in a short reply and in a long one, however it is written.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from multiprocessing.connection import Connection
from typing import Any

import httpx
from benchmarks.replay_server import END, HEAD, event, http_chunk

from qwq_magic.client import HttpChatModel
from qwq_magic.settings import Settings
from qwq_magic.turns import ChatRequest, Message
from qwq_magic.wire.openai import PROTOCOL

CHUNKS = 32_000
# How many of the server's chunks share one HTTP chunk: a token each, and a busy gateway's.
GROUPS = (1, 8, 1_000)


def numbered(number: int, *, is_reasoning: bool) -> bytes:
    return event(f" word{number % 97}", is_reasoning=is_reasoning)


def http_chunks(group: int) -> Iterator[bytes]:
    events = [numbered(n, is_reasoning=n < CHUNKS * 3 // 4) for n in range(CHUNKS)]
    events.append(END)
    for at in range(0, len(events), group):
        yield http_chunk(b"".join(events[at : at + group]))
    yield b"0\r\n\r\n"


def serve(ready: Connection, group: int) -> None:
    reply = HEAD + b"".join(http_chunks(group))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ready.send(listening.getsockname()[1])
        while True:
            client, _ = listening.accept()
            with client:
                received = b""
                # The body is JSON, and the last to come.
                while not received.endswith(b"}"):
                    received += client.recv(65_536)
                client.sendall(reply)
                client.shutdown(socket.SHUT_WR)
                client.recv(1)


async def read_raw(url: str) -> None:
    async with (
        httpx.AsyncClient() as client,
        client.stream("POST", f"{url}/chat/completions", content=b"{}") as response,
    ):
        async for _ in response.aiter_raw():
            pass


async def read_events(url: str) -> None:
    model = HttpChatModel(Settings(server="custom", base_url=url, model="m"))
    async for _ in model.stream(ChatRequest("Hi", "m", (Message("user", "Hi"),))):
        pass


def cpu_s(read: Callable[[str], Coroutine[Any, Any, None]], url: str) -> float:
    def once() -> float:
        started = time.process_time()
        asyncio.run(read(url))
        return time.process_time() - started

    return min(once() for _ in range(5))


def compare(group: int) -> None:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there, group), daemon=True)
    server.start()
    try:
        url = f"http://127.0.0.1:{here.recv()}/v1"
        raw_s, events_s = cpu_s(read_raw, url), cpu_s(read_events, url)
    finally:
        server.terminate()
    print(
        f"{group:>5} a read: httpx {raw_s:.3f} s, events {events_s:.3f} s = {events_s / raw_s:.2f}x"
    )


def cost_per_token(tokens: int) -> None:
    reply, events = PROTOCOL.decoder(), [numbered(n, is_reasoning=True) for n in range(tokens)]
    started = time.process_time()
    for each in events:
        reply.feed(each)
    spent_s = time.process_time() - started
    print(f"{tokens:>7} tokens: {spent_s / tokens * 1e6:.2f} µs each")


def cost_of_a_long_line(size_mb: int) -> None:
    reply, piece = PROTOCOL.decoder(), b"x" * 100
    started = time.process_time()
    for _ in range(size_mb * 10_000):
        reply.feed(piece)
    spent_s = time.process_time() - started
    print(f"{size_mb:>4} MB in one line, 100 bytes a read: {spent_s / size_mb:.3f} s a MB")


if __name__ == "__main__":
    for group in GROUPS:
        compare(group)
    for tokens in (2_000, 20_000, 200_000):
        cost_per_token(tokens)
    for size_mb in (1, 4, 7, 50):
        cost_of_a_long_line(size_mb)
