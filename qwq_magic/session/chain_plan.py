"""Which advisors one ask goes through, and which model stands at the end of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import Any

from qwq_magic.advisors.chain import Chain
from qwq_magic.advisors.logging import LoggingAdvisor
from qwq_magic.advisors.memory import MemoryAdvisor
from qwq_magic.advisors.model_rules import ModelRulesAdvisor, SessionNotices
from qwq_magic.events import Event
from qwq_magic.memory import Context
from qwq_magic.turns import ChatRequest, TurnBuilder
from qwq_magic.turns.chat_model import ChatModel


class UnsentModel:
    """Keeps the request that a model would get, and stops there as if the user had."""

    def __init__(self, model: ChatModel) -> None:
        self.server = model.server
        self.request: ChatRequest | None = None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        self.request = request
        raise asyncio.CancelledError
        yield


@dataclass(frozen=True, slots=True)
class ChainPlan:
    """All that a chain needs but the context, which is known when the ask's turn comes.

    Attributes:
        advisors: the user's own.
        model: what answers.
        session_notices: what the session has said already.
        is_hosted: does the model's vendor run it?
        is_pinned: did the user choose the model?
    """

    advisors: tuple[Any, ...]
    model: ChatModel
    session_notices: SessionNotices
    is_hosted: bool
    is_pinned: bool

    def chain(
        self,
        context: Context,
        recorder: TurnBuilder,
        *,
        on_sent: Callable[[ChatRequest], None] | None = None,
    ) -> Chain:
        """The chain for an ask that is reminded of `context`, and recorded by `recorder`."""
        own = (
            LoggingAdvisor(),
            MemoryAdvisor(context, recorder),
            ModelRulesAdvisor(
                self.session_notices, is_hosted=self.is_hosted, is_pinned=self.is_pinned
            ),
        )
        return Chain((*self.advisors, *own), self.model, on_sent=on_sent)

    def without_sending(self) -> tuple[ChainPlan, UnsentModel]:
        """The same, but what would be sent is only kept, and nothing counts as said."""
        model = UnsentModel(self.model)
        said = SessionNotices(set(self.session_notices.said), set(self.session_notices.retired))
        return replace(self, model=model, session_notices=said), model
