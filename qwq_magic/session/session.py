"""A session: settings, conversations and advisors, and the ways to ask."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from qwq_magic.errors import ConfigurationError
from qwq_magic.events import Event, Notice
from qwq_magic.keys import ApiKey, as_api_key
from qwq_magic.memory import ConversationMemory, Conversations
from qwq_magic.session.call_options import CallOptions, require_known, settings_in
from qwq_magic.session.loops import RUNNERS, Runner, RunnerName
from qwq_magic.session.run import Run, iter_events, wait_for
from qwq_magic.settings import Settings, resolve
from qwq_magic.settings.key_ring import KeyRing, require_no_key_in
from qwq_magic.settings.layers import NO_LAYER, Choices, SettingOptions
from qwq_magic.settings.model_rules import rules_for
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import ChatRequest, Message, Turn, TurnBuilder

if TYPE_CHECKING:
    # The first ask loads them, since %load_ext makes a session and is to be quick.
    from qwq_magic.advisors.model_rules import SessionNotices
    from qwq_magic.session.ask import Ask, Recall
    from qwq_magic.session.preview import Preview
    from qwq_magic.turns.chat_model import ChatModel


class Session:
    """Asks a model, and remembers.

    `qwq_magic.settings.settings.Settings` says what each setting means; each can be given again for
    one call. `model` is a name, or any object with the `ChatModel` protocol.

    Attributes:
        choices: what holds for every call; may be replaced.
        advisors: the user's own; more may be appended.
        conversation: the name of the current conversation.
        conversations: all of them, by name.
        runner: `thread` streams on a thread of its own; `notebook` on the caller's loop, for
            advisors that need it.
        keys: keys that were given by hand, each for one host; never saved.
        project: what the notebook's project says, below `choices` and `QWQ_*` variables.
    """

    def __init__(
        self,
        server: str | None = None,
        model: str | ChatModel | None = None,
        *,
        advisors: Iterable[Any] = (),
        conversation: str = "main",
        runner: RunnerName = "thread",
        api_key: str | ApiKey | None = None,
        **settings: Unpack[SettingOptions],
    ) -> None:
        """Nothing is sent or read yet; a missing key shows when something is asked.

        Raises:
            ConfigurationError: a setting is unknown or has a value it cannot have.
        """
        # At once, here and below: a traceback that prints locals must not print a key.
        api_key = as_api_key(api_key)
        name, self._chat_model = _name_or_object(model)
        self.choices = Choices().override(server=server, model=name, api_key=api_key, **settings)
        self.advisors = list(advisors)
        self.conversation = conversation
        self.runner = runner
        self.conversations = Conversations()
        self.keys = KeyRing()
        self.project = NO_LAYER

    @cached_property
    def _session_notices(self) -> SessionNotices:
        from qwq_magic.advisors.model_rules import SessionNotices

        return SessionNotices()

    @property
    def memory(self) -> ConversationMemory:
        """The current conversation."""
        return self.memory_of(self.conversation)

    def memory_of(self, conversation: str) -> ConversationMemory:
        """The conversation of that name, made on first use."""
        return self.conversations.of(conversation)

    def ask(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> Turn:
        """Ask, and wait for the whole reply; works inside a running event loop too.

        Args:
            prompt: the user's text, sent verbatim.
            api_key: for this call.
            call: settings for this call, and what it does with the conversation; `CallOptions`
                lists them.

        Raises:
            QwqError: for whatever went wrong; `partial` is the turn as far as it came.
        """
        api_key = as_api_key(api_key)
        with self.start(prompt, api_key=api_key, **call) as run:
            turn = run.turn()
        return _checked(turn)

    async def ask_async(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> Turn:
        """Ask from async code; see `ask`."""
        api_key = as_api_key(api_key)
        async with aclosing(self._events(prompt, api_key=api_key, **call)) as events:
            async for event in events:
                if isinstance(event, Turn):
                    return _checked(event)
        raise AssertionError("A run ends with its turn.")

    async def stream(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> AsyncGenerator[Event, None]:
        """Ask, and yield the events as they come; see `ask`. Leaving the loop stops the reply."""
        api_key = as_api_key(api_key)
        async with aclosing(self._events(prompt, api_key=api_key, **call)) as events:
            async for event in events:
                if isinstance(event, Turn):
                    _checked(event)
                elif not isinstance(event, Notice):
                    yield event

    def start(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> Run:
        """Ask, and return at once; see `ask`. The run gives the events and then the turn."""
        api_key = as_api_key(api_key)
        ask = self._prepare(prompt, api_key=api_key, **call)
        runner = self._runner()
        return Run(ask.stream_into, builder=ask.builder, runner=runner, abandon=ask.leave)

    def preview(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> Preview:
        """What `ask` would send, and where to; nothing is sent, and nothing remembered.

        Raises:
            QwqError: what would keep it from being sent.
        """
        from qwq_magic.session.preview import preview_of

        api_key = as_api_key(api_key)
        ask = self._prepare(prompt, api_key=api_key, **call)
        return wait_for(lambda: preview_of(ask), self._runner())

    def _events(
        self, prompt: str, *, api_key: ApiKey | None, **call: Unpack[CallOptions]
    ) -> AsyncGenerator[Event | Turn, None]:
        ask = self._prepare(prompt, api_key=api_key, **call)
        return iter_events(ask.stream_into, self._runner(), ask.leave)

    def _runner(self) -> Runner:
        if self.runner not in RUNNERS:
            raise ConfigurationError(
                f"Unknown runner {self.runner!r}. Known: {', '.join(RUNNERS)}."
            )
        return RUNNERS[self.runner]

    def recall(self) -> Recall:
        """Which earlier turns the next prompt would be sent with, were it empty.

        Raises:
            ConfigurationError: the settings name no server that could be asked.
        """
        from qwq_magic.session.ask import Recall

        _, settings = self._resolve(None, {})
        return Recall(
            with_reasoning=_takes_reasoning(settings),
            max_input_tokens=_input_limit(settings),
            prompt_tokens=estimate_tokens(settings.system or ""),
        )

    def _prepare(self, prompt: str, *, api_key: ApiKey | None, **call: Unpack[CallOptions]) -> Ask:
        from qwq_magic.session.ask import Ask, recall_for
        from qwq_magic.session.chain_plan import ChainPlan

        _check_prompt(prompt)
        require_known(call)
        chat_model, settings = self._resolve(
            call.get("model"), {**settings_in(call), "api_key": api_key}
        )
        conversation = call.get("conversation")
        conversation = self.conversation if conversation is None else conversation
        sent = "\n".join((prompt, settings.system or "", repr(settings.parameters)))
        require_no_key_in(sent, settings.api_key, self.keys)
        request = _new_request(
            prompt,
            settings,
            conversation=conversation,
            cell_id=None if call.get("append") else call.get("cell_id"),
        )
        recall = recall_for(
            request,
            history=call.get("history"),
            fresh=call.get("fresh", False),
            with_reasoning=_takes_reasoning(settings),
            max_input_tokens=_input_limit(settings),
        )
        plan = ChainPlan(
            advisors=(*self.advisors, *call.get("advisors", ())),
            model=_connect(settings) if chat_model is None else chat_model,
            session_notices=self._session_notices,
            is_hosted=settings.is_dashscope,
            is_pinned=settings.model_is_pinned,
        )
        builder = TurnBuilder(request, server=plan.model.server)
        recorder = TurnBuilder(request, server=plan.model.server)
        return Ask(request, recall, self.memory_of(conversation), builder, recorder, plan)

    def _resolve(
        self, model: str | ChatModel | None, choices: dict[str, Any]
    ) -> tuple[ChatModel | None, Settings]:
        """The model that was given, if one was, and the settings to ask it or a server with."""
        name, chat_model = _name_or_object(model)
        chosen = self.choices.override(model=name, **choices)
        if name is None and not choices.get("server") and not choices.get("base_url"):
            chat_model = chat_model or self._chat_model
        if chat_model is None:
            return None, resolve(chosen, keys=self.keys, project=self.project)
        settings = Settings(
            server=chat_model.server,
            base_url="",
            model=getattr(chat_model, "name", type(chat_model).__name__),
            model_is_pinned=True,
            max_input_tokens=chosen.max_input_tokens,
            parameters=chosen.parameters,
            system=chosen.system,
        )
        return chat_model, settings


def _check_prompt(prompt: object) -> None:
    if not isinstance(prompt, str):
        raise ConfigurationError(f"The prompt is of type {type(prompt).__name__}. Give it as text.")
    if not prompt.strip():
        raise ConfigurationError("The prompt is empty. Write what you want to ask.")


def _new_request(
    prompt: str, settings: Settings, *, conversation: str, cell_id: str | None
) -> ChatRequest:
    system = (Message("system", settings.system),) if settings.system else ()
    return ChatRequest(
        prompt=prompt,
        model=settings.model,
        messages=(*system, Message("user", prompt)),
        parameters=dict(settings.parameters),
        conversation=conversation,
        turn_id=uuid.uuid4().hex,
        cell_id=cell_id,
    )


def _takes_reasoning(settings: Settings) -> bool:
    """Does the server take earlier reasoning back, and does the user want that?"""
    return bool(settings.preset.history_field and settings.parameters.get("preserve_thinking"))


def _input_limit(settings: Settings) -> int | None:
    return settings.max_input_tokens or rules_for(settings.model).max_input_tokens


def _name_or_object(model: str | ChatModel | None) -> tuple[str | None, ChatModel | None]:
    if model is None or isinstance(model, str):
        return model, None
    server, stream = getattr(model, "server", None), getattr(model, "stream", None)
    if not isinstance(server, str) or not callable(stream):
        raise ConfigurationError(
            f"Not a model: {type(model).__name__}. Give a name, or an object with `server` "
            "and `stream(request)`."
        )
    return None, model


def _connect(settings: Settings) -> ChatModel:
    if settings.server == "demo":
        from qwq_magic.demo import ReplayModel

        return ReplayModel()
    from qwq_magic.client import HttpChatModel  # httpx costs 230 ms, and the demo needs none

    return HttpChatModel(settings)


def _checked(turn: Turn) -> Turn:
    if turn.error is not None:
        raise turn.error
    return turn
