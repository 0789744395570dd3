"""The body of a response, as far as somebody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, suppress
from typing import Any, TypeVar, cast

import httpx

from qwq_magic.client.coalescing import coalesced
from qwq_magic.client.unpacking import unpacked

_T = TypeVar("_T")


def body_of(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body as it comes, unpacked, a burst in one piece."""
    # It is one, though its annotation promises less; only a generator can be closed.
    raw = cast("AsyncGenerator[bytes, None]", response.aiter_raw())
    return coalesced(unpacked(raw) if encoding_of(response) else raw)


def encoding_of(response: httpx.Response) -> str:
    encoding: str = response.headers.get("content-encoding", "").strip().lower()
    return "" if encoding == "identity" else encoding


async def bounded_body(response: httpx.Response, *, most_bytes: int, timeout_s: float) -> bytes:
    """The start of a body; what came counts, even where the rest does not come."""
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
    """What it gives in this time, else None."""
    try:
        return await asyncio.wait_for(waiting, seconds)
    except asyncio.TimeoutError:
        return None
