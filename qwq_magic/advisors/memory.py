"""The memory advisor: reminds the model of earlier turns, and keeps the new one."""

from __future__ import annotations

from dataclasses import replace

from qwq_magic.advisors.chain import MEMORY_ORDER, CallNext, Events
from qwq_magic.errors import QwqError
from qwq_magic.memory import ConversationMemory
from qwq_magic.messages import ChatRequest
from qwq_magic.turn_builder import TurnBuilder
from qwq_magic.turns import Turn


class MemoryAdvisor:
    """Puts a conversation before the prompt, and commits the turn once, when it ends."""

    order = MEMORY_ORDER

    def __init__(self, memory: ConversationMemory, *, server: str, fresh: bool = False) -> None:
        """`fresh` sends no earlier turns; the new one is kept all the same."""
        self._memory = memory
        self._server = server
        self._fresh = fresh
        self.kept: Turn | None = None

    async def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
        context = self._memory.context(cell_id=request.cell_id)
        if not self._fresh:
            *before, prompt = request.messages
            request = replace(request, messages=(*before, *context.messages, prompt))
        builder = TurnBuilder(request, server=self._server)
        error: QwqError | None = None
        try:
            async for event in call_next(request):
                builder.add(event)
                yield event
        except QwqError as raised:
            error = raised
            raise
        finally:
            # Nothing is awaited here: a second cancellation cannot come between.
            self.kept = builder.finish(error)
            self._memory.commit(self.kept, context)
