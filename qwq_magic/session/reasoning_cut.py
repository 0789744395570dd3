"""The end of a reasoning before the model ends it: by the user, or by a limit.

A server that can end its reasoning on request is asked to, and its reply goes on. Elsewhere the
stream is closed, and the reply goes on from the reasoning so far in another request, in the
same turn. All of this happens on the loop of the stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from qwq_magic.events import AnswerDelta, Event, Notice, ReasoningDelta
from qwq_magic.turns import Limits, Prefix, StoppedBy, TurnBuilder
from qwq_magic.turns.chat_model import ChatModel, EndsReasoning


class ReasoningCut:
    """Watches one reply, and ends its reasoning at most once."""

    def __init__(self, limits: Limits | None, builder: TurnBuilder, recorder: TurnBuilder) -> None:
        """Watch nothing yet.

        Args:
            limits: what ends the reasoning; None for the user alone.
            builder: has the turn as the caller sees it.
            recorder: has the turn as the model sends it, which is what its reply goes on from.
        """
        self._limits = limits
        self._builder = builder
        self._recorder = recorder
        self._is_asked = self._is_answering = False
        # What is wanted as soon as there is a reasoning to end.
        self._pending: StoppedBy | None = None
        # Why the task is cancelled, where the user has not stopped it.
        self._is_taking_back = self._is_stopping = False
        self._task: asyncio.Task[object] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._model: ChatModel | None = None
        self._show: Callable[[Notice], None] = lambda _: None

    @contextmanager
    def watching(self, model: ChatModel, show: Callable[[Notice], None]) -> Iterator[None]:
        """Watch the reply that the current task streams; `show` shows a notice."""
        self._task, self._model, self._show = asyncio.current_task(), model, show
        feed = None
        if self._limits:
            # Imported late, since most replies have no limit.
            from qwq_magic.steering.limit_watch import LimitWatch

            feed = LimitWatch(self._limits).feed

        def read(event: Event) -> None:
            if isinstance(event, AnswerDelta):
                self._is_answering = True
                self._stop_timer()
            elif isinstance(event, ReasoningDelta) and not self._is_asked:
                self._read_reasoning(event.text, feed)

        self._recorder.on_event = read
        try:
            yield
        finally:
            self._recorder.on_event = None
            self._task = None
            self._stop_timer()

    def _read_reasoning(self, text: str, feed: Callable[[str], StoppedBy | None] | None) -> None:
        if self._pending is not None:
            self.answer_now(self._pending)
            return
        limits = self._limits
        if limits is None or feed is None:
            return
        if limits.seconds is not None and self._timer is None:
            loop = asyncio.get_running_loop()
            struck = StoppedBy("seconds", limits.seconds, then=limits.then)
            self._timer = loop.call_later(limits.seconds, self._strike, struck)
        if struck_by := feed(text):
            self._strike(struck_by)

    def _strike(self, struck: StoppedBy) -> None:
        if self._is_asked or self._is_answering or self._task is None:
            return
        if struck.then == "stop":
            self._is_asked = True
            self._show(Notice(f"Limit reached ({struck}): stopped."))
            self._record(struck)
            self._is_stopping = True
            self._task.cancel()
        else:
            self._show(Notice(f"Limit reached ({struck}): answering now."))
            self.answer_now(struck)

    def answer_now(self, by: StoppedBy) -> None:
        """End the reasoning, now or as soon as there is one; without effect on an answer."""
        if self._is_asked or self._is_answering:
            return
        if self._task is None or not self._recorder.reasoning:
            self._pending = by
            return
        self._is_asked = True
        self._stop_timer()
        if isinstance(self._model, EndsReasoning):
            # Recorded at once, since the reply may end before the server has replied to this.
            self._record(by, is_native=True)
            self._ending = asyncio.get_running_loop().create_task(self._end_natively(by))
        else:
            self._record(by)
            self._take_back()

    async def _end_natively(self, by: StoppedBy) -> None:
        assert isinstance(self._model, EndsReasoning)
        if await self._model.end_reasoning(self._recorder.request):
            return
        self._record(by)
        if not self._is_answering:
            self._take_back()

    def _take_back(self) -> None:
        """Close the stream, whose reply then goes on from the text so far."""
        if self._task is not None:
            self._is_taking_back = True
            self._task.cancel()

    async def goes_on_from(self, *, is_cancelled: bool) -> Prefix | None:
        """After a stream: what the reply goes on from; None if it has ended.

        `is_cancelled`: whether a cancellation ended the stream, rather than the model.
        """
        task = self._task
        if task is None or not (self._is_taking_back or self._is_stopping):
            return None
        if not is_cancelled:
            # The stream has ended before the cancellation reached it, which comes with the next
            # `await`, and must not come later.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
        is_taking_back, self._is_taking_back, self._is_stopping = self._is_taking_back, False, False
        has_answer = bool(self._recorder.answer.strip())
        # The user may have stopped the reply as well, which then counts.
        if task.uncancel() or not is_taking_back or (has_answer and not is_cancelled):
            return None
        for builder in (self._builder, self._recorder):
            builder.keep()
        return Prefix(self._recorder.reasoning, closed=True, answer=self._recorder.answer)

    def _record(self, by: StoppedBy, *, is_native: bool = False) -> None:
        by = replace(by, characters=len(self._recorder.reasoning))
        for builder in (self._builder, self._recorder):
            builder.stop_by(by, is_native=is_native)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
