from __future__ import annotations

import asyncio
import time

import pytest

from qwq_magic import QwqError, Turn
from qwq_magic.batch.rates import Rates
from qwq_magic.events import Usage
from qwq_magic.turns import Message

_MESSAGES = (Message("user", "Why?"),)


def _sent_at(rates: Rates, count: int) -> list[float]:
    async def send() -> list[float]:
        began = time.monotonic()
        times = []

        async def one() -> None:
            await rates.wait(_MESSAGES)
            times.append(time.monotonic() - began)

        await asyncio.gather(*(one() for _ in range(count)))
        return sorted(times)

    return asyncio.run(send())


def test_requests_are_spaced_evenly() -> None:
    times = _sent_at(Rates(rpm=1_200, tpm=None), 12)
    # One in 50 ms: however many wait, no window has more than its share and one.
    for width in range(1, 12):
        for first, last in zip(times, times[width:], strict=False):
            assert last - first >= 0.05 * width - 0.03


def test_without_limits_nothing_waits() -> None:
    assert not Rates(rpm=None, tpm=None)


def test_tokens_a_minute_are_counted_with_the_length_of_earlier_replies() -> None:
    async def send() -> tuple[float, float]:
        rates = Rates(rpm=None, tpm=1_000_000)
        first = await rates.wait(_MESSAGES)
        turn = Turn("1", "Why?", usage=Usage(1, 20_000, 20_001))
        rates.ended(turn, 20_001, expected=first)
        return first, await rates.wait(_MESSAGES)

    first, second = asyncio.run(send())
    assert (round(first), round(second)) == (1_001, 20_001)


def test_a_reply_longer_than_a_minutes_worth_still_goes() -> None:
    times = _sent_at(Rates(rpm=None, tpm=10), 1)
    assert times[0] < 5


@pytest.mark.parametrize(("rpm", "tpm"), [(0, None), (None, -5), ("60", None)])
def test_a_rate_is_a_number_above_zero(rpm: float, tpm: int) -> None:
    with pytest.raises(QwqError, match="Use a number a minute"):
        Rates(rpm=rpm, tpm=tpm)
