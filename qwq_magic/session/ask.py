"""One request to a model, validated before anything is sent, and the stream that follows.

A turn is committed exactly once, when its stream has ended, and requests in one conversation
commit in the order they were made. A stopped or failed request commits the text it received.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from qwq_magic.errors import ConfigurationError, ModelNotFound, NoRecording, QwqError
from qwq_magic.events import Event, Notice
from qwq_magic.memory import Context, ConversationMemory
from qwq_magic.memory.ask_queue import QueueTicket
from qwq_magic.session.chain_plan import ChainPlan
from qwq_magic.session.model_choice import UnnamedModel
from qwq_magic.session.reasoning_cut import ReasoningCut
from qwq_magic.session.run import Emit
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import ChatRequest, Limits, StoppedBy, Turn, TurnBuilder


@dataclass(frozen=True, slots=True)
class Recall:
    """Which earlier turns are sent with a prompt.

    Attributes:
        history: the number of turns to send, overriding the conversation's window; None for
            the window.
        with_reasoning: whether the reasoning of earlier turns is sent back too.
        max_input_tokens: the model's input limit, prompt included; None if unknown.
        prompt_tokens: estimated tokens of the prompt and the system message.
    """

    history: int | None = None
    with_reasoning: bool = False
    max_input_tokens: int | None = None
    prompt_tokens: float = 0.0

    def context(self, memory: ConversationMemory, *, cell_id: str | None = None) -> Context:
        """Return the turns of `memory` that fit next to the prompt."""
        limit = self.max_input_tokens
        return memory.context(
            cell_id=cell_id,
            with_reasoning=self.with_reasoning,
            history=self.history,
            max_tokens=math.inf if limit is None else limit - self.prompt_tokens,
        )

    def describe(self, context: Context) -> str:
        """Describe `context`: `turns 4–9, ≈ 6,100 tokens of 98,304`, and what limited it."""
        limit = self.max_input_tokens
        tokens = f"≈ {round(context.tokens + self.prompt_tokens):,} tokens"
        of_limit = "" if limit is None else f" of {limit:,}"
        left_out = "older turns" if context.numbers else "they"
        why = f"; {left_out} exceed the model's limit" if context.left_out_by == "limit" else ""
        return f"{context.spans}, {tokens}{of_limit}{why}"


def recall_for(
    request: ChatRequest,
    *,
    history: int | None,
    fresh: bool,
    with_reasoning: bool,
    max_input_tokens: int | None,
) -> Recall:
    """Return which earlier turns to send with `request`.

    Raises:
        ConfigurationError: `history` is not a number of turns, it contradicts `fresh`, or the
            prompt alone exceeds the model's input limit.
    """
    # `type` rather than `isinstance`, which accepts True as a number.
    if history is not None and not (type(history) is int and history >= 0):
        raise ConfigurationError(f"history is {history!r}. Use a number of turns, or 0 for none.")
    if fresh and history is not None:
        raise ConfigurationError(
            "fresh and history contradict each other: fresh sends no earlier turns. "
            "Use only one of them."
        )
    tokens = sum(estimate_tokens(message.text) for message in request.messages)
    if max_input_tokens is not None and tokens > max_input_tokens:
        raise ConfigurationError(
            f"The prompt is ≈ {round(tokens):,} tokens, but {request.model} accepts at most "
            f"{max_input_tokens:,}. Shorten it, or send it in parts."
        )
    return Recall(0 if fresh else history, with_reasoning, max_input_tokens, tokens)


@dataclass(frozen=True, slots=True)
class Sending:
    """What depends on the model: the request, what is recalled, and the chain; see `Ask`."""

    request: ChatRequest
    recall: Recall
    plan: ChainPlan


@dataclass(slots=True)
class Ask:
    """One request, ready to be streamed.

    Attributes:
        request: what is sent, before the advisors and the earlier turns.
        recall: which earlier turns are sent with it.
        memory: the conversation that the turn is committed to.
        builder: collects the events that the caller sees.
        recorder: collects the events that pass the memory advisor. They differ from the
            builder's where an outer advisor changes the texts.
        plan: builds the advisor chain once the context is known, which is when the requests
            ahead of this one have ended.
        unnamed: chooses the model once it is this prompt's turn; None if the user named one.
        limits: what ends the reasoning before the model does; None for nothing.
    """

    request: ChatRequest
    recall: Recall
    memory: ConversationMemory
    builder: TurnBuilder
    recorder: TurnBuilder
    plan: ChainPlan
    unnamed: UnnamedModel | None = None
    limits: Limits | None = None
    _ticket: QueueTicket | None = None
    _cut: ReasoningCut = field(init=False)

    def __post_init__(self) -> None:
        self._cut = ReasoningCut(self.limits, self.builder, self.recorder)

    def answer_now(self) -> None:
        """End the reasoning and ask for the answer; called on the loop of the stream."""
        self._cut.answer_now(StoppedBy("user"))

    def begin(self) -> None:
        """Start the clock of the turn again, for a request that had to wait."""
        self.builder.begin()
        self.recorder.begin()

    async def stream_into(self, emit: Emit) -> Turn:
        """Stream the reply, then commit and return the turn, complete or not."""
        ticket = self._ticket = self.memory.queue.join()
        try:
            await self._wait(ticket, emit)
        except asyncio.CancelledError:
            # Nothing was sent, but the turn still keeps its position in the conversation,
            # so it is committed only after the requests ahead of it.
            turn, recorded = self._finish(None)
            ticket.leave(lambda: self.memory.commit(recorded, self._context()))
            return turn
        try:
            error, is_stopped = await self._choose_model(emit)
            context = self._context()
            if not (is_stopped or error):
                error = await self._stream(context, emit)
            if isinstance(error, ModelNotFound) and self.unnamed is not None:
                # The next prompt asks the server again.
                self.unnamed.forget()
            # Nothing is awaited from here on, so a second cancellation cannot interrupt it.
            turn, recorded = self._finish(error)
            # The demo was asked for what it does not have: no model has replied, or failed.
            if not isinstance(error, NoRecording):
                self.memory.commit(recorded, context)
        finally:
            self.leave()
        return turn

    async def _wait(self, ticket: QueueTicket, emit: Emit) -> None:
        """Wait for the requests ahead in the conversation, if there are any."""
        if ticket.must_wait:
            name = self.memory.name
            self._show(Notice(f"Waiting for the previous reply in conversation {name!r}."), emit)
            await ticket.wait()
            self.begin()

    async def _choose_model(self, emit: Emit) -> tuple[QwqError | None, bool]:
        """Choose the model if none is named; return an error, and whether the user stopped it."""
        if self.unnamed is None:
            return None, False
        try:
            sending, notice = await self.unnamed.chosen()
        except asyncio.CancelledError:
            return None, True
        except QwqError as error:
            return error, False
        self.request = replace(sending.request, sample=self.request.sample)
        self.recall, self.plan = sending.recall, sending.plan
        self._record_request(self.request)
        shown = self.plan.session_notices.shown
        if notice and notice not in shown:
            shown.add(notice)
            self._show(Notice(notice, model=self.request.model), emit)
        return None, False

    async def _stream(self, context: Context, emit: Emit) -> QwqError | None:
        # The messages of an act have their earlier turns already.
        if context.left_out_by and self.request.parent is None:
            self._show(Notice(f"context: {self.recall.describe(context)}"), emit)
        request = self.request
        with self._cut.watching(self.plan.model, lambda notice: self._show(notice, emit)):
            while True:
                chain = self.plan.chain(
                    context,
                    self.recorder,
                    is_steered=bool(request.prefix),
                    on_sent=self._record_request,
                )
                error, is_cancelled = None, False
                try:
                    async with aclosing(chain.stream(request)) as events:
                        async for event in events:
                            self._show(event, emit)
                except asyncio.CancelledError:
                    # The user stopped it, or its reasoning is to end, or the process is ending.
                    is_cancelled = True
                except QwqError as raised:
                    error = raised
                prefix = await self._cut.goes_on_from(is_cancelled=is_cancelled)
                if prefix is None:
                    return error
                request = replace(self.request, prefix=prefix)

    def _finish(self, error: QwqError | None) -> tuple[Turn, Turn]:
        """Return the turn as the caller sees it and as it is remembered; usually the same."""
        turn, recorded = self.builder.finish(error), self.recorder.finish(error)
        # An advisor may have answered without calling the next link; its reply is then all
        # there is to remember.
        if not self.recorder.has_events or _texts(turn) == _texts(recorded):
            recorded = turn
        else:
            # The recorder has only seen the notices of inner advisors.
            recorded = replace(recorded, notices=turn.notices)
        # `finish` has set it to the recorded turn; the caller gets the turn it has seen.
        if error is not None:
            error.partial = turn
        return turn, recorded

    def leave(self) -> None:
        """Let the next request in the conversation start.

        Called when this one has ended, and when it keeps running after it was stopped.
        """
        if self._ticket is not None:
            self._ticket.leave()

    def _context(self) -> Context:
        return self.recall.context(self.memory, cell_id=self.request.cell_id)

    def _record_request(self, sent: ChatRequest) -> None:
        self.builder.record_request(sent)
        self.recorder.record_request(sent)

    def _show(self, event: Event, emit: Emit) -> None:
        if isinstance(event, Notice) and self.builder.repeats(event):
            event = replace(event, text="")
        self.builder.add(event)
        emit(event)


def _texts(turn: Turn) -> tuple[object, ...]:
    """Return the parts of a turn that an outer advisor may have changed."""
    return turn.reasoning, turn.answer, turn.state, turn.finish_reason
