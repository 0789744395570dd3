"""The body of a response: joined from small pieces, decompressed, and bounded.

Many servers send every token in an HTTP chunk of its own. A reader task takes all that the
HTTP library has buffered before the decoder runs, so that a burst is decoded at once, a
single token is not held back, and neither are the first tokens of a reply.

Some proxies compress although the request does not accept it. A few kilobytes can unpack to
gigabytes, so a body is unpacked piece by piece and rejected beyond a ratio that text never
reaches.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import aclosing, suppress
from typing import Any, TypeVar, cast

import httpx

ENCODINGS = ("gzip", "x-gzip", "deflate")

_PIECE_BYTES = 64_000
# Repetitive JSON is compressed by a factor below 50.
_MAX_RATIO = 100
_UNSUSPICIOUS_BYTES = 1_000_000
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


async def unpacked(raw: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The body in pieces of a bounded size; closes `raw`.

    Raises:
        httpx.DecodingError: the body is damaged, or a decompression bomb.
    """
    stream = _Inflater()
    async with aclosing(raw):
        async for data in raw:
            for piece in stream.feed(data):
                yield piece
                # Even a bomb must not block the loop, or it could not be interrupted.
                await asyncio.sleep(0)


class _Inflater:
    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._packed = 0
        self._unpacked = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._packed += len(data)
        piece = b""
        # After a full piece zlib may hold more output, even with all input consumed.
        while (data or len(piece) == _PIECE_BYTES) and not self._zlib.eof:
            try:
                piece = self._zlib.decompress(data, _PIECE_BYTES)
            except zlib.error as error:
                raise httpx.DecodingError("its compression is damaged") from error
            data = self._zlib.unconsumed_tail
            self._unpacked += len(piece)
            if self._unpacked > _UNSUSPICIOUS_BYTES + _MAX_RATIO * self._packed:
                raise httpx.DecodingError(f"it unpacks to over {_MAX_RATIO} times its size")
            if piece:
                yield piece


_T = TypeVar("_T")


def body_of(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, unpacked, each burst in one piece."""
    # httpx annotates it as an iterator, but it is a generator, and only that can be closed.
    raw = cast("AsyncGenerator[bytes, None]", response.aiter_raw())
    return coalesced(unpacked(raw) if encoding_of(response) else raw)


def encoding_of(response: httpx.Response) -> str:
    encoding: str = response.headers.get("content-encoding", "").strip().lower()
    return "" if encoding == "identity" else encoding


async def bounded_body(response: httpx.Response, *, most_bytes: int, timeout_s: float) -> bytes:
    """The start of a body, or as much of it as arrives in time."""
    body = bytearray()

    async def read() -> None:
        async with aclosing(body_of(response)) as reads:
            async for data in reads:
                body.extend(data)
                if len(body) >= most_bytes:
                    return

    with suppress(httpx.HTTPError):
        await within(timeout_s, read())
    return bytes(body[:most_bytes])


async def anext_or_none(body: AsyncGenerator[bytes, None]) -> bytes | None:
    return await anext(body, None)


async def within(seconds: float, waiting: Coroutine[Any, Any, _T]) -> _T | None:
    """The result, or None after this many seconds."""
    try:
        return await asyncio.wait_for(waiting, seconds)
    except TimeoutError:
        return None


# No more than this is read ahead, so that a slow consumer slows the server down.
_AHEAD_BYTES = 1_000_000
# The first pieces are passed on one by one, since one of them has the first token.
_FIRST_PIECES = 4


async def coalesced(raw: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The same bytes in fewer pieces; closes `raw`, and raises what it raises after them."""
    reader = _Reader()
    reading = asyncio.create_task(reader.read(raw))
    try:
        while data := await reader.take():
            yield data
        await reading
    finally:
        reading.cancel()
        # The cancellation is our own, and an error of the reader has been raised above.
        await asyncio.gather(reading, return_exceptions=True)


class _Reader:
    """Collects pieces ahead of their consumer."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._has_ended = False
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    async def read(self, raw: AsyncGenerator[bytes, None]) -> None:
        try:
            first = _FIRST_PIECES
            async with aclosing(raw):
                async for data in raw:
                    self._pieces.append(data)
                    self._size += len(data)
                    self._changed.set()
                    if first:
                        first -= 1
                        await asyncio.sleep(0)
                    if self._size > _AHEAD_BYTES:
                        self._has_room.clear()
                        await self._has_room.wait()
        finally:
            self._has_ended = True
            self._changed.set()

    async def take(self) -> bytes:
        """All that has arrived, at least one byte; empty at the end of the body."""
        while not self._pieces and not self._has_ended:
            self._changed.clear()
            await self._changed.wait()
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        self._has_room.set()
        return data
