"""The memory advisor: reminds the model of earlier turns, and records the new one."""

from __future__ import annotations

from dataclasses import replace

from qwq_magic.advisors.chain import MEMORY_ORDER, CallNext, Events
from qwq_magic.memory import Context
from qwq_magic.turns import ChatRequest, TurnBuilder


class MemoryAdvisor:
    """Puts a conversation before the prompt, for one ask.

    What passes here is what is remembered: advisors further in change it, advisors
    further out, such as think-tags, do not. The session commits it when the turn ends.
    """

    order = MEMORY_ORDER

    def __init__(self, context: Context, recorder: TurnBuilder) -> None:
        self._context = context
        self._recorder = recorder

    async def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
        *before, prompt = request.messages
        request = replace(request, messages=(*before, *self._context.messages, prompt))
        # An advisor may ask twice; the last reply is the one that counts.
        self._recorder.start_over()
        async for event in call_next(request):
            self._recorder.add(event)
            yield event
