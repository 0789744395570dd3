"""The pace of a batch: how many replies may stream at once, and when the next may begin.

The number grows while more streams bring more text, and is halved when the server refuses one.
It then comes back as in CUBIC, the congestion control of TCP (RFC 9438): fast at first, slowly
near where it was refused, and faster again beyond. One pause that the server demands holds all
streams. A stream that began before the latest decrease tells nothing new, so a burst of refusals
counts once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from qwq_magic.errors import (
    ConfigurationError,
    ConnectionFailed,
    QwqError,
    RateLimited,
    ServerFailure,
)

Concurrency: TypeAlias = int | Literal["auto"]

FIRST_LIMIT = 8
MAX_LIMIT = 1_000
# How long the speed is measured before the number of streams changes again.
_MEASURE_S = 1.5
# More streams must bring this share of what they would bring if none slowed down another.
_WORTH = 0.25
# Once more streams have not helped, they are tried again after this long.
_SETTLED_S = 30.0
_GROWTH = 1.5
# How long it takes after a decrease to come back to where the server refused.
_RECOVERY_S = 10.0
_FIRST_PAUSE_S = 1.0
_MAX_PAUSE_S = 60.0
MAX_CONCURRENCY = 10_000


class Pace:
    """How many may stream at once; `limit` changes as the server replies."""

    def __init__(
        self, concurrency: Concurrency, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with eight, or with the number given, which is then never exceeded.

        Raises:
            ConfigurationError: the concurrency is neither `auto` nor a number from 1 on.
        """
        self._clock = clock
        self._most = MAX_LIMIT if concurrency == "auto" else _checked(concurrency)
        self.limit = FIRST_LIMIT if concurrency == "auto" else self._most
        self._is_growing = concurrency == "auto"
        self._decreased_at = -1.0
        self._resumes_at = 0.0
        self._pauses = 0
        # Where the server refused one.
        self._refused_limit = 0
        # The speed, in characters a second, that was measured with fewer streams.
        self._speed_before = 0.0
        self._limit_before = 0
        self._begun_before = 0
        self._measured_from: tuple[float, int] | None = None
        self._settled_until = 0.0

    @property
    def paused_s(self) -> float:
        """How long nothing may begin, in seconds."""
        return max(0.0, self._resumes_at - self._clock())

    def ended(self) -> None:
        """A stream has ended well."""
        self._pauses = 0

    def refused(self, error: QwqError, *, began_at: float) -> float:
        """A request was refused before any text; return how long all of them pause, in seconds.

        `began_at`: when it was sent, on the clock of this pace.
        """
        now = self._clock()
        if began_at > self._decreased_at:
            self._refused_limit, self.limit = self.limit, max(1, self.limit // 2)
            self._decreased_at = now
            self._is_growing = False
            self._pauses += 1
            doubled = min(_FIRST_PAUSE_S * 2.0 ** (self._pauses - 1), _MAX_PAUSE_S)
            self._resumes_at = max(self._resumes_at, now + doubled)
        if error.retry_after_s is not None:
            self._resumes_at = max(self._resumes_at, now + error.retry_after_s)
        return self.paused_s

    def measure(self, *, running: int, begun: int, characters: int) -> None:
        """Grow while it helps; called a few times a second.

        Args:
            running: how many stream, or wait for their first text.
            begun: how many have brought text since the batch began.
            characters: how many characters have arrived since then.
        """
        now = self._clock()
        if self._refused_limit:
            self._recover(now - max(self._decreased_at, self._resumes_at))
        if not self._is_growing or now < self._settled_until:
            return
        # Those that were added last have to be among them, or they would seem to bring nothing.
        have_joined = begun - self._begun_before >= self.limit - self._limit_before
        if running < self.limit or not have_joined:
            self._measured_from = None
            return
        if self._measured_from is None:
            self._measured_from = (now, characters)
            return
        began_at, before = self._measured_from
        if now - began_at >= _MEASURE_S:
            self._measured_from, self._begun_before = None, begun
            self._judge(now, (characters - before) / (now - began_at))

    def _recover(self, seconds: float) -> None:
        """Come back from a decrease, so many seconds after the pause that came with it."""
        refused = self._refused_limit
        distance = max(0.0, seconds) / _RECOVERY_S - 1.0
        self.limit = min(self._most, max(1, int(refused + refused / 2 * distance**3)))

    def _judge(self, now: float, speed: float) -> None:
        if self._limit_before:
            expected = self._speed_before * (self.limit / self._limit_before - 1)
            if speed - self._speed_before < _WORTH * expected:
                # No faster with more: back to fewer, which wait less.
                self.limit, self._limit_before = self._limit_before, 0
                self._settled_until = now + _SETTLED_S
                return
        self._speed_before, self._limit_before = speed, self.limit
        self.limit = min(self._most, max(self.limit + 1, int(self.limit * _GROWTH)))


def slows_down(error: QwqError) -> bool:
    """Whether the error shows that the server has too much to do."""
    is_timeout = isinstance(error, ConnectionFailed) and error.retryable
    return isinstance(error, (RateLimited, ServerFailure)) or is_timeout


def _checked(concurrency: object) -> int:
    # `type`, which does not accept True as a number.
    if type(concurrency) is int and 1 <= concurrency <= MAX_CONCURRENCY:
        return concurrency
    raise ConfigurationError(
        f'concurrency is {concurrency!r}. Use "auto", or a number from 1 to {MAX_CONCURRENCY:,}.'
    )
