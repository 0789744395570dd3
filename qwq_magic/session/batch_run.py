"""A batch in progress, as the thread or the event loop sees it that waits for it."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from qwq_magic.batch.batch import Batch
from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.session import batches
from qwq_magic.session.loops import Runner
from qwq_magic.session.run import Handle, require_waitable
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.session.batch_work import BatchWork

_TICK_S = 0.05
_STOP_TIMEOUT_S = 5.0


class BatchView(Protocol):
    """Shows a batch while it runs; called by the thread that waits for it."""

    def open(self) -> None: ...

    def tick(self) -> None:
        """Update whatever has changed; called at least every 50 ms."""

    def finish(self, batch: Batch) -> None:
        """Become the final output."""

    def abandon(self) -> None:
        """Disappear: the batch was interrupted, or could not be asked."""


class _NoView:
    def open(self) -> None: ...

    def tick(self) -> None: ...

    def finish(self, batch: Batch) -> None: ...

    def abandon(self) -> None: ...


class BatchRun:
    """One batch in progress; a single reader may wait for it.

    Leaving a `with run:` block stops the batch. What has ended is kept in any case.
    """

    def __init__(self, work: BatchWork, runner: Runner) -> None:
        """Start the batch.

        Raises:
            ConfigurationError: the calling thread is the one the runner streams on.
        """
        require_waitable(runner)
        self.progress: Progress = work.progress
        self.notice = work.plan.notice
        self.is_study = bool(work.plan.acts) and not work.plan.is_sample
        self._on_turn = work.plan.options.get("on_turn")
        self._known = work.known
        self._runner = runner
        self._queue: queue.SimpleQueue[Lane | None] = queue.SimpleQueue()
        self._wake: Callable[[], None] = lambda: None
        self._handle: Handle[Batch] = Handle(work.run, self._put, runner, lambda: None)

    def _put(self, lane: Lane | None) -> None:
        self._queue.put(lane)
        self._wake()

    def stop(self) -> None:
        """Stop all replies; what has arrived of them is kept. Any thread may call this."""
        self._handle.stop()

    @property
    def has_ended(self) -> bool:
        return self._handle.done.done()

    def lanes(self) -> Iterator[Lane | None]:
        """Yield samples, known ones first and others as they end; None after 50 ms without one."""
        while not (self.has_ended and self._queue.empty()):
            try:
                lane = self._runner.get(self._queue, timeout_s=_TICK_S)
            except queue.Empty:
                yield None
            else:
                if lane is not None:
                    yield lane

    def batch(self) -> Batch:
        """Wait for the end, and return the batch.

        Raises:
            QwqError: nothing could be asked.
        """
        for lane in self.lanes():
            self._report(lane)
        return self._handle.done.result()

    def wait(
        self, view: BatchView | None = None, *, is_interrupted: Callable[[], bool] = lambda: False
    ) -> Batch:
        """Show the batch while it runs, and return it.

        Args:
            view: shows it; None for the one of `show_batches_by`, if there is any.
            is_interrupted: whether to stop, asked every 50 ms.

        Raises:
            QwqError: nothing could be asked.
            KeyboardInterrupt: the user interrupted it; what has ended is kept.
        """
        view = view or batches.view_for(self) or _NoView()
        has_ended = False
        try:
            with self:
                batch = self._shown(view, is_interrupted)
                has_ended = True
        finally:
            if not has_ended:
                view.abandon()
        view.finish(batch)
        return batch

    def _shown(self, view: BatchView, is_interrupted: Callable[[], bool]) -> Batch:
        view.open()
        shown_at = time.monotonic()
        for lane in self.lanes():
            self._report(lane)
            # Many may end at once, and a view need not be faster than the eye.
            if time.monotonic() - shown_at >= _TICK_S:
                view.tick()
                shown_at = time.monotonic()
                if is_interrupted():
                    self.stop()
        return self._handle.done.result()

    async def turns_async(self) -> AsyncGenerator[Turn, None]:
        """Yield the turns, known ones first and others as they end, on the caller's loop."""
        here, changed = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            # The caller's loop may close while the runner's loop still delivers.
            with suppress(RuntimeError):
                here.call_soon_threadsafe(changed.set)

        self._wake = wake
        try:
            while not (self.has_ended and self._queue.empty()):
                while not self._queue.empty():
                    lane = self._queue.get_nowait()
                    self._report(lane)
                    if lane is not None and lane.turn is not None:
                        yield lane.turn
                if not self.has_ended:
                    await changed.wait()
                changed.clear()
            self._handle.done.result()
        finally:
            self.stop()

    async def wait_async(self) -> Batch:
        """Wait on the caller's loop; see `wait`. Nothing is shown."""
        async for _turn in self.turns_async():
            pass
        return self._handle.done.result()

    def _report(self, lane: Lane | None) -> None:
        if self._on_turn is None or lane is None or lane.turn is None:
            return
        # What is known was reported by the run that asked for it.
        if lane.index not in self._known:
            self._on_turn(lane.turn)

    def __enter__(self) -> BatchRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        # Until the turns that were cut short are kept; an advisor that hangs is not waited for.
        give_up_at = time.monotonic() + _STOP_TIMEOUT_S
        while not self.has_ended and time.monotonic() < give_up_at:
            for _lane in self.lanes():
                break
