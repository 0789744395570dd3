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
from qwq_magic.steering.steered_model import SteeredModel
from qwq_magic.turns import ChatRequest, TurnBuilder
from qwq_magic.turns.chat_model import ChatModel, ContinuesReplies
from qwq_magic.turns.prefix import Way


class UnsentModel:
    """Keeps the request that a model would receive, then cancels, as if the user had stopped it."""

    def __init__(self, model: ChatModel) -> None:
        self.server = model.server
        self.request: ChatRequest | None = None
        self._model = model

    async def way_for(self, request: ChatRequest) -> Way:
        # Nothing is sent, so what is not known is taken to be possible.
        return self.expected_way(request) or "native"

    def expected_way(self, request: ChatRequest) -> Way:
        if isinstance(self._model, ContinuesReplies):
            return self._model.expected_way(request)
        return "quoted"

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

    @property
    def steered_model(self) -> SteeredModel:
        """The model, wrapped so that it can be given the beginning of its reply."""
        return SteeredModel(self.model, self.spellings)

    def chain(
        self,
        context: Context,
        recorder: TurnBuilder,
        *,
        is_steered: bool = False,
        on_sent: Callable[[ChatRequest], None] | None = None,
    ) -> Chain:
        """Return the chain that sends `context` with the prompt and records into `recorder`.

        `is_steered`: whether the request has a prefix.
        """
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
        # Wrapped only where it has to be, since errors name the user's own model.
        model = self.steered_model if is_steered else self.model
        return Chain((*self.advisors, *own), model, on_sent=on_sent)

    def without_sending(self) -> tuple[ChainPlan, UnsentModel]:
        """Return a copy that only keeps the request, and marks no notice as shown."""
        model = UnsentModel(self.model)
        notices = SessionNotices(set(self.session_notices.shown), set(self.session_notices.retired))
        return replace(self, model=model, session_notices=notices), model
