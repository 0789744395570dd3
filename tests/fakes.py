"""Models that answer from a script, for everything above the client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

from qwq_magic.events import AnswerDelta, Event, ReasoningDelta, StreamFinished
from qwq_magic.turns import ChatRequest

REPLY = (ReasoningDelta("Hm. "), ReasoningDelta("Yes."), AnswerDelta("42"), StreamFinished("stop"))


class ScriptedModel:
    """Yields its events, then raises `error` if it has one; remembers what it was asked."""

    server = "scripted"
    name = "scripted-1"

    def __init__(self, events: Sequence[Event] = REPLY, *, error: Exception | None = None) -> None:
        self.events = events
        self.error = error
        self.requests: list[ChatRequest] = []

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        self.requests.append(request)
        for event in self.events:
            yield event
        if self.error is not None:
            raise self.error


class EndlessModel(ScriptedModel):
    """Yields its events, then says nothing for ever; `is_closed` when the stream was closed."""

    def __init__(self, events: Sequence[Event] = ()) -> None:
        super().__init__(events)
        self.is_closed = False

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        self.requests.append(request)
        try:
            for event in self.events:
                yield event
            await asyncio.Event().wait()
        finally:
            self.is_closed = True


class OnceEndlessModel(EndlessModel):
    """Yields its events and says nothing more, but ends a second reply, which is `REPLY`."""

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        if self.requests:
            self.requests.append(request)
            for last in REPLY:
                yield last
            return
        async for event in super().stream(request):
            yield event


class GatedModel(ScriptedModel):
    """Answers a prompt with itself, in capitals, as soon as the prompt's gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self._gates: dict[str, threading.Event] = {}

    def gate(self, prompt: str) -> threading.Event:
        """Set it, and the reply comes; all but gated prompts are answered at once."""
        return self._gates.setdefault(prompt, threading.Event())

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        self.requests.append(request)
        gate = self._gates.get(request.prompt)
        while gate is not None and not gate.is_set():
            await asyncio.sleep(0.001)
        yield AnswerDelta(request.prompt.upper())
        yield StreamFinished("stop")
