import asyncio
from collections.abc import AsyncGenerator

import pytest

from qwq_magic.client.bodies import coalesced


async def _burst(*pieces: bytes, then: Exception | None = None) -> AsyncGenerator[bytes, None]:
    """Pieces that are all there at once, as from a buffer."""
    for piece in pieces:
        yield piece
    if then is not None:
        raise then


def test_a_burst_comes_as_one_piece_behind_its_first_words() -> None:
    pieces = [b"%d," % number for number in range(1_000)]

    async def read() -> list[bytes]:
        return [data async for data in coalesced(_burst(*pieces))]

    *first, rest = asyncio.run(read())
    assert first == pieces[: len(first)]
    assert 1 <= len(first) <= 10
    assert b"".join([*first, rest]) == b"".join(pieces)


def test_a_lone_piece_is_not_held_back() -> None:
    async def read() -> list[bytes]:
        taken = asyncio.Event()

        async def one_by_one() -> AsyncGenerator[bytes, None]:
            for piece in (b"a", b"b"):
                yield piece
                # The next does not exist before this one was seen.
                await taken.wait()
                taken.clear()

        found = []
        async for data in coalesced(one_by_one()):
            found.append(data)
            taken.set()
        return found

    assert asyncio.run(asyncio.wait_for(read(), 10)) == [b"a", b"b"]


def test_an_error_comes_after_what_came_before_it() -> None:
    found = []

    async def read() -> None:
        async for data in coalesced(_burst(b"a", then=ValueError("cut"))):
            found.append(data)

    with pytest.raises(ValueError, match="cut"):
        asyncio.run(read())
    assert found == [b"a"]


def test_closing_it_closes_the_source_while_it_waits() -> None:
    async def read() -> bool:
        closed = asyncio.Event()

        async def endless() -> AsyncGenerator[bytes, None]:
            try:
                yield b"a"
                await asyncio.Event().wait()
            finally:
                closed.set()

        pieces = coalesced(endless())
        await anext(pieces)
        await pieces.aclose()
        return closed.is_set()

    assert asyncio.run(asyncio.wait_for(read(), 10))


def test_a_slow_taker_is_not_run_ahead_of() -> None:
    async def read() -> int:
        produced = 0

        async def fast() -> AsyncGenerator[bytes, None]:
            nonlocal produced
            while True:
                produced += 1
                yield b"x" * 100_000

        pieces = coalesced(fast())
        await anext(pieces)
        for _ in range(100):
            await asyncio.sleep(0)
        await pieces.aclose()
        return produced

    assert asyncio.run(asyncio.wait_for(read(), 10)) <= 2 * 11
