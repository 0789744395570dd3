"""The accounts of a batch: its turns as they end, what they used, and when the batch ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from qwq_magic.batch.budget import NOTHING_SPENT, Budget, Prices, Spent, cost_of, tokens_of
from qwq_magic.batch.keys import is_final
from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.errors import AuthenticationError, BillingError, ConfigurationError
from qwq_magic.turns import Turn

# Tokens of replies that still stream; few of them count, and roughly is enough.
_PER_CHARACTER = 0.28

# Keeps the turn of a sample that has ended; never raises.
Keep = Callable[[Lane, Turn], Awaitable[None]]


class Accounts:
    """What has ended of a batch: keeps the turns, counts them, and says when the batch ends.

    Attributes:
        ending: why nothing more is asked; "" as long as something is.
    """

    def __init__(
        self,
        progress: Progress,
        *,
        keep: Keep,
        on_end: Callable[[Lane], None] = lambda _lane: None,
        budget: Budget | None = None,
        spent: Spent = NOTHING_SPENT,
        prices: Prices | None = None,
    ) -> None:
        """Count nothing yet.

        Args:
            progress: takes note of the turns.
            keep: keeps a turn.
            on_end: called once a turn is kept.
            budget: when the batch ends; None for no bound.
            spent: what was used of the budget before.
            prices: prices by model; None if the user named none.
        """
        self.ending = ""
        self._progress = progress
        self._budget = budget
        self._spent = spent
        self._prices = prices
        self._keep = keep
        self._on_end = on_end
        self._tokens = 0
        self._keeping: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None

    def end(self, why: str) -> None:
        """Nothing more is asked, for the first reason that is given."""
        self.ending = self.ending or why

    @property
    def is_busy(self) -> bool:
        return bool(self._keeping)

    def keep(self, lane: Lane, turn: Turn) -> asyncio.Task[None]:
        """Keep a turn; the sample counts as ended once that is done."""
        is_for_all = isinstance(turn.error, (AuthenticationError, BillingError, ConfigurationError))
        # What could not even be sent has no messages, and concerns its own prompt.
        if is_for_all and turn.messages and turn.error is not None:
            self.end(turn.error.message)
        # A task of its own: the next sample need not wait for it, and a stop does not cancel it.
        task = asyncio.create_task(self._finish(lane, turn))
        self._keeping.add(task)
        task.add_done_callback(self._note_end)
        return task

    def _note_end(self, task: asyncio.Task[None]) -> None:
        self._keeping.discard(task)
        if not task.cancelled():
            self._fault = self._fault or task.exception()

    async def _finish(self, lane: Lane, turn: Turn) -> None:
        await self._keep(lane, turn)
        if lane.turn is not None:
            return  # It was given up before, and ends only now.
        self._count(turn)
        self._progress.end(lane, turn)
        self._on_end(lane)

    async def close(self) -> None:
        """Wait until all turns are kept.

        Raises:
            Exception: a fault in keeping one, which must not pass in silence.
        """
        await all_of(self._keeping)
        if self._fault is not None:
            raise self._fault

    def _count(self, turn: Turn) -> None:
        self._tokens += tokens_of(turn)
        budget, cost = self._budget, cost_of(turn, self._prices)
        if cost is not None:
            self._progress.cost = (self._progress.cost or 0.0) + cost
        elif budget is not None and budget.cost is not None and is_final(turn):
            self.end(
                f"The budget of {budget.cost:g} cannot be watched: {turn.server} reports no cost "
                f"of {turn.model}. Pass prices={{{turn.model!r}: (INPUT, OUTPUT)}}, for a million "
                "tokens."
            )

    def check_budget(self) -> bool:
        """Whether nothing more is to be asked."""
        budget, spent, progress = self._budget, self._spent, self._progress
        if budget is None or self.ending:
            return bool(self.ending)
        if budget.tokens is not None and self._tokens_so_far() >= budget.tokens:
            self.end(f"The budget of {budget.tokens:,} tokens is used up.")
        elif budget.seconds is not None and spent.seconds + progress.elapsed_s >= budget.seconds:
            self.end(f"The budget of {budget.seconds:g} s is used up.")
        elif budget.cost is not None and spent.cost + (progress.cost or 0.0) >= budget.cost:
            self.end(f"The budget of {budget.cost:g} is used up.")
        return bool(self.ending)

    def _tokens_so_far(self) -> float:
        streaming = sum(lane.characters for lane in self._progress.running.values())
        return self._spent.tokens + self._tokens + streaming * _PER_CHARACTER


async def all_of(tasks: set[asyncio.Task[None]], *, timeout_s: float | None = None) -> None:
    """Wait for tasks that remove themselves from the set, and for those that they start."""
    while tasks:
        done, left = await asyncio.wait(tasks, timeout=timeout_s)
        if left and not done:
            return
