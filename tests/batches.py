"""Batches that are fed by hand, event by event, as an engine would."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from qwq_magic.batch import Batch, Lane, Progress, Sample
from qwq_magic.errors import QwqError, RateLimited
from qwq_magic.events import (
    AnswerDelta,
    Event,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.turns import ChatRequest, Message, Turn, TurnBuilder

PROMPT = "Which is larger, 9.9 or 9.11?"


class FedBatch:
    """A batch whose progress a test feeds."""

    def __init__(
        self,
        prompts: Sequence[str] = (PROMPT,),
        *,
        n: int = 1,
        models: Sequence[str] = ("qwq-plus",),
        limit: int = 8,
        clock: Callable[[], float] = time.monotonic,
        name: str = "fed",
    ) -> None:
        self.name = name
        self.prompts, self.clock = prompts, clock
        self.progress = Progress(clock=clock)
        self.progress.limit = limit
        lanes: list[Lane] = []
        for row, prompt in enumerate(prompts):
            for model in models:
                for number in range(1, n + 1):
                    lanes.append(Lane(len(lanes), row, number, model, prompt))
        self.lanes = lanes
        self.builders: dict[int, TurnBuilder] = {}
        self.progress.begin(lanes, rows=len(prompts))

    def start(self, *indices: int) -> None:
        for index in indices:
            lane = self.lanes[index]
            messages = (Message("user", lane.prompt),)
            turn_id = f"{self.name}-{index}-{lane.attempts}"
            request = ChatRequest(lane.prompt, lane.model, messages, turn_id=turn_id)
            builder = TurnBuilder(request, server="demo", clock=self.clock)
            self.builders[index] = builder
            self.progress.start(lane, builder)

    def show(self, index: int, event: Event) -> None:
        self.builders[index].add(event)
        self.progress.show_event(self.lanes[index], event)

    def think(self, index: int, text: str) -> None:
        self.show(index, ReasoningDelta(text))

    def answer(self, index: int, text: str) -> None:
        self.show(index, AnswerDelta(text))

    def end(self, index: int, *, tokens: int | None = None, reason: str = "stop") -> None:
        if tokens is not None:
            self.show(index, UsageReported(Usage(output_tokens=tokens)))
        self.show(index, StreamFinished(reason))
        self.progress.end(self.lanes[index], self.builders[index].finish())

    def fail(self, index: int, error: QwqError | None = None) -> None:
        error = error or RateLimited("The server allows no more requests. Try again later.")
        self.progress.end(self.lanes[index], self.builders[index].finish(error))

    def fail_before_text(self, index: int) -> None:
        """The request will be repeated."""
        self.progress.retry(self.lanes[index], RateLimited("Too many requests."))

    def finish(self, **values: Any) -> Batch:
        """End the batch: what has not ended is stopped."""
        for lane in self.lanes:
            if lane.turn is None:
                builder = self.builders.get(lane.index)
                stopped = Turn(f"{self.name}-{lane.index}", lane.prompt, model=lane.model)
                self.progress.end(lane, builder.finish() if builder else stopped)
        is_stopped = any(lane.state == "stopped" for lane in self.lanes)
        self.progress.finish("stopped" if is_stopped else "complete")
        return self.batch(**values)

    def batch(self, **values: Any) -> Batch:
        samples = [
            Sample(lane.row, lane.number, lane.model, f"key-{lane.index}", lane.turn)
            for lane in self.lanes
            if lane.turn is not None
        ]
        known = {"rows": [{} for _ in self.prompts], "template": self.prompts[0]}
        return Batch(samples, **{**known, "elapsed_s": self.progress.elapsed_s, **values})
