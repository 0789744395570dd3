"""The queue of a conversation: its requests run one at a time, in the order they were made.

A request must be sent with the turn before it, so it waits until that turn is committed. The
requests may run on different event loops, so they wait on thread-safe futures. A request that
an advisor makes inside another request never waits, since that would be a deadlock.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar

# A context variable, since the tasks and threads that an advisor starts inherit it.
_inside: ContextVar[tuple[AskQueue, ...]] = ContextVar("qwq_magic_inside", default=())


class AskQueue:
    """A first-in, first-out queue of requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Future[None] | None = None

    def join(self) -> QueueTicket:
        """Join at the end; the caller must call `leave` on the ticket in every case."""
        mine: Future[None] = Future()
        if self in _inside.get():
            return QueueTicket(mine, None)
        _inside.set((*_inside.get(), self))
        with self._lock:
            ahead, self._last = self._last, mine
        return QueueTicket(mine, ahead)

    def renew(self) -> None:
        """Empty the queue in a forked child: the requests run in the parent process."""
        self._lock = threading.Lock()
        self._last = None


class QueueTicket:
    """The position of one request in the queue."""

    def __init__(self, mine: Future[None], ahead: Future[None] | None) -> None:
        self._mine = mine
        self._ahead = None if ahead is None or ahead.done() else ahead

    @property
    def must_wait(self) -> bool:
        return self._ahead is not None

    async def wait(self) -> None:
        """Wait until the request ahead has left."""
        if self._ahead is not None:
            # Shielded: cancelling the wait must not cancel the request ahead.
            await asyncio.shield(asyncio.wrap_future(self._ahead))

    def leave(self, last: Callable[[], None] | None = None) -> None:
        """Call `last` and let the next request start.

        If the wait was cancelled, both happen when the request ahead leaves, which keeps the
        order.
        """
        if self._ahead is None:
            self._free(last)
        else:
            self._ahead.add_done_callback(lambda _: self._free(last))

    def _free(self, last: Callable[[], None] | None) -> None:
        if not self._mine.done():
            if last is not None:
                last()
            self._mine.set_result(None)
