"""Fold the events of one stream into a turn.

A turn can be built at any moment, so a stopped or failed reply keeps every character that
arrived.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import assert_never

from qwq_magic.errors import QwqError
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Ending,
    Event,
    LogprobsReported,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
    is_cost,
    known_counts,
    plausible_counts,
    standard_ending,
)
from qwq_magic.reasoning.arrivals import ArrivalRecorder
from qwq_magic.reasoning.logprobs import LogprobRecorder, Logprobs
from qwq_magic.turns.limits import StoppedBy
from qwq_magic.turns.messages import ChatRequest
from qwq_magic.turns.prefix import Prefix, Way
from qwq_magic.turns.turn import Timing, Turn

# More deltas than a line has, where each is one token.
_TAIL_DELTAS = 100


@dataclass(frozen=True, slots=True)
class _Begun:
    """What a reply goes on from: given text, or what arrived before its answer was asked for."""

    reasoning: str = ""
    answer: str = ""
    arrivals: ArrivalRecorder = field(default_factory=ArrivalRecorder)
    reasoning_logprobs: LogprobRecorder = field(default_factory=LogprobRecorder)
    answer_logprobs: LogprobRecorder = field(default_factory=LogprobRecorder)
    reasoning_since: float | None = None
    answer_since: float | None = None


class TurnBuilder:
    """Collects events as they arrive; `finish` builds the turn from the events so far."""

    def __init__(
        self, request: ChatRequest, *, server: str, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.request = request
        self.server = server
        self._prompt = request.prompt
        self._prefix, self._parent = request.prefix, request.parent
        self._clock = clock
        # Called with every event; may be set by the owner of the builder.
        self.on_event: Callable[[Event], None] | None = None
        self._notices: list[str] = []
        self._model: str | None = None
        self._stopped_by: StoppedBy | None = None
        self._given_way: Way = ""
        # Whether the reply was cut and goes on in another request, and how it got the text so far.
        self._is_continued = False
        self._continued_way: Way = ""
        given = self._prefix or Prefix()
        self._begun = _Begun(
            given.reasoning,
            given.answer,
            ArrivalRecorder(len(given.reasoning)),
            LogprobRecorder(len(given.reasoning)),
            LogprobRecorder(len(given.answer)),
        )
        self.begin()
        self.start_over()

    def begin(self) -> None:
        """Start the clock; called again when a queued request is sent."""
        self._started = self._clock()
        self._started_at = datetime.now(UTC).isoformat(timespec="milliseconds")

    def start_over(self) -> None:
        """Discard what has arrived, but not what the reply goes on from."""
        begun = self._begun
        self._reasoning: list[str] = []
        self._answer: list[str] = []
        self._arrivals = begun.arrivals.copy()
        # An answer may turn out to be a reasoning.
        self._answer_arrivals = ArrivalRecorder()
        self._reasoning_logprobs = begun.reasoning_logprobs.copy()
        self._answer_logprobs = begun.answer_logprobs.copy()
        self._reasoning_since = begun.reasoning_since
        self._answer_since = begun.answer_since
        self._usage = Usage()
        self._cost: float | None = None
        self._finished: StreamFinished | None = None
        self.has_events = False

    @property
    def reasoning(self) -> str:
        """The reasoning so far, given text included."""
        return self._begun.reasoning + "".join(self._reasoning)

    @property
    def answer(self) -> str:
        """The answer so far, given text included."""
        return self._begun.answer + "".join(self._answer)

    def tail(self, characters: int) -> str:
        """Return about the last characters that have arrived; any thread may call this."""
        # A slice of a list is a copy, so the stream may append meanwhile.
        last = (self._answer or self._reasoning)[-_TAIL_DELTAS:]
        return "".join(last)[-characters:]

    def stop_by(self, stopped_by: StoppedBy, *, is_native: bool = False) -> None:
        """Record what ends the reasoning before the model does.

        `is_native`: whether the server has ended it, so that its reply goes on.
        """
        self._stopped_by = replace(
            stopped_by,
            seconds=round(self._clock() - self._started, 3),
            # What has struck may not have come this far yet, where an advisor is in between.
            characters=stopped_by.characters or len(self.reasoning),
            way="native" if is_native else "",
        )

    def keep(self) -> None:
        """Keep the text so far, whatever follows: the reply goes on from it in another request."""
        self._is_continued = True
        self._begun = _Begun(
            self.reasoning,
            self.answer,
            self._arrivals,
            self._reasoning_logprobs,
            self._answer_logprobs,
            self._reasoning_since,
            self._answer_since,
        )
        self.start_over()
        self.has_events = True

    def repeats(self, notice: Notice) -> bool:
        """Whether a reply that goes on in another request has shown this notice before."""
        return self._is_continued and notice.text in self._notices

    def _take_notice(self, notice: Notice) -> None:
        if notice.text:
            self._notices.append(notice.text)
        # A notice may name another model, which replies instead of the requested one.
        self._model = notice.model or self._model
        if self._is_continued:
            self._continued_way = notice.way or self._continued_way
        else:
            self._given_way = notice.way or self._given_way

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
                self._reasoning_logprobs.add_text(len(text))
            case AnswerDelta(text):
                now = self._clock()
                if self._answer_since is None:
                    self._answer_since = now
                self._answer.append(text)
                self._answer_arrivals.add(len(text), now)
                self._answer_logprobs.add_text(len(text))
            case _:
                self._add_rarer(event)
        if self.on_event is not None:
            self.on_event(event)

    def _add_rarer(
        self,
        event: AnswerBecameReasoning
        | ReasoningBecameAnswer
        | LogprobsReported
        | UsageReported
        | StreamFinished
        | Notice,
    ) -> None:
        match event:
            case AnswerBecameReasoning() | ReasoningBecameAnswer():
                self._move(event)
            case LogprobsReported(tokens):
                recorder = self._answer_logprobs if self._answer else self._reasoning_logprobs
                recorder.add(tokens)
            case UsageReported():
                # A user's own model may report any values.
                self._usage = known_counts(event.usage)
                self._cost = event.cost if is_cost(event.cost) else None
            case StreamFinished():
                self._finished = event
            case Notice():
                self._take_notice(event)
            case _:
                assert_never(event)

    def _move(self, event: AnswerBecameReasoning | ReasoningBecameAnswer) -> None:
        if isinstance(event, AnswerBecameReasoning):
            self._move_to_reasoning()
        else:
            self._move_to_answer()

    def _move_to_reasoning(self) -> None:
        if self._reasoning or self._begun.reasoning:
            self._arrivals.add(sum(map(len, self._answer)), self._clock())
        else:
            self._arrivals = self._answer_arrivals
        if self._reasoning_since is None:
            self._reasoning_since = self._answer_since
        self._reasoning += self._answer
        self._answer, self._answer_since = [], self._begun.answer_since
        self._answer_arrivals = ArrivalRecorder()
        self._reasoning_logprobs = self._reasoning_logprobs.followed_by(self._answer_logprobs)
        self._answer_logprobs = self._begun.answer_logprobs.copy()

    def _move_to_answer(self) -> None:
        answer, since = self._answer + self._reasoning, self._answer_since
        arrivals = self._arrivals if since is None else self._answer_arrivals
        since = self._reasoning_since if since is None else since
        self._reasoning, self._reasoning_since = [], self._begun.reasoning_since
        self._arrivals = self._begun.arrivals.copy()
        self._answer, self._answer_since, self._answer_arrivals = answer, since, arrivals
        self._answer_logprobs = self._answer_logprobs.followed_by(self._reasoning_logprobs)
        self._reasoning_logprobs = self._begun.reasoning_logprobs.copy()

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
        reasoning, answer = self.reasoning, self.answer
        finished = self._finished
        stopped_by = self._stopped_by
        if stopped_by is not None and self._continued_way:
            stopped_by = replace(stopped_by, way=self._continued_way)
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
            usage=self._counts(),
            timing=Timing(
                ttft_s=None if first is None else first - self._started,
                thinking_s=thinking_s,
                total_s=now - self._started,
            ),
            arrivals=self._arrivals.marks(since_s=self._started),
            logprobs=self._logprobs(),
            messages=self.request.messages,
            parameters=self.request.parameters,
            notices=tuple(self._notices),
            cell_id=self.request.cell_id,
            started_at=self._started_at,
            signature=finished.signature if finished else "",
            ending=_own_meaning(finished) if finished else None,
            prefix=replace(self._prefix, way=self._given_way) if self._prefix else None,
            parent=replace(self._parent, way=self._given_way) if self._parent else None,
            stopped_by=stopped_by,
            # As with the counts, each of several requests has a part only.
            cost=None if self._is_continued else self._cost,
        )
        if error is not None:
            error.partial = turn
        return turn

    def _logprobs(self) -> Logprobs | None:
        # Most replies have none, and a turn that was saved before the field has None, too.
        found = Logprobs(self._reasoning_logprobs.marks(), self._answer_logprobs.marks())
        return found or None

    def _counts(self) -> Usage:
        # A count is that of one request, so a reply that took two has none.
        if self._is_continued:
            return Usage()
        return plausible_counts(
            self._usage,
            reasoning=sum(map(len, self._reasoning)),
            answer=sum(map(len, self._answer)),
        )


def _ending_in(finished: StreamFinished) -> Ending:
    return finished.ending or standard_ending(finished.finish_reason)


def _own_meaning(finished: StreamFinished) -> Ending | None:
    """What the word means, where it does not have the meaning it has in OpenAI's API."""
    ending = _ending_in(finished)
    return None if ending is standard_ending(finished.finish_reason) else ending
