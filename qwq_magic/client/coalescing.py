"""Join what has already arrived: many servers make an HTTP chunk of every token.

A reader takes all the HTTP library has in hand, without a pause, before anybody looks at
it; so a burst is decoded at once, and a lone token is not held back. Nor are a reply's
first words held back until a burst is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

# More than this is not read ahead: whoever is slow to take it slows the server down.
_AHEAD_BYTES = 1_000_000
# So many pieces are looked at one by one: the first words stand in one of them.
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
        # Its own cancellation is no news, and an error of it has been raised above.
        await asyncio.gather(reading, return_exceptions=True)


class _Reader:
    """Collects pieces on behalf of one that takes them."""

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
        """All that has arrived, at least one byte of it; nothing where there is no more."""
        while not self._pieces and not self._has_ended:
            self._changed.clear()
            await self._changed.wait()
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        self._has_room.set()
        return data
