"""The advisors that one request passes through, and the model at the end of the chain.

The order is fixed: the user's advisors, then logging, memory and model rules, each at the
`order` that `advisors.chain` gives it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from qwq_magic.advisors.chain import Chain
from qwq_magic.advisors.logging import LoggingAdvisor
from qwq_magic.advisors.memory import MemoryAdvisor
from qwq_magic.advisors.model_rules import ModelRulesAdvisor, SessionNotices
from qwq_magic.events import Event
from qwq_magic.memory import Context
from qwq_magic.settings.presets import Spellings
from qwq_magic.turns import ChatRequest, TurnBuilder
from qwq_magic.turns.chat_model import ChatModel


class UnsentModel:
    """Keeps the request that a model would receive, then cancels, as if the user had stopped it."""

    def __init__(self, model: ChatModel) -> None:
        self.server = model.server
        self.request: ChatRequest | None = None

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        self.request = request
        raise asyncio.CancelledError
        # Never reached; it makes this function an async generator, as a model's `stream` is.
        yield


@dataclass(frozen=True, slots=True)
class ChainPlan:
    """All that a chain needs except the context, which is known only when sending starts.

    Attributes:
        advisors: the user's advisors.
        model: the model that replies.
        session_notices: the notices that the session has already shown.
        is_hosted: whether the model's vendor runs it.
        is_pinned: whether the user chose the model.
        spellings: which parameters have an effect on the server, and their bounds.
    """

    advisors: tuple[Any, ...]
    model: ChatModel
    session_notices: SessionNotices
    is_hosted: bool
    is_pinned: bool
    spellings: Spellings = field(default_factory=dict)

    def chain(
        self,
        context: Context,
        recorder: TurnBuilder,
        *,
        on_sent: Callable[[ChatRequest], None] | None = None,
    ) -> Chain:
        """Return the chain that sends `context` with the prompt and records into `recorder`."""
        own = (
            LoggingAdvisor(),
            MemoryAdvisor(context, recorder),
            ModelRulesAdvisor(
                self.session_notices,
                is_hosted=self.is_hosted,
                is_pinned=self.is_pinned,
                server=self.model.server,
                spellings=self.spellings,
            ),
        )
        return Chain((*self.advisors, *own), self.model, on_sent=on_sent)

    def without_sending(self) -> tuple[ChainPlan, UnsentModel]:
        """Return a copy that only keeps the request, and marks no notice as shown."""
        model = UnsentModel(self.model)
        notices = SessionNotices(set(self.session_notices.shown), set(self.session_notices.retired))
        return replace(self, model=model, session_notices=notices), model
