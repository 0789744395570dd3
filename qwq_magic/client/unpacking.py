"""Unpack a body that comes compressed, though none was asked for.

A few kilobytes can unpack to gigabytes, so it happens piece by piece, and what unpacks to
more than text ever does is refused.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

import httpx

ENCODINGS = ("gzip", "x-gzip", "deflate")

_PIECE_BYTES = 64_000
# A stream of repetitive JSON stays below 50.
_MAX_RATIO = 100
_UNSUSPICIOUS_BYTES = 1_000_000
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


async def unpacked(raw: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The body in pieces of a bounded size; closes `raw`.

    Raises:
        httpx.DecodingError: the body is damaged, or a bomb.
    """
    stream = _Inflater()
    async with aclosing(raw):
        async for data in raw:
            for piece in stream.feed(data):
                yield piece
                # Even a bomb leaves the loop to others, and to who wants to stop it.
                await asyncio.sleep(0)


class _Inflater:
    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._packed = 0
        self._unpacked = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._packed += len(data)
        piece = b""
        # A full piece may leave more behind, also where all input is used up.
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
