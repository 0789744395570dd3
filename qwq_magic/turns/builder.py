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
    AnswerDelta,
    Event,
    Notice,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
    known_counts,
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
                if self._answer_since is None:
                    self._answer_since = self._clock()
                self._answer.append(text)
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
        turn = Turn(
            id=self.request.turn_id,
            prompt=self._prompt,
            reasoning="".join(self._reasoning),
            answer="".join(self._answer),
            model=self._model or self.request.model,
            server=self.server,
            conversation=self.request.conversation,
            finish_reason=self._finished.finish_reason if self._finished else None,
            complete=self._finished is not None and error is None,
            error=error,
            usage=self._usage,
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
            signature=self._finished.signature if self._finished else "",
        )
        if error is not None:
            error.partial = turn
        return turn
