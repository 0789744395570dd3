"""The work of a batch, on the loop that streams: which samples are known, and asking the others."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qwq_magic.batch.accounts import Accounts
from qwq_magic.batch.batch import Batch, Sample
from qwq_magic.batch.dispatcher import STOPPED, Dispatcher, failed_turn
from qwq_magic.batch.keys import is_final, sample_key
from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.batch.twins import Twins
from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.memory import Context, ConversationMemory
from qwq_magic.session.acts import with_act
from qwq_magic.session.batch_keeper import Keeper
from qwq_magic.session.batch_plan import BatchPlan
from qwq_magic.session.call_options import settings_in
from qwq_magic.session.keys_in_rows import without_keys
from qwq_magic.settings import Settings
from qwq_magic.settings.key_ring import keys_at_hand
from qwq_magic.turns import ChatRequest, Message, Turn

if TYPE_CHECKING:
    from qwq_magic.session.ask import Ask
    from qwq_magic.session.batches import Batches
    from qwq_magic.session.shard_worker import Shard
    from qwq_magic.turns.chat_model import ChatModel

# Samples that are read or written before other work on the loop goes on.
_AT_ONCE = 100
Emit = Callable[[Lane], None]


class BatchWork:
    """One batch of a session."""

    def __init__(self, session: Batches, plan: BatchPlan) -> None:
        self._session = session
        # As the user gave it, to ask again.
        self._given = plan
        self.plan, self._refused = plan, dict[int, ConfigurationError]()
        if not plan.is_sample:
            # What is kept, shown and sent from here on has no key.
            self.plan, self._refused = without_keys(plan, self._keys_at_hand())
        self.progress = Progress()
        name = plan.call.get("conversation") or session.conversation
        # Rows need no conversation, unless the user asked for the earlier turns.
        is_apart = plan.call.get("fresh", False) and not plan.is_sample
        self._memory = ConversationMemory() if is_apart else session.conversations.of(name)
        # The conversation as the batch finds it: all samples are sent the same turns.
        self._earlier = self._memory.fork()
        self._context = Context()
        self._keys: list[str] = []
        # What is asked for, and a request, by the name of each model as turns record it.
        self._models: dict[str, Any] = {}
        self._asks: dict[str, Ask] = {}
        self._stopped = asyncio.Event()
        # The samples whose turns were kept before this run, by index.
        self.known: set[int] = set()

    def _settings(self) -> tuple[ChatModel | None, Settings]:
        plan = self._given
        choices: Any = {**settings_in(plan.call), "api_key": plan.api_key}
        return self._session._resolve(plan.call.get("model"), choices)

    def _keys_at_hand(self) -> list[ApiKey]:
        session, (_, settings) = self._session, self._settings()
        return [*settings.secrets, *keys_at_hand(os.environ, session.keys)]

    def check(self) -> None:
        """Prepare a request to each model.

        Raises:
            QwqError: a setting or, of a sample, the prompt is wrong; nothing was sent.
        """
        for model in self.plan.models:
            self._prepare(0, self._any_prompt, model)

    @property
    def _any_prompt(self) -> str:
        """A prompt to prepare what all requests have in common."""
        # What is wrong with one row concerns that row alone.
        return self.plan.prompts[0] if self.plan.is_sample else "Row"

    async def run(self, emit: Emit) -> Batch:
        """Ask what is missing; emit each sample that has ended, and return the batch.

        A cancellation stops all replies, and returns what there is.

        Raises:
            QwqError: nothing could be asked.
        """
        work = asyncio.create_task(self._run(emit))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # Only the asking is cut short: what has ended is still kept and counted.
            self._stopped.set()
            return await work

    async def _run(self, emit: Emit) -> Batch:
        ticket = self._memory.queue.join() if self.plan.is_sample else None
        try:
            if ticket is not None and ticket.must_wait:
                await self._unless_stopped(ticket.wait())
            self._earlier = self._memory.fork()
            self._context = self._context_now()
            await self._choose_models()
            lanes = self.plan.lanes(list(self._models))
            await self._compute_keys(lanes)
            keeper = await self._open_keeper()
            try:
                ending = await self._ask(lanes, keeper, emit)
            finally:
                await keeper.close()
            batch = self._batch(lanes, ending)
            if self.plan.is_sample:
                self._memory.commit_samples(_winner_last(batch), self._context)
            return batch
        finally:
            if ticket is not None:
                ticket.leave()

    async def _unless_stopped(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for some work, which is cancelled when the batch is stopped."""
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._stopped.wait())
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not task.done():
            task.cancel()
        # Both a fault and the end of a cancelled work show here.
        with suppress(asyncio.CancelledError):
            await task

    def _context_now(self) -> Context:
        """The earlier turns that are sent with the samples, which all have the same."""
        ask = self._prepare(0, self._any_prompt, self.plan.models[0])
        return ask.recall.context(ask.memory, cell_id=ask.request.cell_id)

    def _prepare(self, row: int, prompt: str, model: Any) -> Ask:
        plan = self.plan
        apart = self._earlier.fork()
        call: Any = {**plan.call, "model": model, "api_key": plan.api_key}
        act = plan.act_of(row)
        if act is not None:
            return self._session._prepare_act(act, apart=apart, **call)
        return self._session._prepare(prompt, apart=apart, **call)

    async def _choose_models(self) -> None:
        """Prepare a request to each model, which has to be chosen if the user named none."""
        for model in self.plan.models:
            ask = self._prepare(0, self._any_prompt, model)
            if ask.unnamed is not None and not ask.unnamed.is_known:
                await ask.unnamed.chosen()
                ask = self._prepare(0, self._any_prompt, model)
            self._asks[ask.request.model], self._models[ask.request.model] = ask, model

    async def _compute_keys(self, lanes: list[Lane]) -> None:
        for lane in lanes:
            ask = self._asks[lane.model]
            act = self.plan.act_of(lane.row)
            if act is None:
                request = _with_prompt(ask.request, lane.prompt, self._context)
            else:
                request = with_act(ask.request, act)
            server = ask.plan.model.server
            self._keys.append(
                sample_key(request, server=server, limits=ask.limits, number=lane.number)
            )
            if lane.index % _AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _open_keeper(self) -> Keeper:
        path = self.plan.options.get("store") or self._session.store
        keeper = Keeper(self._session._latest_samples)
        if path:
            await keeper.open(path, self.plan, warn=self._warn)
        return keeper

    def _warn(self, line: str) -> None:
        self.progress.warning = line

    async def _ask(self, lanes: list[Lane], keeper: Keeper, emit: Emit) -> str:
        """Ask what is not known; return why it ended early, "" if it did not."""
        progress = self.progress
        known = {} if self.plan.options.get("again") else await keeper.finished(self._keys)
        progress.begin(lanes, rows=len(self.plan.rows))
        keyed = ((lane, self._keys[lane.index]) for lane in lanes)
        reused = [(lane, turn, key) for lane, key in keyed if (turn := known.get(key))]
        for at in range(0, len(reused), _AT_ONCE):
            await keeper.keep_all(reused[at : at + _AT_ONCE])
            for lane, turn, _ in reused[at : at + _AT_ONCE]:
                progress.end(lane, turn, is_reused=True)
                self.known.add(lane.index)
                emit(lane)
        twins = Twins([lane for lane in lanes if lane.turn is None], self._keys)

        async def keep(lane: Lane, turn: Turn) -> None:
            for each in (lane, *twins.of(lane)):
                await keeper.keep(each, turn, self._keys[each.index])

        def on_end(lane: Lane) -> None:
            assert lane.turn is not None
            emit(lane)
            for twin in twins.of(lane):
                progress.end(twin, lane.turn, is_reused=True)
                emit(twin)

        accounts = Accounts(
            progress,
            keep=keep,
            on_end=on_end,
            budget=self.plan.budget,
            spent=self.plan.spent,
            prices=self.plan.prices,
        )
        for lane in twins.firsts:
            if lane.row in self._refused:
                accounts.keep(lane, failed_turn(lane, self._refused[lane.row]))
        asked = [lane for lane in twins.firsts if lane.row not in self._refused]
        await self._unless_stopped(self._dispatched(asked, accounts))
        twins.save(progress)
        if self._stopped.is_set():
            # It may have been stopped before anything was asked.
            accounts.end(STOPPED)
            progress.finish("stopped")
        return accounts.ending

    async def _dispatched(self, lanes: list[Lane], accounts: Accounts) -> None:
        executor = self.plan.options.get("executor")
        if executor is None or not lanes:
            await self._ask_here(lanes, accounts)
            return
        from qwq_magic.session.shard_dispatcher import ShardDispatcher

        await ShardDispatcher(
            lanes,
            progress=self.progress,
            accounts=accounts,
            executor=executor,
            shard=self._shard(),
            ask_here=lambda left: self._ask_here(left, accounts),
        ).run()

    async def _ask_here(self, lanes: list[Lane], accounts: Accounts) -> None:
        await Dispatcher(
            lanes,
            progress=self.progress,
            accounts=accounts,
            rules=self.plan.rules(),
            prepare=self._prepare_lane,
        ).run()

    def _prepare_lane(self, lane: Lane) -> Ask:
        ask = self._prepare(lane.row, lane.prompt, self._models[lane.model])
        ask.request = replace(ask.request, sample=lane.number)
        return ask

    def _shard(self) -> Shard:
        """What all shards have in common: plain data, and no key unless the user asked for it."""
        from qwq_magic.session.shard_worker import Shard

        options = self.plan.options
        chat_model, settings = self._settings()
        is_key_sent = options.get("send_key", False)
        key = settings.api_key if is_key_sent else None
        headers = settings.headers if is_key_sent else {}
        return Shard(
            0,
            (),
            {"model": chat_model} if chat_model is not None else _address(settings),
            {name: self._shard_call(name, is_named=chat_model is None) for name in self._models},
            tuple(self._earlier.turns[n - 1].to_dict() for n in self._context.numbers),
            concurrency=options.get("concurrency", "auto"),
            rpm=options.get("rpm"),
            tpm=options.get("tpm"),
            settle=options.get("settle"),
            key=key.reveal() if key else None,
            headers={name: value.reveal() for name, value in headers.items()},
        )

    def _shard_call(self, name: str, *, is_named: bool) -> dict[str, Any]:
        """The options of a request to a model, with all that was decided in this process."""
        plan, ask = self.plan, self._asks[name]
        is_demo = ask.plan.model.server == "demo"
        return {
            **({"model": name} if is_named and not is_demo else {}),
            "parameters": dict(ask.request.parameters),
            "limits": ask.limits,
            "prefix": plan.call.get("prefix"),
            "system": next((m.text for m in ask.request.messages if m.role == "system"), None),
            "advisors": (*self._session.advisors, *plan.call.get("advisors", ())),
            # A worker has no conversation but the turns that it is given.
            "fresh": not self._context.numbers,
        }

    def _batch(self, lanes: list[Lane], ending: str) -> Batch:
        samples = [
            Sample(
                lane.row,
                lane.number,
                lane.model,
                self._keys[lane.index],
                lane.turn or _not_asked(lane, ending),
                lane.is_reused,
            )
            for lane in lanes
            if lane.state != "saved"
        ]
        session, plan, given = self._session, self.plan, self._given

        def ask_again() -> Batch:
            # Only what is missing, even if the first time all were asked again.
            again: Any = {**given.options, "again": False}
            return session._start_batch(replace(given, options=again)).wait()

        return Batch(
            samples,
            rows=plan.rows,
            template=plan.template,
            saved=self.progress.saved,
            ending=ending,
            warning=self.progress.warning,
            elapsed_s=self.progress.elapsed_s,
            cost=self.progress.cost,
            prices=plan.prices,
            ask_again=ask_again,
        )


def _address(settings: Settings) -> dict[str, Any]:
    """The settings of a server, as keyword arguments of a session elsewhere."""
    return {
        "server": settings.preset_name or None,
        "base_url": settings.base_url or None,
        "protocol": settings.protocol,
        "inline_think": settings.inline_think,
        "connect_timeout_s": settings.connect_timeout_s,
        "idle_timeout_s": settings.idle_timeout_s,
        "max_input_tokens": settings.max_input_tokens,
        "allow_insecure_key": settings.allow_insecure_key,
    }


def _with_prompt(request: ChatRequest, prompt: str, context: Context) -> ChatRequest:
    """Return the request with another prompt, and with the earlier turns."""
    *before, _ = request.messages
    messages = (*before, *context.messages, Message("user", prompt))
    return replace(request, prompt=prompt, messages=messages)


def _not_asked(lane: Lane, ending: str) -> Turn:
    """Return the turn of a sample that was not asked: it is stopped, and has no text."""
    return Turn(
        uuid.uuid4().hex, lane.prompt, model=lane.model, notices=(f"Not asked. {ending}".strip(),)
    )


def _winner_last(batch: Batch) -> list[Turn]:
    """Return the turns of a sample in the order of attempts, where the last one counts."""
    vote = batch.vote()[0]
    asked = [turn for turn in batch if turn.messages]
    replied = [turn for turn in asked if is_final(turn)] or asked
    chosen = next((turn for turn in replied if turn.final_value == vote.value), None)
    if chosen is None:
        return asked
    return [*(turn for turn in asked if turn is not chosen), chosen]
