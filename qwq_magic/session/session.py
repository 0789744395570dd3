"""A session: settings, conversations and advisors, and the methods that send a prompt.

Everything about a request is resolved and checked before a connection is opened, so a
mistake in a setting never costs a request.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Unpack

from qwq_magic.errors import ConfigurationError
from qwq_magic.events import Event, Notice
from qwq_magic.keys import ApiKey, as_api_key
from qwq_magic.memory import ConversationMemory, Conversations
from qwq_magic.session.acts import checked, checked_prefix, with_act
from qwq_magic.session.call_options import CallOptions, require_known, settings_in
from qwq_magic.session.loops import RUNNERS, Runner, RunnerName
from qwq_magic.session.parameters import parameters_for, watched_limits
from qwq_magic.session.run import Run, iter_events, wait_for
from qwq_magic.session.studies import Studies
from qwq_magic.settings import Settings, resolve
from qwq_magic.settings.headers import hide_headers
from qwq_magic.settings.key_ring import KeyRing, require_no_key_in
from qwq_magic.settings.layers import NO_LAYER, Choices, SettingOptions
from qwq_magic.settings.model_rules import rules_for
from qwq_magic.settings.presets import Spellings
from qwq_magic.steering.acts import Act
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import ChatRequest, Limits, Message, Turn, TurnBuilder

if TYPE_CHECKING:
    # These are imported with the first prompt: %load_ext creates a session and must be fast.
    from qwq_magic.advisors.model_rules import SessionNotices
    from qwq_magic.client.beginnings import Beginnings
    from qwq_magic.client.continuations import Continuations
    from qwq_magic.session.ask import Ask, Recall
    from qwq_magic.session.chain_plan import ChainPlan
    from qwq_magic.session.preview import Preview
    from qwq_magic.turns.chat_model import ChatModel


class Session(Studies):
    """Sends prompts to a model and remembers the turns.

    `qwq_magic.settings.Settings` documents each setting. Any of them can be overridden for a
    single call.

    Attributes:
        choices: the settings for every call; may be replaced.
        advisors: the user's advisors; more may be appended.
        conversation: the name of the current conversation.
        conversations: all conversations, by name.
        runner: `thread` streams on a separate thread; `notebook` streams on the caller's event
            loop, for advisors that need it.
        keys: the keys entered by hand, each for one host; never saved.
        project: the settings of the notebook's project; `choices` and `QWQ_*` variables take
            precedence.
        store: the file that batches are kept in, unless they name one; "" for none.
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
        """Store the settings; nothing is sent, and a missing key is reported by the first prompt.

        Args:
            server: the name of a preset.
            model: a model's name, or any object with the `ChatModel` protocol.
            advisors: interceptors of requests and events, see `qwq_magic.advisors`.
            conversation: the name of the current conversation.
            runner: see the attribute.
            api_key: the key for `server` or `base_url`.
            settings: further settings, such as `base_url` or `parameters`.

        Raises:
            ConfigurationError: a setting is unknown or has an invalid value.
        """
        # Wrapped first, here and below: a traceback that prints locals must not print a key.
        api_key = as_api_key(api_key)
        hide_headers(settings)
        name, self._chat_model = _name_or_object(model)
        self.choices = Choices().override(server=server, model=name, api_key=api_key, **settings)
        self.advisors = list(advisors)
        self.conversation = conversation
        self.runner = runner
        self.conversations = Conversations()
        self.keys = KeyRing()
        self.project = NO_LAYER
        self.store = ""
        self._latest_samples: dict[str, Turn] = {}

    @cached_property
    def _session_notices(self) -> SessionNotices:
        from qwq_magic.advisors.model_rules import SessionNotices

        return SessionNotices()

    @property
    def memory(self) -> ConversationMemory:
        """The current conversation."""
        return self.memory_of(self.conversation)

    def memory_of(self, conversation: str) -> ConversationMemory:
        """Return the conversation of this name, created on first use.

        Raises:
            ConfigurationError: the name is not valid.
        """
        return self.conversations.of(conversation)

    def ask(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> Turn:
        """Send a prompt and wait for the whole reply; works inside a running event loop too.

        Args:
            prompt: the user's text, sent verbatim.
            api_key: the key for this call.
            call: settings and conversation options for this call, see `CallOptions`.

        Raises:
            QwqError: the request failed; `partial` is the turn with the text received so far.
        """
        api_key = as_api_key(api_key)
        hide_headers(call)
        with self.start(prompt, api_key=api_key, **call) as run:
            turn = run.turn()
        return checked(turn)

    async def ask_async(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> Turn:
        """Send a prompt from async code; see `ask`."""
        api_key = as_api_key(api_key)
        hide_headers(call)
        return await self._turn_of(self._prepare(prompt, api_key=api_key, **call))

    async def stream(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> AsyncGenerator[Event, None]:
        """Send a prompt and yield the events as they arrive; see `ask`.

        Leaving the loop stops the reply.
        """
        api_key = as_api_key(api_key)
        hide_headers(call)
        async with aclosing(self._events(prompt, api_key=api_key, **call)) as events:
            async for event in events:
                if isinstance(event, Turn):
                    checked(event)
                # Notices are for a display; the turn keeps them.
                elif not isinstance(event, Notice):
                    yield event

    def start(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> Run:
        """Send a prompt and return at once; see `ask`.

        Returns:
            The run, which yields the events and then holds the turn.
        """
        api_key = as_api_key(api_key)
        hide_headers(call)
        return self._run(self._prepare(prompt, api_key=api_key, **call))

    def _run(self, ask: Ask) -> Run:
        return Run(
            ask.stream_into,
            builder=ask.builder,
            runner=self._runner(),
            abandon=ask.leave,
            answer=ask.answer_now,
        )

    def preview(
        self, prompt: str, *, api_key: str | ApiKey | None = None, **call: Unpack[CallOptions]
    ) -> Preview:
        """Return what `ask` would send, and where; nothing is sent or remembered.

        Raises:
            QwqError: the request could not be sent.
        """
        from qwq_magic.session.preview import preview_of

        api_key = as_api_key(api_key)
        hide_headers(call)
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
        """Return which earlier turns would be sent with the next prompt, if it were empty.

        Raises:
            ConfigurationError: the settings do not describe a usable server.
        """
        from qwq_magic.session.ask import Recall

        _, settings = self._resolve(None, {})
        return Recall(
            with_reasoning=_takes_reasoning(settings),
            max_input_tokens=_input_limit(settings),
            prompt_tokens=estimate_tokens(settings.system or ""),
        )

    def _prepare(
        self,
        prompt: str,
        *,
        api_key: ApiKey | None,
        act: Act | None = None,
        apart: ConversationMemory | None = None,
        **call: Unpack[CallOptions],
    ) -> Ask:
        from qwq_magic.session.ask import Ask, Sending, recall_for
        from qwq_magic.session.model_choice import MODEL_CHOICES, UnnamedModel, needs_choice

        _check_prompt(prompt)
        require_known(call)
        choices = {**settings_in(call), "api_key": api_key}
        chat_model, settings = self._resolve(call.get("model"), choices)
        chosen = MODEL_CHOICES.known(settings)
        if chosen is not None:
            _, settings = self._resolve(None, choices, default_model=chosen.model)
        conversation = call.get("conversation")
        conversation = self.conversation if conversation is None else conversation
        prefix = checked_prefix(act.prefix if act else call.get("prefix"))
        # A key is as unsafe in the system message, a parameter or given text as in the prompt.
        given = (prefix.reasoning, prefix.answer) if prefix else ()
        sent = "\n".join((prompt, settings.system or "", repr(settings.parameters), *given))
        for key in settings.secrets or (None,):
            require_no_key_in(sent, key, self.keys)
        turn_id = uuid.uuid4().hex
        # Read once: they may be an iterator.
        advisors = (*self.advisors, *call.get("advisors", ()))

        def planned(settings: Settings, *, has_model: bool = True) -> Sending:
            request = _new_request(prompt, settings, call, conversation, turn_id)
            if act is not None:
                request = with_act(request, act)
            # The limit of a model that may not be the one that replies does not count.
            limit = _input_limit(settings) if has_model else settings.max_input_tokens
            recall = recall_for(
                request,
                # The messages of an act have the turns that were sent with its turn.
                history=None if act else call.get("history"),
                fresh=act is not None or call.get("fresh", False),
                with_reasoning=_takes_reasoning(settings),
                max_input_tokens=limit,
            )
            plan = self._chain_plan(settings, chat_model, advisors, repeats=apart is None)
            return Sending(request, recall, plan)

        unnamed = None
        if needs_choice(settings):
            unnamed = UnnamedModel(
                settings,
                lambda model: planned(self._resolve(None, choices, default_model=model)[1]),
                is_known=chosen is not None,
            )
        sending = planned(settings, has_model=unnamed is None or unnamed.is_known)
        request, server = sending.request, sending.plan.model.server
        return Ask(
            request,
            sending.recall,
            self.memory_of(conversation) if apart is None else apart,
            builder=TurnBuilder(request, server=server),
            recorder=TurnBuilder(request, server=server),
            plan=sending.plan,
            unnamed=unnamed,
            limits=watched_limits(settings, request),
        )

    def _chain_plan(
        self,
        settings: Settings,
        chat_model: ChatModel | None,
        advisors: tuple[Any, ...],
        *,
        repeats: bool = True,
    ) -> ChainPlan:
        from qwq_magic.session.chain_plan import ChainPlan

        return ChainPlan(
            advisors=advisors,
            model=_connect(settings, repeats=repeats) if chat_model is None else chat_model,
            session_notices=self._session_notices,
            is_hosted=settings.is_dashscope,
            is_pinned=settings.model_is_pinned,
            spellings=_spellings_for(settings) if chat_model is None else {},
        )

    def _resolve(
        self,
        model: str | ChatModel | None,
        choices: dict[str, Any],
        *,
        default_model: str = "",
    ) -> tuple[ChatModel | None, Settings]:
        """Return the model object, if there is one, and the settings for it or for a server."""
        name, chat_model = _name_or_object(model)
        chosen = self.choices.override(model=name, **choices)
        # A server or a model named for this call takes precedence over the session's own object.
        if name is None and not choices.get("server") and not choices.get("base_url"):
            chat_model = chat_model or self._chat_model
        if chat_model is None:
            return None, resolve(
                chosen, keys=self.keys, project=self.project, default_model=default_model
            )
        settings = Settings(
            server=chat_model.server,
            base_url="",
            model=getattr(chat_model, "name", type(chat_model).__name__),
            model_is_pinned=True,
            max_input_tokens=chosen.max_input_tokens,
            parameters=chosen.parameters,
            system=chosen.system,
            limits=Limits.of(chosen.limits),
        )
        return chat_model, settings


def _check_prompt(prompt: object) -> None:
    if not isinstance(prompt, str):
        raise ConfigurationError(f"The prompt is of type {type(prompt).__name__}. Pass a string.")
    if not prompt.strip():
        raise ConfigurationError("The prompt is empty. Write what you want to ask.")


def _new_request(
    prompt: str, settings: Settings, call: CallOptions, conversation: str, turn_id: str
) -> ChatRequest:
    system = (Message("system", settings.system),) if settings.system else ()
    return ChatRequest(
        prompt=prompt,
        model=settings.model,
        messages=(*system, Message("user", prompt)),
        parameters=parameters_for(settings),
        conversation=conversation,
        turn_id=turn_id,
        # A turn without a cell is added to the conversation, rather than replacing the cell's.
        cell_id=None if call.get("append") else call.get("cell_id"),
        prefix=call.get("prefix") or None,
    )


def _takes_reasoning(settings: Settings) -> bool:
    """Whether the server accepts earlier reasoning and the user asked to send it."""
    if not settings.parameters.get("preserve_thinking"):
        return False
    from qwq_magic.wire.protocols import protocol_of

    return protocol_of(settings).takes_reasoning(settings.preset)


def _spellings_for(settings: Settings) -> Spellings:
    """How the server spells parameters, in the protocol that requests are sent in."""
    if settings.server == "demo":
        return {}
    from qwq_magic.wire.protocols import protocol_of

    return protocol_of(settings).spellings(settings.preset)


def _input_limit(settings: Settings) -> int | None:
    return settings.max_input_tokens or rules_for(settings.model).max_input_tokens


def _name_or_object(model: str | ChatModel | None) -> tuple[str | None, ChatModel | None]:
    if model is None or isinstance(model, str):
        return model, None
    server, stream = getattr(model, "server", None), getattr(model, "stream", None)
    if not isinstance(server, str) or not callable(stream):
        raise ConfigurationError(
            f"{type(model).__name__} is not a model. Pass a model name, or an object with "
            "`server` and `stream(request)`."
        )
    return None, model


def _connect(settings: Settings, *, repeats: bool = True) -> ChatModel:
    if settings.server == "demo":
        from qwq_magic.demo import ReplayModel

        return ReplayModel()
    from qwq_magic.client import HttpChatModel  # importing httpx takes 230 ms

    model = HttpChatModel(settings, beginnings=_beginnings(), continuations=continuations())
    if not repeats:
        model.max_retries = 0
    return model


@lru_cache(maxsize=1)
def _beginnings() -> Beginnings:
    """What replies have shown in this process: it is the same for all sessions of a kernel."""
    from qwq_magic.client.beginnings import Beginnings

    return Beginnings()


@lru_cache(maxsize=1)
def continuations() -> Continuations:
    """How servers continue a given text, as far as this process has found out."""
    from qwq_magic.client.continuations import Continuations

    return Continuations()
