"""A server with a rate limit and faults, for many streams at once; it runs in its own process.

`POST /v1/chat/completions` replies with so many chunks at so many a second. A share of the
requests meets a fault: a 429, a reset, a stall, or a reply that is cut off. Requests beyond the
limit get a 429 with `Retry-After`. `GET /log` returns what was asked, and how it ended.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from benchmarks.replay_server import END, HEAD, event, http_chunk, word

BUSY = (
    b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    b"Content-Length: 33\r\n\r\n"
    b'{"error":{"message":"slow down"}}'
)


@dataclass
class Load:
    """What the server does.

    Attributes:
        chunks: the chunks of a reply.
        per_second: how many of them it sends a second.
        fault_share: the share of requests that meet a fault, from 0 to 1.
        rate: the most requests a second; 0 for no limit.
    """

    chunks: int
    per_second: float
    fault_share: float = 0.0
    rate: float = 0.0


@dataclass
class Log:
    """What was asked: prompts by how often they were asked and replied to in full."""

    asked: Counter[str] = field(default_factory=Counter)
    whole: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    # The most requests that were received within a second.
    peak: int = 0
    streaming: int = 0
    most_streaming: int = 0


class ManyServer:
    """Listens on 127.0.0.1."""

    def __init__(self, load: Load, *, seed: int) -> None:
        self._load = load
        self._random = random.Random(seed)
        self._log = Log()
        self._accepted: deque[float] = deque()
        self._received: deque[float] = deque()
        self._pieces = [
            http_chunk(event(word(number, 0), is_reasoning=number < load.chunks * 3 // 4))
            for number in range(load.chunks - 1)
        ]

    async def serve(self) -> None:
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0, backlog=2_000)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with server:
            await server.serve_forever()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while request := await self._request(reader):
                path, body = request
                if path == "/log":
                    self._write_log(writer)
                elif not await self._reply(writer, body):
                    break
                await writer.drain()
        writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> tuple[str, Any] | None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return first.split()[1], json.loads(body) if body else None

    def _write_log(self, writer: asyncio.StreamWriter) -> None:
        body = json.dumps(vars(self._log)).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def _is_beyond_rate(self) -> bool:
        now = time.monotonic()
        self._received.append(now)
        while self._received[0] < now - 1.0:
            self._received.popleft()
        self._log.peak = max(self._log.peak, len(self._received))
        while self._accepted and self._accepted[0] < now - 1.0:
            self._accepted.popleft()
        if self._load.rate and len(self._accepted) >= self._load.rate:
            return True
        self._accepted.append(now)
        return False

    async def _reply(self, writer: asyncio.StreamWriter, body: Any) -> bool:
        """Reply; return whether the connection can be used again."""
        prompt = body["messages"][-1]["content"]
        fault = ""
        if self._random.random() < self._load.fault_share:
            fault = self._random.choice(("busy", "reset", "stall", "cut"))
        if self._is_beyond_rate() or fault == "busy":
            self._log.refused += 1
            writer.write(BUSY)
            return True
        self._log.asked[prompt] += 1
        log = self._log
        log.streaming += 1
        log.most_streaming = max(log.most_streaming, log.streaming)
        try:
            return await self._stream(writer, prompt, fault)
        finally:
            log.streaming -= 1

    async def _stream(self, writer: asyncio.StreamWriter, prompt: str, fault: str) -> bool:
        stops_at = self._random.randrange(len(self._pieces)) if fault else -1
        writer.write(HEAD)
        began = time.monotonic()
        for number, piece in enumerate(self._pieces):
            if number == stops_at:
                await self._break(writer, fault)
                return False
            ahead = began + number / self._load.per_second - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
            writer.write(piece)
            await writer.drain()
        answer = event(f"The answer is **{len(prompt) % 7}**.", is_reasoning=False)
        writer.write(http_chunk(answer) + http_chunk(END) + b"0\r\n\r\n")
        await writer.drain()
        self._log.whole[prompt] += 1
        return True

    async def _break(self, writer: asyncio.StreamWriter, fault: str) -> None:
        if fault == "stall":
            await asyncio.sleep(3600)
        if fault == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort() if fault == "reset" else writer.close()


if __name__ == "__main__":
    chunks, per_second, fault_share, rate, seed = sys.argv[1:]
    load = Load(int(chunks), float(per_second), float(fault_share), float(rate))
    asyncio.run(ManyServer(load, seed=int(seed)).serve())
