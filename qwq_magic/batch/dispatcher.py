"""The dispatcher of a batch: decides which sample is asked next, and what becomes of its reply.

The life of a sample, all on one event loop:

1. It waits until fewer replies stream than the pace allows, and until its row needs it.
2. Its request waits for the limits of rate, and for a pause that the server demands.
3. Its reply streams. One that was refused before any text waits for another try, in front of all
   others.
4. Its turn is kept, and only then counts as ended: what a reader sees as ended, a crash cannot
   lose.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from qwq_magic.batch.accounts import Accounts, all_of
from qwq_magic.batch.budget import tokens_of
from qwq_magic.batch.keys import is_final
from qwq_magic.batch.pace import Pace, slows_down
from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.batch.rates import Rates
from qwq_magic.batch.settling import Settling
from qwq_magic.errors import QwqError, StreamInterrupted
from qwq_magic.events import Event
from qwq_magic.turns import ChatRequest, Turn, TurnBuilder

# Requests that fail before any text: a server that is busy is asked more often than one that
# breaks off.
_MAX_REFUSALS = 20
_MAX_BREAKS = 2
# A reply that has been silent for longer may have cost something, and is not asked again by itself.
_BREAK_S = 30.0
# A longer wait than this is one for another day.
_MAX_PAUSE_S = 600.0
_TICK_S = 0.2
_STOP_TIMEOUT_S = 1.5
STOPPED = "Stopped."


class Asking(Protocol):
    """One request, ready to be streamed: an `Ask` of a session."""

    request: ChatRequest
    builder: TurnBuilder

    def begin(self) -> None:
        """Start the clock of the turn."""

    async def stream_into(self, emit: Callable[[Event], None]) -> Turn:
        """Stream the reply, and return its turn, complete or not; never raises."""


# Prepares the request for a sample; raises `QwqError` if it cannot be sent.
Prepare = Callable[[Lane], Asking]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a batch obeys.

    Attributes:
        pace: how many may stream at once.
        rates: how many may be sent a minute.
        settle: the probability at which the vote of a row is settled; None to ask all samples.
    """

    pace: Pace
    rates: Rates
    settle: float | None = None


class Dispatcher:
    """Asks the samples of one batch."""

    def __init__(
        self,
        lanes: Iterable[Lane],
        *,
        progress: Progress,
        accounts: Accounts,
        rules: Rules,
        prepare: Prepare,
    ) -> None:
        """Ask nothing yet.

        Args:
            lanes: the samples to ask, in order.
            progress: takes note of everything; its `ended` has the samples that need no request.
            accounts: keeps and counts the turns that end.
            rules: the limits.
            prepare: prepares a request.
        """
        self._progress = progress
        self._accounts = accounts
        self._rules = rules
        self._prepare = prepare
        self._pending = deque(lanes)
        self._settling = Settling(rules.settle, progress)
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._fault: BaseException | None = None

    async def run(self) -> None:
        """Ask until nothing is left, or a limit is reached; a cancellation stops all replies."""
        is_stopped = False
        try:
            while self._tasks or self._accounts.is_busy or self._may_start():
                self._start_what_may()
                await self._wait_for_change()
                self._adapt()
                if self._fault is not None:
                    raise self._fault
        except asyncio.CancelledError:
            is_stopped = True
            self._accounts.end(STOPPED)
        finally:
            # After a fault, too, no reply streams on by itself.
            await self._stop()
            await self._accounts.close()
            is_cut_short = is_stopped or bool(self._accounts.ending)
            self._progress.finish("stopped" if is_cut_short else "complete")

    def _may_start(self) -> bool:
        return bool(self._pending) and not self._accounts.check_budget()

    def _start_what_may(self) -> None:
        pace = self._rules.pace
        while len(self._tasks) < pace.limit and not pace.paused_s and self._may_start():
            lane = self._pending.popleft()
            # One that is held comes back when a reply of its row ends.
            if not self._settling.needs(lane):
                continue
            task = asyncio.create_task(self._ask(lane))
            self._tasks.add(task)
            task.add_done_callback(self._note_end)
        self._progress.limit = pace.limit

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()
        # Nothing raises on purpose: what does is a fault that must not pass in silence.
        if not task.cancelled():
            self._fault = self._fault or task.exception()

    async def _wait_for_change(self) -> None:
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(_TICK_S):
                await self._changed.wait()

    def _adapt(self) -> None:
        progress = self._progress
        self._rules.pace.measure(
            running=len(progress.running), begun=progress.begun, characters=progress.characters
        )

    async def _ask(self, lane: Lane) -> None:
        try:
            ask = self._prepare(lane)
        except QwqError as error:
            self._keep(lane, failed_turn(lane, error))
            return
        rates, expected = self._rules.rates, 0.0
        if rates:
            expected = await rates.wait(ask.request.messages)
        # A pause may have begun while the request waited, and be prolonged while it waits for it.
        while pause_s := self._rules.pace.paused_s:
            await asyncio.sleep(pause_s)
        began_at = time.monotonic()
        ask.begin()
        self._progress.start(lane, ask.builder)
        turn = await ask.stream_into(lambda event: self._progress.show_event(lane, event))
        if rates:
            rates.ended(turn, tokens_of(turn), expected=expected)
        if turn.error is not None and self._repeats(lane, turn, turn.error, began_at):
            return
        if turn.complete:
            self._rules.pace.ended()
        self._keep(lane, turn)

    def _keep(self, lane: Lane, turn: Turn) -> None:
        def ended(_: object) -> None:
            self._pending.extendleft(reversed(self._settling.ended(lane)))
            self._changed.set()

        self._accounts.keep(lane, turn).add_done_callback(ended)

    def _repeats(self, lane: Lane, turn: Turn, error: QwqError, began_at: float) -> bool:
        """Whether the sample is asked again, since nothing of its reply has arrived."""
        if turn.reasoning or turn.answer or lane.attempts > _most_attempts(turn, error):
            return False
        if (error.retry_after_s or 0.0) > _MAX_PAUSE_S:
            self._accounts.end(error.message)
            return False
        if slows_down(error):
            pause_s = self._rules.pace.refused(error, began_at=began_at)
            self._progress.pause(pause_s, error.message)
        self._progress.retry(lane, error)
        # In front: what was begun first ends first, and a reader sees whole rows.
        self._pending.appendleft(lane)
        return True

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await all_of(self._tasks, timeout_s=_STOP_TIMEOUT_S)
        # An advisor may hold a reply for ever; what has arrived of it counts.
        for lane in list(self._progress.running.values()):
            if lane.builder is not None:
                self._keep(lane, lane.builder.finish())


def failed_turn(lane: Lane, error: QwqError) -> Turn:
    """Return the turn of a sample whose request could not be sent."""
    request = ChatRequest(lane.prompt, lane.model, (), turn_id=uuid.uuid4().hex)
    turn = TurnBuilder(request, server="").finish(error)
    assert not is_final(turn)
    return turn


def _most_attempts(turn: Turn, error: QwqError) -> int:
    if error.retryable:
        return _MAX_REFUSALS
    is_quick = (turn.timing.total_s or 0.0) < _BREAK_S
    return _MAX_BREAKS if isinstance(error, StreamInterrupted) and is_quick else 0
