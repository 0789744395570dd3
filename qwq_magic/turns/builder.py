"""Fold the events of one stream into a turn.

A turn can be built at any moment, so a stopped or failed reply keeps every character that
arrived.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import assert_never

from qwq_magic.errors import QwqError
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Ending,
    Event,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
    known_counts,
    plausible_counts,
    standard_ending,
)
from qwq_magic.reasoning.arrivals import ArrivalRecorder
from qwq_magic.turns.messages import ChatRequest
from qwq_magic.turns.turn import Timing, Turn


class TurnBuilder:
    """Collects events as they arrive; `finish` builds the turn from the events so far."""

    def __init__(
        self, request: ChatRequest, *, server: str, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.request = request
        self.server = server
        self._prompt = request.prompt
        self._clock = clock
        self._notices: list[str] = []
        self._model: str | None = None
        self.begin()
        self.start_over()

    def begin(self) -> None:
        """Start the clock; called again when a queued request is sent."""
        self._started = self._clock()
        self._started_at = datetime.now(UTC).isoformat(timespec="milliseconds")

    def start_over(self) -> None:
        """Discard the texts and the finish reason; the clock and the notices are kept."""
        self._reasoning: list[str] = []
        self._answer: list[str] = []
        self._arrivals = ArrivalRecorder()
        # An answer may turn out to be a reasoning.
        self._answer_arrivals = ArrivalRecorder()
        self._reasoning_since: float | None = None
        self._answer_since: float | None = None
        self._usage = Usage()
        self._finished: StreamFinished | None = None
        self.has_events = False

    def record_request(self, request: ChatRequest) -> None:
        """Record the request as the model receives it; the turn's prompt stays the user's."""
        self.request = request

    def add(self, event: Event) -> None:
        self.has_events = True
        match event:
            case ReasoningDelta(text):
                now = self._clock()
                if self._reasoning_since is None:
                    self._reasoning_since = now
                self._reasoning.append(text)
                self._arrivals.add(len(text), now)
            case AnswerDelta(text):
                now = self._clock()
                if self._answer_since is None:
                    self._answer_since = now
                self._answer.append(text)
                self._answer_arrivals.add(len(text), now)
            case AnswerBecameReasoning() | ReasoningBecameAnswer():
                self._move(event)
            case UsageReported(usage):
                # A user's own model may report any values.
                self._usage = known_counts(usage)
            case StreamFinished():
                self._finished = event
            case Notice(text, model):
                if text:
                    self._notices.append(text)
                # A notice may name another model, which replies instead of the requested one.
                self._model = model or self._model
            case _:
                assert_never(event)

    def _move(self, event: AnswerBecameReasoning | ReasoningBecameAnswer) -> None:
        if isinstance(event, AnswerBecameReasoning):
            self._move_to_reasoning()
        else:
            self._move_to_answer()

    def _move_to_reasoning(self) -> None:
        if self._reasoning:
            self._arrivals.add(sum(map(len, self._answer)), self._clock())
        else:
            self._arrivals, self._reasoning_since = self._answer_arrivals, self._answer_since
        self._reasoning += self._answer
        self._answer, self._answer_since = [], None
        self._answer_arrivals = ArrivalRecorder()

    def _move_to_answer(self) -> None:
        answer, since = self._answer + self._reasoning, self._answer_since
        arrivals = self._arrivals if since is None else self._answer_arrivals
        since = self._reasoning_since if since is None else since
        self._reasoning, self._reasoning_since = [], None
        self._arrivals = ArrivalRecorder()
        self._answer, self._answer_since, self._answer_arrivals = answer, since, arrivals

    def finish(self, error: QwqError | None = None) -> Turn:
        """Return the turn with the text received so far.

        Without an error and without a `StreamFinished`, the turn counts as stopped by the user.

        Args:
            error: what ended the stream early; its `partial` is set to the turn.
        """
        now = self._clock()
        # Either text may come first: some models answer without reasoning.
        first = min(
            (at for at in (self._reasoning_since, self._answer_since) if at is not None),
            default=None,
        )
        thinking_s = None
        if self._reasoning_since is not None:
            # Some servers send answer text before late reasoning.
            thinking_s = max(0.0, (self._answer_since or now) - self._reasoning_since)
        reasoning, answer = "".join(self._reasoning), "".join(self._answer)
        finished = self._finished
        turn = Turn(
            id=self.request.turn_id,
            prompt=self._prompt,
            reasoning=reasoning,
            answer=answer,
            model=self._model or self.request.model,
            server=self.server,
            conversation=self.request.conversation,
            finish_reason=finished.finish_reason if finished else None,
            complete=finished is not None and error is None and _ending_in(finished).is_whole,
            error=error,
            usage=plausible_counts(self._usage, reasoning=len(reasoning), answer=len(answer)),
            timing=Timing(
                ttft_s=None if first is None else first - self._started,
                thinking_s=thinking_s,
                total_s=now - self._started,
            ),
            arrivals=self._arrivals.marks(since_s=self._started),
            messages=self.request.messages,
            parameters=self.request.parameters,
            notices=tuple(self._notices),
            cell_id=self.request.cell_id,
            started_at=self._started_at,
            signature=finished.signature if finished else "",
            ending=_own_meaning(finished) if finished else None,
        )
        if error is not None:
            error.partial = turn
        return turn


def _ending_in(finished: StreamFinished) -> Ending:
    return finished.ending or standard_ending(finished.finish_reason)


def _own_meaning(finished: StreamFinished) -> Ending | None:
    """What the word means, where it does not have the meaning it has in OpenAI's API."""
    ending = _ending_in(finished)
    return None if ending is standard_ending(finished.finish_reason) else ending
