"""A server that replays ready-made replies, as fast as they can be read or paced.

The address says what is wanted: `http://127.0.0.1:PORT/CHUNKS/PER_SECOND/VARIANT/v1`, where
0 a second is full speed, and each variant is another text, since what is asked again would
meet what is remembered of it. `GET /sent` tells when the last reply's chunks were sent, on
the clock all processes of a machine share: each if they were paced, else the first.
"""

from __future__ import annotations

import functools
import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


# Sentences as a reasoning writes them: some 55 characters, a dozen tokens each. The number
# makes each of them another, since text that repeats itself would be a loop.
_SENTENCES = (
    " So| the| next| term| is| {n}|,| which| is| odd| again|.",
    " Then| {n}| is| the| sum| of| all| terms| before| the| last|.\n\n",
    "Wait|,| is| {n}| really| the| one| I| was| looking| for|?",
    " Let| me| check| that| {n}| is| not| a| multiple| of| three|.",
    " {n}| divided| by| seven| leaves| a| remainder| of| two|, so| no|.",
    " Its| digits| add| up| to| the| same| as| those| of| {n}|.\n\n",
    "Alternatively|,| count| the| pairs| below| {n}| that| share| a| factor|.",
    " That| gives| {n}| +| 4| =| 17|, and| the| rest| follows|.",
)
_TOKENS = tuple(tuple(sentence.split("|")) for sentence in _SENTENCES)


def word(number: int, variant: int) -> str:
    sentence, place = divmod(number, 12)
    token = _TOKENS[sentence % len(_TOKENS)][place]
    return token.format(n=(sentence + 997 * variant) * 7919 % 100_003)


def text_of(chunks: int, variant: int = 0) -> str:
    """Reasoning and answer, as they are sent."""
    return "".join(word(number, variant) for number in range(chunks))


def event(text: str, *, is_reasoning: bool) -> bytes:
    """A chunk as DashScope writes it."""
    names = ("reasoning_content", "content") if is_reasoning else ("content", "reasoning_content")
    delta = {names[0]: text, names[1]: None}
    chunk = {
        "choices": [{"delta": delta, "finish_reason": None, "index": 0, "logprobs": None}],
        "object": "chat.completion.chunk",
        "usage": None,
        "created": 1_740_000_000,
        "model": "qwq-plus",
        "id": "chatcmpl-0123456789",
    }
    return b"data: %s\n\n" % json.dumps(chunk).encode()


def http_chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@functools.lru_cache(maxsize=4)
def pieces_of(chunks: int, variant: int) -> list[bytes]:
    """As they go over the wire; three chunks in four are reasoning."""
    pieces = [
        http_chunk(event(word(number, variant), is_reasoning=number < chunks * 3 // 4))
        for number in range(chunks)
    ]
    return [*pieces, http_chunk(END) + b"0\r\n\r\n"]


class _Replies:
    def __init__(self) -> None:
        self.sent_s: list[float] = []

    def answer(self, client: socket.socket) -> None:
        with client:
            received = b""
            while b"\r\n\r\n" not in received:
                received += client.recv(65_536)
            path = received.split(b" ", 2)[1].decode()
            if path == "/sent":
                client.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(self.sent_s).encode())
                return
            # The body is JSON, and the last to come.
            while not received.endswith(b"}"):
                received += client.recv(65_536)
            chunks, per_s, variant = map(int, path.split("/")[1:4])
            pieces = pieces_of(chunks, variant)
            body = b"".join(pieces)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(HEAD)
            self.sent_s = sent_s = [time.monotonic()]
            if per_s:
                for number, piece in enumerate(pieces):
                    time.sleep(max(0.0, sent_s[0] + number / per_s - time.monotonic()))
                    sent_s[number:] = [time.monotonic()]
                    client.sendall(piece)
            else:
                client.sendall(body)
            client.shutdown(socket.SHUT_WR)
            client.recv(1)


def _serve(ready: Connection) -> None:
    replies = _Replies()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ready.send(listening.getsockname()[1])
        while True:
            client, _ = listening.accept()
            threading.Thread(target=replies.answer, args=(client,), daemon=True).start()


@contextmanager
def replay_server() -> Iterator[str]:
    """The server's address, while its process runs."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
