"""One ask: all it needs, settled before anything is sent, and the stream that follows."""

from __future__ import annotations

import asyncio
import math
from contextlib import aclosing
from dataclasses import dataclass, replace

from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.events import Event, Notice
from qwq_magic.memory import Context, ConversationMemory
from qwq_magic.memory.ask_queue import QueuePlace
from qwq_magic.session.chain_plan import ChainPlan
from qwq_magic.session.run import Emit
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import ChatRequest, Turn, TurnBuilder


@dataclass(frozen=True, slots=True)
class Recall:
    """Which earlier turns an ask is to be reminded of.

    Attributes:
        history: the last so many turns, whatever the conversation's window is; None: the window.
        with_reasoning: does the server want earlier reasoning back?
        max_input_tokens: what the model takes, with the prompt; None where not known.
        prompt_tokens: ≈ what the prompt and the system message take of that.
    """

    history: int | None = None
    with_reasoning: bool = False
    max_input_tokens: int | None = None
    prompt_tokens: float = 0.0

    def context(self, memory: ConversationMemory, *, cell_id: str | None = None) -> Context:
        limit = self.max_input_tokens
        return memory.context(
            cell_id=cell_id,
            with_reasoning=self.with_reasoning,
            history=self.history,
            max_tokens=math.inf if limit is None else limit - self.prompt_tokens,
        )

    def describe(self, context: Context) -> str:
        """`turns 4–9 of 9, ≈ 6,100 tokens of 98,304`, and why there are no more."""
        limit = self.max_input_tokens
        tokens = f"≈ {round(context.tokens + self.prompt_tokens):,} tokens"
        of_limit = "" if limit is None else f" of {limit:,}"
        why = "; older ones are more than the model takes" if context.left_out_by == "limit" else ""
        return f"{context.spans}, {tokens}{of_limit}{why}"


def recall_for(
    request: ChatRequest,
    *,
    history: int | None,
    fresh: bool,
    with_reasoning: bool,
    max_input_tokens: int | None,
) -> Recall:
    """What `request` is to be reminded of.

    Raises:
        ConfigurationError: `history` is no number of turns, or contradicts `fresh`, or the
            prompt alone is more than the model takes.
    """
    if history is not None and not (type(history) is int and history >= 0):
        raise ConfigurationError(f"history is {history!r}. Give a number of turns, 0 for none.")
    if fresh and history is not None:
        raise ConfigurationError("fresh sends no earlier turns, history some. Give one.")
    tokens = sum(estimate_tokens(message.text) for message in request.messages)
    if max_input_tokens is not None and tokens > max_input_tokens:
        raise ConfigurationError(
            f"The prompt is ≈ {round(tokens):,} tokens, and {request.model} takes "
            f"{max_input_tokens:,}. Shorten it, or send it in parts."
        )
    return Recall(0 if fresh else history, with_reasoning, max_input_tokens, tokens)


@dataclass(slots=True)
class Ask:
    """One ask, ready to be streamed.

    `plan` makes the chain for the context there is when the ask's turn comes. `builder`
    folds what the caller sees, `recorder` what passes the memory advisor; they differ where
    an advisor further out changes the texts.
    """

    request: ChatRequest
    recall: Recall
    memory: ConversationMemory
    builder: TurnBuilder
    recorder: TurnBuilder
    plan: ChainPlan
    _place: QueuePlace | None = None

    async def stream_into(self, emit: Emit) -> Turn:
        """Stream the reply; whatever happens, commit and return the turn as far as it came."""
        place = self._place = self.memory.queue.join()
        try:
            await self._wait(place, emit)
        except asyncio.CancelledError:
            # Nothing was sent. The turn stands where it would have, so it is kept in its turn.
            turn, recorded = self._finish(None)
            place.leave(lambda: self.memory.commit(recorded, self._context()))
            return turn
        try:
            context = self._context()
            error = await self._stream(context, emit)
            # Nothing is awaited from here on: no second cancellation can come between.
            turn, recorded = self._finish(error)
            self.memory.commit(recorded, context)
        finally:
            self.leave()
        return turn

    async def _wait(self, place: QueuePlace, emit: Emit) -> None:
        """Until those ahead in the conversation have ended; nobody may be there."""
        if place.must_wait:
            name = self.memory.name
            self._show(Notice(f"Waits for the reply before it in conversation {name!r}."), emit)
            await place.wait()
            self.builder.begin()
            self.recorder.begin()

    async def _stream(self, context: Context, emit: Emit) -> QwqError | None:
        try:
            if context.left_out_by:
                self._show(Notice(f"context: {self.recall.describe(context)}"), emit)
            chain = self.plan.chain(context, self.recorder, on_sent=self._take_down)
            async with aclosing(chain.stream(self.request)) as events:
                async for event in events:
                    self._show(event, emit)
        except asyncio.CancelledError:
            pass  # Stopped: by the user, or with the process.
        except QwqError as error:
            return error
        return None

    def _finish(self, error: QwqError | None) -> tuple[Turn, Turn]:
        """The turn as the caller sees it, and as it is remembered; mostly the same."""
        turn, recorded = self.builder.finish(error), self.recorder.finish(error)
        # An advisor may have answered without asking on, and what it said is all there is.
        if not self.recorder.has_events or _texts(turn) == _texts(recorded):
            recorded = turn
        else:
            recorded = replace(recorded, notices=turn.notices)
        if error is not None:
            error.partial = turn
        return turn, recorded

    def leave(self) -> None:
        """Let the next ask in the conversation go; this one has ended, or does not heed a stop."""
        if self._place is not None:
            self._place.leave()

    def _context(self) -> Context:
        return self.recall.context(self.memory, cell_id=self.request.cell_id)

    def _take_down(self, sent: ChatRequest) -> None:
        self.builder.sent(sent)
        self.recorder.sent(sent)

    def _show(self, event: Event, emit: Emit) -> None:
        self.builder.add(event)
        emit(event)


def _texts(turn: Turn) -> tuple[object, ...]:
    """What an advisor may have changed on its way out."""
    return turn.reasoning, turn.answer, turn.state, turn.finish_reason
