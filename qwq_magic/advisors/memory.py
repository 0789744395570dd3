"""The memory advisor: sends earlier turns with the prompt, and records the new turn."""

from __future__ import annotations

from dataclasses import replace

from qwq_magic.advisors.chain import MEMORY_ORDER, CallNext, Events
from qwq_magic.memory import Context
from qwq_magic.turns import ChatRequest, TurnBuilder


class MemoryAdvisor:
    """Inserts the earlier turns before the prompt of one request.

    The events that pass here are what is remembered: inner advisors change them, outer ones,
    such as think-tags, do not. The session commits the turn when it ends.
    """

    order = MEMORY_ORDER

    def __init__(self, context: Context, recorder: TurnBuilder) -> None:
        self._context = context
        self._recorder = recorder

    async def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
        # The earlier turns go between the system message and the prompt.
        *before, prompt = request.messages
        request = replace(request, messages=(*before, *self._context.messages, prompt))
        # An outer advisor may send the prompt twice; the last reply is remembered.
        self._recorder.start_over()
        async for event in call_next(request):
            # Recorded before it is passed on: a reader that stops at this event has received it.
            self._recorder.add(event)
            yield event
