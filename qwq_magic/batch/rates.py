"""The limits of rate that the user named: requests and tokens a minute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qwq_magic.errors import ConfigurationError
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Message, Turn

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter

_MINUTE_S = 60.0
# A reply of unknown length is taken to be as long as this, in tokens, until some have ended.
_FIRST_GUESS = 1_000


class Rates:
    """Waits until a request may be sent; used on one event loop.

    Requests are spaced evenly, so that no window of a minute has more of them than allowed.
    Tokens are counted as soon as a request is sent, with the length that replies have had so far,
    and corrected when the reply has ended.
    """

    def __init__(self, *, rpm: float | None, tpm: int | None) -> None:
        """Allow these numbers a minute; None for no limit.

        Raises:
            ConfigurationError: a number is not above zero.
        """
        self._rpm, self._tpm = _checked("rpm", rpm), _checked("tpm", tpm)
        self._requests: AsyncLimiter | None = None
        self._tokens: AsyncLimiter | None = None
        self._debt = 0.0
        self._guess = _FIRST_GUESS
        self._ended = 0

    def __bool__(self) -> bool:
        return self._rpm is not None or self._tpm is not None

    async def wait(self, messages: Sequence[Message]) -> float:
        """Wait until a request with these messages may be sent; return its estimated tokens."""
        # Made here, since a limiter belongs to the loop on which it was first used.
        from aiolimiter import AsyncLimiter

        if self._rpm is not None:
            self._requests = self._requests or AsyncLimiter(1, _MINUTE_S / self._rpm)
            await self._requests.acquire()
        tokens = sum(estimate_tokens(message.text) for message in messages) + self._guess
        if self._tpm is not None:
            self._tokens = self._tokens or AsyncLimiter(self._tpm, _MINUTE_S)
            owed, self._debt = max(0.0, tokens + self._debt), min(0.0, tokens + self._debt)
            # A single reply may be longer than a minute's worth: it takes the whole minute.
            await self._tokens.acquire(min(owed, self._tpm))
        return tokens

    def ended(self, turn: Turn, tokens: int, *, expected: float) -> None:
        """Correct the estimate for a request that has ended."""
        self._debt += tokens - expected
        self._ended += 1
        output = turn.usage.output_tokens or estimate_tokens(turn.reasoning + turn.answer)
        self._guess += round((output - self._guess) / self._ended)


def _checked(name: str, value: float | None) -> float | None:
    if value is None or (type(value) in (int, float) and value > 0):
        return value
    raise ConfigurationError(f"{name} is {value!r}. Use a number a minute, above zero.")
