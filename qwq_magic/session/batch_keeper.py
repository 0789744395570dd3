"""Keeps the turns of a batch as they end: in a store, and for the next run in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qwq_magic.batch.keys import is_final
from qwq_magic.batch.progress import Lane
from qwq_magic.errors import FileError
from qwq_magic.session.batch_plan import BatchPlan
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.store import Store


class Keeper:
    """Keeps the turns of one batch."""

    def __init__(self, latest: dict[str, Turn]) -> None:
        self._latest = latest
        self._unwritten: dict[str, Turn] = {}
        self._store: Store | None = None
        self._batch = 0
        self._warn: Callable[[str], None] = lambda _line: None
        # SQLite writes in a thread of its own: the loop must not wait for a disk.
        self._thread: ThreadPoolExecutor | None = None

    async def open(self, path: Any, plan: BatchPlan, *, warn: Callable[[str], None]) -> None:
        """Open a store.

        Raises:
            FileError: it cannot be opened.
        """
        from qwq_magic.store import Store

        self._warn = warn
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="qwq-magic-store")
        self._store = await self._in_thread(Store, path)
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._batch = await self._in_thread(
            lambda: self._opened().begin_batch(plan.template, plan.rows, started_at=started_at)
        )

    def _opened(self) -> Store:
        assert self._store is not None
        return self._store

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        try:
            future = loop.run_in_executor(self._thread, function, *arguments)
        except RuntimeError:
            # The process ends, and starts no more work in threads: what has ended is written here.
            return function(*arguments)
        return await future

    async def finished(self, keys: list[str]) -> dict[str, Turn]:
        """Return the turns that need not be asked again, by key."""
        found = {key: turn for key in keys if (turn := self._latest.get(key)) and is_final(turn)}
        if self._store is not None:
            found |= await self._in_thread(lambda: self._opened().finished(keys))
        return found

    async def keep(self, lane: Lane, turn: Turn, key: str) -> None:
        """Keep the turn of a sample; a store that cannot be written is reported."""
        await self.keep_all([(lane, turn, key)])

    async def keep_all(self, samples: Sequence[tuple[Lane, Turn, str]]) -> None:
        """Keep turns in one transaction; see `keep`."""
        self._unwritten.update({key: turn for _, turn, key in samples})
        if self._store is None:
            return
        rows = [(lane.row, lane.number, lane.model, key, turn) for lane, turn, key in samples]
        try:
            await self._in_thread(self._write, rows)
        except FileError as error:
            # What could not be written stays in memory, so that the next run does not ask again.
            self._warn(str(error))
            return
        for _, _, key in samples:
            self._unwritten.pop(key, None)

    def _write(self, rows: Sequence[tuple[int, int, str, str, Turn]]) -> None:
        from qwq_magic.store.batches import StoredSample

        assert self._store is not None
        self._store.add_samples(self._batch, [StoredSample(*row) for row in rows])

    async def close(self) -> None:
        # Without a store, this is the whole batch, which can run again and ask only for the rest.
        self._latest.clear()
        self._latest.update(self._unwritten)
        if self._store is None:
            return
        with suppress(FileError):
            await self._in_thread(self._store.close)
        assert self._thread is not None
        self._thread.shutdown(wait=False)
