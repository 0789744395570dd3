"""Runners: the event loop that streams run on, and how a thread waits for their events.

A notebook's own loop is busy while a cell runs, so streams run on a separate loop in a
daemon thread; the calling thread only takes events from a queue, where it can be
interrupted. `NotebookLoop` is for advisors that must run on the notebook's own loop: it
re-enters that loop while the cell waits.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import queue
import threading
import time
from typing import Literal, Protocol, TypeAlias, TypeVar

_T = TypeVar("_T")
RunnerName: TypeAlias = Literal["thread", "notebook"]
_CLOSE_TIMEOUT_S = 2.0
_LAST_WORDS_S = 0.5
_POLL_S = 0.005


class Runner(Protocol):
    """An event loop to stream on, and the ways a thread may wait while it runs."""

    def loop(self) -> asyncio.AbstractEventLoop: ...

    def would_block(self) -> bool:
        """Whether the loop would stop running if the calling thread waited for it."""

    def get(self, received: queue.SimpleQueue[_T], *, timeout_s: float) -> _T:
        """Wait for the next item.

        Raises:
            queue.Empty: nothing arrived within `timeout_s` seconds.
        """

    def sleep(self, seconds: float) -> None:
        """Pause the calling thread while the loop keeps running."""


class LoopThread:
    """A daemon thread with an event loop, started on first use and closed at exit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._thread is None or not self._thread.is_alive():
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="qwq-magic", daemon=True
                )
                self._thread.start()
            return self._loop

    def would_block(self) -> bool:
        return threading.current_thread() is self._thread

    def get(self, received: queue.SimpleQueue[_T], *, timeout_s: float) -> _T:
        return received.get(timeout=timeout_s)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def close(self) -> None:
        """Close streams and connections, so that the interpreter exits without warnings."""
        if self._loop is None or self._thread is None:
            return
        ending = asyncio.run_coroutine_threadsafe(self._end_all(), self._loop)
        try:
            ending.result(_CLOSE_TIMEOUT_S)
        except concurrent.futures.TimeoutError:
            return  # The thread is a daemon, so the process can exit without it.
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_TIMEOUT_S)
        if not self._thread.is_alive():
            self._loop.close()

    def forget(self) -> None:
        """Reset the state in a forked child, where the thread does not exist."""
        # The lock may be held by a thread that exists only in the parent.
        self._lock = threading.Lock()
        self._loop = self._thread = None

    async def _end_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        # What these have begun as they ended, such as a last request.
        if begun := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(begun, timeout=_LAST_WORDS_S)
        # The HTTP clients are closed here too.
        await asyncio.get_running_loop().shutdown_asyncgens()


class NotebookLoop:
    """The caller's own loop, re-entered by nest-asyncio2 while the caller waits."""

    def __init__(self) -> None:
        self._own = threading.local()

    def loop(self) -> asyncio.AbstractEventLoop:
        # Imported here, since most sessions stream on the thread.
        import nest_asyncio2

        loop: asyncio.AbstractEventLoop
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # A plain script or terminal has no running loop to share.
            if not hasattr(self._own, "loop"):
                self._own.loop = asyncio.new_event_loop()
            loop = self._own.loop
        nest_asyncio2.apply(loop)
        return loop

    def would_block(self) -> bool:
        return False

    def get(self, received: queue.SimpleQueue[_T], *, timeout_s: float) -> _T:
        give_up_at = time.monotonic() + timeout_s
        while received.empty() and time.monotonic() < give_up_at:
            self.sleep(_POLL_S)
        return received.get_nowait()

    def sleep(self, seconds: float) -> None:
        self.loop().run_until_complete(asyncio.sleep(seconds))


LOOP_THREAD = LoopThread()
NOTEBOOK_LOOP = NotebookLoop()
RUNNERS: dict[RunnerName, Runner] = {"thread": LOOP_THREAD, "notebook": NOTEBOOK_LOOP}

atexit.register(LOOP_THREAD.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=LOOP_THREAD.forget)
