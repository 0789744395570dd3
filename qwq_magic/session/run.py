"""A run: one request in progress, seen from the thread or event loop that waits for it.

The stream runs on the runner's loop and never blocks on its reader: events go through a
queue, and stopping only schedules a cancellation there.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import math
import queue
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any, Generic, TypeVar

from qwq_magic.errors import ConfigurationError
from qwq_magic.events import AnswerDelta, Event, ReasoningDelta, merge_deltas
from qwq_magic.session.loops import Runner
from qwq_magic.turns import ChatRequest, Turn, TurnBuilder

# How long a stopped stream may take to close its connection.
_STOP_TIMEOUT_S = 3.0
_TICK_S = 0.05
# After the first delta, the stream's thread yields the interpreter to the display this long.
_FIRST_DELTA_PAUSE_S = 0.003
# The pause between two reads of the queue: waking up for each token would cost more than
# everything else a run does.
_PAUSE_S = 0.01
_T = TypeVar("_T")

Emit = Callable[[Event], None]
# Streams a reply on the runner's loop, emits its events and returns the turn; never raises.
Produce = Callable[[Emit], Coroutine[Any, Any, Turn]]


class Run:
    """One request in progress; a single thread may read its events.

    The turn is available when `events` ends. Leaving a `with run:` block stops the run.
    """

    def __init__(
        self,
        produce: Produce,
        *,
        builder: TurnBuilder,
        runner: Runner,
        abandon: Callable[[], None] = lambda: None,
        answer: Callable[[], None] | None = None,
    ) -> None:
        """Start the run.

        Args:
            produce: streams the reply on the runner's loop and returns the turn.
            builder: collects the events so far, for a run that does not end after `stop`.
            runner: the event loop to stream on.
            abandon: called if the run is still going some seconds after `stop`.
            answer: ends the reasoning and asks for the answer; called on the runner's loop.

        Raises:
            ConfigurationError: the calling thread is the one the runner streams on.
        """
        self._builder = builder
        self._runner = runner
        require_waitable(runner)
        self._give_up_at = math.inf
        self._answer = answer
        self._is_answer_asked = False
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._is_silent = True
        self._handle = Handle(produce, self._put, runner, abandon)

    def _put(self, event: Event | None) -> None:
        self._queue.put(event)
        if self._is_silent and isinstance(event, (ReasoningDelta, AnswerDelta)):
            self._is_silent = False
            # Without this, parsing a burst of data would hold the interpreter's lock for its
            # whole 5 ms switch interval, and the first delta would be shown that much later.
            time.sleep(_FIRST_DELTA_PAUSE_S)

    def events(self, *, tick_s: float = _TICK_S) -> Iterator[Event | None]:
        """Yield events as they arrive, and None after every `tick_s` seconds without one.

        Adjacent deltas of the same kind that arrived together are joined. The iterator ends a
        few seconds after `stop` at the latest, even if an advisor keeps running.
        """
        while not (self._handle.done.done() and self._queue.empty()):
            if time.monotonic() > self._give_up_at:
                return
            try:
                first = self._runner.get(self._queue, timeout_s=tick_s)
            except queue.Empty:
                yield None
            else:
                yield from merge_deltas([event for event in self._drain(first) if event])
                self._runner.sleep(_PAUSE_S)

    def _drain(self, first: Event | None) -> Iterator[Event | None]:
        yield first
        # Only what is queued now: a fast stream must not keep its reader from drawing.
        for _ in range(self._queue.qsize()):
            yield self._queue.get_nowait()

    def stop(self) -> None:
        """Close the connection; the turn keeps the text received so far.

        Any thread may call this.
        """
        self._give_up_at = min(self._give_up_at, time.monotonic() + _STOP_TIMEOUT_S)
        self._handle.stop()

    def answer_now(self) -> None:
        """End the reasoning and ask for the answer, in the same turn; a second call stops it.

        Without effect once the answer has begun. Any thread may call this.
        """
        if self._is_answer_asked:
            self.stop()
            return
        self._is_answer_asked = True
        if self._answer is not None and not self._handle.done.done():
            self._runner.loop().call_soon_threadsafe(self._answer)

    def turn(self) -> Turn:
        """Wait for the turn; events that have not been read are dropped."""
        for _ in self.events():
            pass
        if self._handle.done.done():
            return self._handle.done.result()
        return self._builder.finish()

    @property
    def request(self) -> ChatRequest:
        return self._builder.request

    @property
    def server(self) -> str:
        return self._builder.server

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        # Wait until the connection is closed and the turn is committed.
        for _event in self.events():
            pass


def wait_for(work: Callable[[], Coroutine[Any, Any, _T]], runner: Runner) -> _T:
    """Run a coroutine on the runner's loop, and return its result or raise its exception.

    Raises:
        ConfigurationError: the calling thread is the one the runner streams on.
    """
    require_waitable(runner)
    ended: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    handle = Handle(lambda _emit: work(), ended.put, runner, lambda: None)
    try:
        while not handle.done.done():
            with suppress(queue.Empty):
                runner.get(ended, timeout_s=_TICK_S)
    finally:
        handle.stop()
    return handle.done.result()


def require_waitable(runner: Runner) -> None:
    if runner.would_block():
        raise ConfigurationError(
            "An advisor cannot block on another request. Use `await session.ask_async(...)`."
        )


async def iter_events(
    produce: Produce, runner: Runner, abandon: Callable[[], None]
) -> AsyncGenerator[Event | Turn, None]:
    """Stream on the runner's loop; yield the events and then the turn on the caller's loop."""
    here = asyncio.get_running_loop()
    received: asyncio.Queue[Event | None] = asyncio.Queue()
    handle = Handle(produce, lambda event: _post(here, received, event), runner, abandon)
    try:
        while (event := await received.get()) is not None:
            yield event
        yield handle.done.result()
    finally:
        handle.stop()
        # Not awaited: the caller's loop may be closing, and the turn is committed anyway.


def _post(
    here: asyncio.AbstractEventLoop, received: asyncio.Queue[Event | None], event: Event | None
) -> None:
    # The caller's loop may close while the runner's loop still delivers events.
    with suppress(RuntimeError):
        here.call_soon_threadsafe(received.put_nowait, event)


class Handle(Generic[_T]):
    """Starts a producer on the runner's loop, and can stop it from any thread."""

    def __init__(
        self,
        produce: Callable[[Callable[[Any], None]], Coroutine[Any, Any, _T]],
        put: Callable[[Any], None],
        runner: Runner,
        abandon: Callable[[], None],
    ) -> None:
        self._loop = runner.loop()
        self._abandon = abandon
        self._task: asyncio.Task[_T] | None = None
        self._is_stopped = False
        self.done: concurrent.futures.Future[_T] = concurrent.futures.Future()
        self._loop.call_soon_threadsafe(self._start, produce, put)

    def stop(self) -> None:
        if not self.done.done():
            self._loop.call_soon_threadsafe(self._cancel)

    def _start(
        self,
        produce: Callable[[Callable[[Any], None]], Coroutine[Any, Any, _T]],
        put: Callable[[Any], None],
    ) -> None:
        def finish(task: asyncio.Task[_T]) -> None:
            # The result is set in every case, because another thread waits for it.
            if task.cancelled():
                self.done.cancel()
            elif error := task.exception():
                self.done.set_exception(error)
            else:
                self.done.set_result(task.result())
            put(None)

        self._task = self._loop.create_task(produce(put))
        self._task.add_done_callback(finish)

    def _cancel(self) -> None:
        # Only once: a second cancellation would interrupt the closing of the connection.
        if self._task is not None and not self._is_stopped:
            self._is_stopped = True
            # Scheduled after the task's first step: a task cancelled before that never runs,
            # and would produce no turn.
            self._loop.call_soon(self._task.cancel)
            self._loop.call_later(_STOP_TIMEOUT_S, self._abandon)
