"""Asks in one conversation go one after the other, in the order they came.

The second of two must be reminded of the first, so it waits until that is kept. The
asks may run on different event loops, so what they wait for is thread-safe. An ask
made by an advisor inside another one never waits: it would wait for itself.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar

_inside: ContextVar[tuple[AskQueue, ...]] = ContextVar("qwq_magic_inside", default=())


class AskQueue:
    """Whoever joined earlier goes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Future[None] | None = None

    def join(self) -> QueuePlace:
        """Take the next place; the caller must leave it, whatever happens."""
        mine: Future[None] = Future()
        if self in _inside.get():
            return QueuePlace(mine, None)
        _inside.set((*_inside.get(), self))
        with self._lock:
            ahead, self._last = self._last, mine
        return QueuePlace(mine, ahead)

    def renew(self) -> None:
        """Forget everybody: after a fork they are in the other process."""
        self._lock = threading.Lock()
        self._last = None


class QueuePlace:
    """One ask's place in the queue."""

    def __init__(self, mine: Future[None], ahead: Future[None] | None) -> None:
        self._mine = mine
        self._ahead = None if ahead is None or ahead.done() else ahead

    @property
    def must_wait(self) -> bool:
        return self._ahead is not None

    async def wait(self) -> None:
        """Until whoever is ahead has left."""
        if self._ahead is not None:
            # Shielded: who gives up waiting must not end what it waits for.
            await asyncio.shield(asyncio.wrap_future(self._ahead))

    def leave(self, last: Callable[[], None] | None = None) -> None:
        """Do `last` and let the next one go: at once or, for who gave up waiting, in turn."""
        if self._ahead is None:
            self._free(last)
        else:
            self._ahead.add_done_callback(lambda _: self._free(last))

    def _free(self, last: Callable[[], None] | None) -> None:
        if not self._mine.done():
            if last is not None:
                last()
            self._mine.set_result(None)
