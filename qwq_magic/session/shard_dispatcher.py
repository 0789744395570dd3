"""Sends shards of a batch to the workers of an executor, and receives their turns.

A worker that dies loses nothing that it had sent, and its shard is sent again, with only those
samples that have not ended. An executor that is broken for good leaves the rest to this process.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

from qwq_magic.batch.accounts import Accounts
from qwq_magic.batch.back_channel import BackChannel, Json, reachable_host
from qwq_magic.batch.dispatcher import STOPPED
from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.batch.shards import cut, worker_count
from qwq_magic.plain_text import one_line
from qwq_magic.session.shard_worker import Shard, require_sendable, run_shard
from qwq_magic.turns import Turn

_TICK_S = 0.2
_STOP_TIMEOUT_S = 1.5
_MAX_TRIES = 3

# Asks samples in this process.
AskHere = Callable[[list[Lane]], Awaitable[None]]


class ShardDispatcher:
    """Asks the samples of one batch by the workers of an executor."""

    def __init__(
        self,
        lanes: list[Lane],
        *,
        progress: Progress,
        accounts: Accounts,
        executor: Executor,
        shard: Shard,
        ask_here: AskHere,
    ) -> None:
        """Send nothing yet.

        Args:
            lanes: the samples to ask.
            progress: takes note of everything.
            accounts: keeps and counts the turns that end.
            executor: runs the shards.
            shard: what all shards have in common.
            ask_here: asks what is left, once the executor is broken.
        """
        self._lanes = {lane.index: lane for lane in lanes}
        self._progress = progress
        self._accounts = accounts
        self._executor = executor
        self._ask_here = ask_here
        workers = worker_count(executor)
        self._shards = cut(lanes, workers=workers)
        self._common = _share_of(shard, workers)
        self._tries: dict[int, int] = {}
        self._running: dict[asyncio.Future[Json], int] = {}
        self._futures: list[Future[Json]] = []
        self._received: set[int] = set()
        self._is_broken = False
        self._is_finishing = False

    @property
    def ending(self) -> str:
        return self._accounts.ending

    async def run(self) -> None:
        """Ask until nothing is left; a cancellation stops all workers."""
        loop = asyncio.get_running_loop()
        self._channel = channel = BackChannel(
            reachable_host(self._executor),
            needed=self._needed,
            receive=lambda _, message: _post(loop, self._receive, message),
        )
        self._common = replace(self._common, address=channel.address, secret=channel.secret)
        is_stopped = False
        try:
            if isinstance(self._executor, ProcessPoolExecutor):
                require_sendable(self._common)
            for number in range(len(self._shards)):
                self._submit(number)
            await self._wait()
            left = self._left()
            if self._is_broken and left and not self.ending:
                await self._ask_here(left)
        except asyncio.CancelledError:
            is_stopped = True
            self._accounts.end(STOPPED)
            channel.stop()
            await self._drain()
        finally:
            # Closing waits for a thread, and other replies stream on this loop.
            await asyncio.to_thread(channel.close)
            await self._accounts.close()
            self._progress.finish("stopped" if is_stopped or self.ending else "complete")

    async def _wait(self) -> None:
        while self._running:
            done, _ = await asyncio.wait(
                self._running, timeout=_TICK_S, return_when=asyncio.FIRST_COMPLETED
            )
            for future in done:
                self._conclude(self._running.pop(future), future)
            self._check_budget()

    def _check_budget(self) -> None:
        """Once the batch has to end, let no worker begin anything."""
        if self._accounts.check_budget() and not self._is_finishing:
            self._is_finishing = True
            self._channel.finish()
            for sent in self._futures:
                sent.cancel()

    async def _drain(self) -> None:
        """Give workers a moment to send what has arrived of their replies."""
        for sent in self._futures:
            sent.cancel()
        if self._running:
            done, _ = await asyncio.wait(self._running, timeout=_STOP_TIMEOUT_S)
            for future in done:
                if not future.cancelled() and not future.exception():
                    self._take(future.result())
        # What was received before the end of its shard is in the queue of the loop.
        await asyncio.sleep(0)

    def _submit(self, number: int) -> None:
        lanes = [lane for lane in self._shards[number] if lane.index in self._needed(number)]
        self._tries[number] = self._tries.get(number, 0) + 1
        places = tuple((x.index, x.row, x.number, x.model, x.prompt) for x in lanes)
        shard = replace(self._common, number=number, lanes=places)
        try:
            future = self._executor.submit(run_shard, shard)
        except (BrokenExecutor, RuntimeError) as error:
            self._is_broken = True
            self._warn(error)
            return
        self._futures.append(future)
        self._running[asyncio.wrap_future(future)] = number

    def _conclude(self, number: int, future: asyncio.Future[Json]) -> None:
        """Take the result of a shard, or send it again if its worker failed."""
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._take(future.result())
        elif isinstance(error, BrokenExecutor):
            self._is_broken = True
            self._warn(error)
            return
        if not self._needed(number) or self.ending:
            return
        if self._tries[number] < _MAX_TRIES:
            self._submit(number)
        else:
            why = _reason(error) if error else "its samples did not end"
            self._accounts.end(
                f"A worker failed: {why}. Install the same version of qwq-magic on all workers."
            )

    def _warn(self, error: BaseException) -> None:
        self._progress.warning = (
            f"The executor is broken: {_reason(error)}. This process asks the rest."
        )

    def _take(self, result: Mapping[str, Any]) -> None:
        for index, data in result["turns"].items():
            self._receive({"index": index, "turn": data})
        self._progress.save(self._lanes[index] for index in result["saved"])
        if result["ending"] and result["ending"] != STOPPED:
            self._accounts.end(result["ending"])

    def _receive(self, message: Json) -> None:
        if "running" in message:
            for index, state, characters, last_line in message["running"]:
                if (lane := self._lanes.get(index)) and index not in self._received:
                    self._progress.show_remote(lane, state, characters, last_line)
            return
        index = message.get("index")
        lane = self._lanes.get(index) if type(index) is int else None
        # A shard that was sent twice may have a sample twice.
        if lane is None or lane.index in self._received:
            return
        self._received.add(lane.index)
        keeping = self._accounts.keep(lane, Turn.from_dict(message["turn"]))
        keeping.add_done_callback(lambda _: self._check_budget())

    def _needed(self, number: int) -> list[int]:
        return [
            lane.index
            for lane in self._shards[number]
            if lane.index not in self._received and lane.state != "saved"
        ]

    def _left(self) -> list[Lane]:
        needed = {index for number in range(len(self._shards)) for index in self._needed(number)}
        return [lane for lane in self._lanes.values() if lane.index in needed]


def _share_of(shard: Shard, workers: int) -> Shard:
    """Return a shard with a worker's share of the limits."""
    concurrency = shard.concurrency
    return replace(
        shard,
        concurrency="auto" if concurrency == "auto" else math.ceil(concurrency / workers),
        rpm=None if shard.rpm is None else shard.rpm / workers,
        tpm=None if shard.tpm is None else math.ceil(shard.tpm / workers),
    )


def _reason(error: BaseException) -> str:
    return one_line(f"{type(error).__name__}: {error}", limit_bytes=300).rstrip(".")


def _post(loop: asyncio.AbstractEventLoop, function: Callable[[Json], None], message: Json) -> None:
    # The loop may have ended meanwhile.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function, message)
