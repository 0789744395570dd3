"""A session: settings, conversations and advisors, and the ways to ask."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from qwq_magic.advisors.chain import Chain
from qwq_magic.advisors.logging import LoggingAdvisor
from qwq_magic.advisors.memory import MemoryAdvisor
from qwq_magic.advisors.model_rules import Experience, ModelRulesAdvisor
from qwq_magic.chat_model import ChatModel
from qwq_magic.errors import AdvisorFailed, ConfigurationError, QwqError
from qwq_magic.events import Event, Notice
from qwq_magic.memory import ConversationMemory
from qwq_magic.messages import ChatRequest, Message
from qwq_magic.run import Emit, Run, iter_events
from qwq_magic.runner import RUNNERS, Runner, RunnerName
from qwq_magic.servers import is_dashscope
from qwq_magic.settings import Choices, Settings, resolve
from qwq_magic.turn_builder import TurnBuilder
from qwq_magic.turns import Turn


@dataclass(frozen=True, slots=True)
class _Ask:
    """Everything one ask needs, settled before anything is sent."""

    request: ChatRequest
    chain: Chain
    builder: TurnBuilder
    memory_advisor: MemoryAdvisor

    async def stream_into(self, emit: Emit) -> Turn:
        """Stream the reply; whatever happens, return the turn as far as it came."""
        error: QwqError | None = None
        try:
            async with aclosing(self.chain.stream(self.request)) as events:
                async for event in events:
                    self.builder.add(event)
                    emit(event)
        except asyncio.CancelledError:
            pass  # Stopped: by the user, or with the process.
        except QwqError as raised:
            error = raised
        except Exception as raised:
            # An advisor is the user's code, and may raise anything; the notebook must go on.
            error = AdvisorFailed(
                f"An advisor failed with {type(raised).__name__}: {raised}. "
                "Mend it, or leave it out of `advisors`."
            )
            error.__cause__ = raised
        turn = self.builder.finish(error)
        # Where no advisor changed the texts, the turn in memory and the one returned are one.
        kept = self.memory_advisor.kept
        if kept and _said(kept) == _said(turn):
            turn = kept
        if error is not None:
            error.partial = turn
        return turn


class Session:
    """Asks a model, and remembers.

    The settings are those of `qwq_magic.settings.Choices`; each can be given again for
    one call. `model` is a name, or any object with the `ChatModel` protocol.

    Attributes:
        choices: what holds for every call; may be replaced.
        advisors: the user's own.
        conversation: the name of the current conversation.
        conversations: all of them, by name.
        runner: `thread` streams on a thread of its own; `notebook` on the caller's loop, for
            advisors that need it.
    """

    def __init__(
        self,
        server: str | None = None,
        model: str | ChatModel | None = None,
        *,
        advisors: Iterable[Any] = (),
        conversation: str = "main",
        runner: RunnerName = "thread",
        **settings: Any,
    ) -> None:
        """Nothing is sent or read yet; a missing key shows when something is asked.

        Raises:
            ConfigurationError: a setting is unknown or has a value it cannot have.
        """
        name, self._chat_model = _name_or_object(model)
        self.choices = Choices().override(server=server, model=name, **settings)
        self.advisors = tuple(advisors)
        self.conversation = conversation
        self.runner = runner
        self.conversations: dict[str, ConversationMemory] = {}
        self._experience = Experience()

    @property
    def memory(self) -> ConversationMemory:
        """The current conversation."""
        return self.memory_of(self.conversation)

    def memory_of(self, conversation: str) -> ConversationMemory:
        """The conversation of that name, made on first use."""
        return self.conversations.setdefault(conversation, ConversationMemory(conversation))

    def ask(self, prompt: str, **call: Any) -> Turn:
        """Ask, and wait for the whole reply; works inside a running event loop too.

        Args:
            prompt: the user's text, sent verbatim.
            call: settings for this call, and `conversation`, `fresh` (send no earlier
                turns), `advisors` (besides the session's) and `cell_id`.

        Raises:
            QwqError: for whatever went wrong; `partial` is the turn as far as it came.
        """
        with self.start(prompt, **call) as run:
            for _ in run.events():
                pass
            turn = run.turn()
        return _checked(turn)

    async def ask_async(self, prompt: str, **call: Any) -> Turn:
        """Ask from async code; see `ask`."""
        async with aclosing(self._events(prompt, **call)) as events:
            async for event in events:
                if isinstance(event, Turn):
                    return _checked(event)
        raise AssertionError("A run ends with its turn.")

    async def stream(self, prompt: str, **call: Any) -> AsyncGenerator[Event, None]:
        """Ask, and yield the events as they come; see `ask`. Leaving the loop stops the reply."""
        async with aclosing(self._events(prompt, **call)) as events:
            async for event in events:
                if isinstance(event, Turn):
                    _checked(event)
                elif not isinstance(event, Notice):
                    yield event

    def start(self, prompt: str, **call: Any) -> Run:
        """Ask, and return at once; see `ask`. The run gives the events and then the turn."""
        ask = self._prepare(prompt, **call)
        return Run(ask.stream_into, builder=ask.builder, runner=self._runner())

    def _events(self, prompt: str, **call: Any) -> AsyncGenerator[Event | Turn, None]:
        return iter_events(self._prepare(prompt, **call).stream_into, self._runner())

    def _runner(self) -> Runner:
        if self.runner not in RUNNERS:
            raise ConfigurationError(
                f"Unknown runner {self.runner!r}. Known: {', '.join(RUNNERS)}."
            )
        return RUNNERS[self.runner]

    def _prepare(
        self,
        prompt: str,
        *,
        model: str | ChatModel | None = None,
        conversation: str | None = None,
        fresh: bool = False,
        advisors: Iterable[Any] = (),
        cell_id: str | None = None,
        **choices: Any,
    ) -> _Ask:
        if not prompt.strip():
            raise ConfigurationError("The prompt is empty. Write what you want to ask.")
        chat_model, settings = self._resolve(model, choices)
        conversation = conversation or self.conversation
        system = (Message("system", settings.system),) if settings.system else ()
        request = ChatRequest(
            prompt=prompt,
            model=settings.model,
            messages=(*system, Message("user", prompt)),
            parameters=dict(settings.parameters),
            conversation=conversation,
            turn_id=uuid.uuid4().hex,
            cell_id=cell_id,
        )
        memory_advisor = MemoryAdvisor(
            self.memory_of(conversation), server=chat_model.server, fresh=fresh
        )
        rules = ModelRulesAdvisor(
            self._experience,
            is_hosted=is_dashscope(settings.base_url),
            is_pinned=settings.model_is_pinned,
        )
        own = (LoggingAdvisor(), memory_advisor, rules)
        chain = Chain((*self.advisors, *advisors, *own), chat_model)
        builder = TurnBuilder(request, server=chat_model.server)
        return _Ask(request, chain, builder, memory_advisor)

    def _resolve(
        self, model: str | ChatModel | None, choices: dict[str, Any]
    ) -> tuple[ChatModel, Settings]:
        """The model to ask, and the settings to ask it with."""
        name, chat_model = _name_or_object(model)
        chosen = self.choices.override(model=name, **choices)
        if name is None and not choices.get("server") and not choices.get("base_url"):
            chat_model = chat_model or self._chat_model
        if chat_model is None:
            settings = resolve(chosen)
            return _connect(settings), settings
        settings = Settings(
            server=chat_model.server,
            base_url="",
            model=getattr(chat_model, "name", type(chat_model).__name__),
            model_is_pinned=True,
            parameters=chosen.parameters,
            system=chosen.system,
        )
        return chat_model, settings


def _name_or_object(model: str | ChatModel | None) -> tuple[str | None, ChatModel | None]:
    if model is None or isinstance(model, str):
        return model, None
    return None, model


def _connect(settings: Settings) -> ChatModel:
    if settings.server == "demo":
        from qwq_magic.replay import ReplayModel

        return ReplayModel()
    from qwq_magic.client import HttpChatModel  # httpx costs 230 ms, and the demo needs none

    return HttpChatModel(settings)


def _said(turn: Turn) -> tuple[object, ...]:
    return turn.reasoning, turn.answer, turn.state, turn.notices


def _checked(turn: Turn) -> Turn:
    if turn.error is not None:
        raise turn.error
    return turn
