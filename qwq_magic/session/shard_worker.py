"""A worker's part of a batch: asks the samples of one shard on an event loop of its own.

What it is given is plain data, so that any executor can send it. It needs qwq_magic and, unless
the key was sent, a key in its own environment.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from qwq_magic.batch.accounts import Accounts
from qwq_magic.batch.back_channel import GONE, connect, receive_json, send_json
from qwq_magic.batch.dispatcher import Dispatcher, Rules
from qwq_magic.batch.pace import Concurrency, Pace
from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.batch.rates import Rates
from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.memory import ConversationMemory
from qwq_magic.turns import Turn

_REPORT_S = 0.5
_CONFIRM_TIMEOUT_S = 10.0
_FINISHED = "The batch has ended."


@dataclass(frozen=True)
class Shard:
    """What a worker is sent.

    Attributes:
        number: the shard, from 0.
        lanes: for each sample its index, row, number, model and prompt.
        settings: how the server is reached, as keyword arguments of `Session`.
        calls: the options of a request, by the name of the model.
        earlier: the turns of the conversation that are sent with each prompt, as plain data.
        concurrency: how many replies may stream at once in this worker.
        rpm: the most requests a minute of this worker.
        tpm: the most tokens a minute of this worker.
        settle: the probability at which the vote of a row is settled.
        key: the API key, if it was to be sent; it does not show.
        headers: further headers, if they were to be sent; they do not show.
        address: where the caller listens.
        secret: what proves that the worker was given the shard; it does not show.
    """

    number: int
    lanes: tuple[tuple[int, int, int, str, str], ...]
    settings: Mapping[str, Any]
    calls: Mapping[str, Mapping[str, Any]]
    earlier: tuple[Mapping[str, Any], ...] = ()
    concurrency: Concurrency = "auto"
    rpm: float | None = None
    tpm: int | None = None
    settle: float | None = None
    key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    address: tuple[str, int] | None = None
    secret: str = field(default="", repr=False)


def run_shard(shard: Shard) -> dict[str, Any]:
    """Ask the samples of a shard; called in a worker.

    Returns:
        The turns that could not be sent as they ended, by index; the samples that need not be
        asked; and why the shard ended early, "" if it did not.
    """
    worker = _Worker(shard)

    def run() -> dict[str, Any]:
        # Not `asyncio.run`: where nested loops are allowed, that leaves its loop open.
        with asyncio.Runner() as runner:
            return runner.run(worker.run())

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return run()
    # An engine of ipyparallel runs it on a loop of its own, which cannot run another one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


class _Worker:
    def __init__(self, shard: Shard) -> None:
        self._shard = shard
        self._connection: Any = None
        self._lock = threading.Lock()
        # Kept until the caller confirms that it has them.
        self._turns: dict[int, Any] = {}
        self._unsent: set[int] = set()
        self._received = threading.Event()
        self._progress = Progress()

    async def run(self) -> dict[str, Any]:
        needed = self._connect()
        lanes = [Lane(*each) for each in self._shard.lanes]
        if needed is not None:
            lanes = [lane for lane in lanes if lane.index in needed]
        try:
            ending = await self._ask(lanes)
        except QwqError as error:
            # An error cannot be pickled with all it holds, and its message is enough.
            ending = f"A worker reports: {error}"
            if isinstance(error, ConfigurationError) and self._shard.key is None:
                ending += " Workers read their own environment; send_key=True sends the key."
        finally:
            await _close_clients()
            await asyncio.to_thread(self._hand_over)
        saved = [lane.index for lane in lanes if lane.state == "saved"]
        return {"turns": self._turns, "saved": saved, "ending": ending}

    def _hand_over(self) -> None:
        """Wait until the caller has what was sent, and keep what it has not."""
        if self._send({"ended": True}) and self._received.wait(_CONFIRM_TIMEOUT_S):
            self._turns = {index: self._turns[index] for index in self._unsent}
        self._disconnect()

    async def _ask(self, lanes: list[Lane]) -> str:
        from qwq_magic.session.session import Session

        shard, progress = self._shard, self._progress
        settings: Any = dict(shard.settings)
        if shard.headers:
            settings["headers"] = shard.headers
        session = Session(**settings, api_key=shard.key)
        progress.begin(lanes, rows=0)
        earlier = _conversation(shard.earlier)

        def prepare(lane: Lane) -> Any:
            call: Any = shard.calls[lane.model]
            ask = session._prepare(lane.prompt, api_key=None, apart=earlier.fork(), **call)
            ask.request = replace(ask.request, sample=lane.number)
            return ask

        for lane in lanes[:1]:
            # What is wrong with the settings here is wrong for all; a prompt concerns its row.
            prepare(replace(lane, prompt="Row"))
        rates = Rates(rpm=shard.rpm, tpm=shard.tpm)
        accounts = Accounts(progress, keep=self._keep)
        dispatcher = Dispatcher(
            lanes,
            progress=progress,
            accounts=accounts,
            rules=Rules(Pace(shard.concurrency), rates, shard.settle),
            prepare=prepare,
        )
        asking = asyncio.create_task(dispatcher.run())
        reporting = asyncio.create_task(self._report())
        self._obey(asking, accounts)
        try:
            await asking
        finally:
            reporting.cancel()
        return accounts.ending

    def _connect(self) -> set[int] | None:
        """Connect to the caller; return the samples that are needed, None if it is out of reach."""
        shard = self._shard
        if shard.address is None:
            return None
        try:
            connection = connect(shard.address, shard.secret)
            send_json(connection, {"shard": shard.number})
            needed = set(receive_json(connection)["needed"])
        except GONE:
            return None
        self._connection = connection
        return needed

    def _disconnect(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _send(self, message: Mapping[str, Any]) -> bool:
        with self._lock:
            if self._connection is None:
                return False
            try:
                send_json(self._connection, message)
            except GONE:
                self._connection.close()
                self._connection = None
                return False
        return True

    async def _keep(self, lane: Lane, turn: Turn) -> None:
        data = turn.to_dict()
        self._turns[lane.index] = data
        if not await asyncio.to_thread(self._send, {"index": lane.index, "turn": data}):
            self._unsent.add(lane.index)

    async def _report(self) -> None:
        """Send where the running samples are."""
        while True:
            await asyncio.sleep(_REPORT_S)
            running = [
                (lane.index, lane.state, lane.characters, lane.tail)
                for lane in list(self._progress.running.values())
            ]
            if running:
                await asyncio.to_thread(self._send, {"running": running})

    def _obey(self, asking: asyncio.Task[None], accounts: Accounts) -> None:
        """Stop, or begin nothing more, when the caller asks for it; stop if it is gone."""
        connection, loop = self._connection, asyncio.get_running_loop()
        if connection is None:
            return

        def wait() -> None:
            with suppress(*GONE, TypeError):
                while not (message := receive_json(connection)).get("received"):
                    if message.get("stop"):
                        stop()
                    elif message.get("finish"):
                        on_loop(accounts.end, _FINISHED)
                self._received.set()
                return
            stop()

        is_stopped = threading.Event()

        def on_loop(function: Callable[..., object], *arguments: Any) -> None:
            # The loop may have ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(function, *arguments)

        def stop() -> None:
            # Once: a second cancellation would interrupt the end of the first.
            if not is_stopped.is_set():
                is_stopped.set()
                on_loop(asking.cancel)

        threading.Thread(target=wait, name="qwq-magic caller", daemon=True).start()


def _conversation(turns: Iterable[Mapping[str, Any]]) -> ConversationMemory:
    memory = ConversationMemory()
    for data in turns:
        # Each is a turn of its own, whatever it came from where it was asked.
        turn = replace(Turn.from_dict(data), cell_id=None, parent=None)
        memory.commit(turn, memory.context())
    return memory


async def _close_clients() -> None:
    from qwq_magic.client.connections import aclose_clients

    await aclose_clients()


def require_sendable(shard: Shard) -> None:
    """Check that a shard can be sent to another process.

    Raises:
        ConfigurationError: it holds an object that cannot be pickled.
    """
    import pickle

    try:
        pickle.dumps(shard)
    except Exception as error:
        raise ConfigurationError(
            f"The batch cannot be sent to workers: {error}. Define models and advisors in a "
            "module that the workers can import."
        ) from error
