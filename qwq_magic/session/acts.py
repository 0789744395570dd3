"""The acts of a session on its turns: answer now, continue, fork, think on.

An act is sent like a prompt, with what its reply begins with; `qwq_magic.steering` says what
that is. The new turn is kept beside the one it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack, overload

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey, as_api_key
from qwq_magic.memory import ConversationMemory, Conversations
from qwq_magic.session.call_options import CallOptions, settings_in
from qwq_magic.session.loops import Runner
from qwq_magic.session.run import Run, iter_events, wait_for
from qwq_magic.settings import Settings
from qwq_magic.settings.headers import hide_headers
from qwq_magic.steering.acts import Act, answer_from, fork_at, go_on_from, think_on_from
from qwq_magic.turns import ChatRequest, Prefix, Turn

if TYPE_CHECKING:
    from qwq_magic.session.ask import Ask
    from qwq_magic.session.preview import Preview
    from qwq_magic.turns.chat_model import ChatModel


class Acts:
    """The methods of `Session` that go on from a turn; the rest of it sends them."""

    conversation: str
    conversations: Conversations

    def _run(self, ask: Ask) -> Run:
        raise NotImplementedError

    def _runner(self) -> Runner:
        raise NotImplementedError

    def _resolve(
        self, model: str | ChatModel | None, choices: dict[str, Any], *, default_model: str = ""
    ) -> tuple[ChatModel | None, Settings]:
        raise NotImplementedError

    def _prepare(
        self,
        prompt: str,
        *,
        api_key: ApiKey | None,
        act: Act | None = None,
        apart: ConversationMemory | None = None,
        **call: Unpack[CallOptions],
    ) -> Ask:
        """Prepare a request; nothing is sent.

        Args:
            prompt: the user's text.
            api_key: the key for this call.
            act: what is done to a turn, if the request goes on from one.
            apart: a copy of the conversation, for a request whose caller keeps the turn, and
                repeats it if it fails.
            call: see `CallOptions`.

        Raises:
            QwqError: the request cannot be sent.
        """
        raise NotImplementedError

    def start_act(self, act: Act, **call: Unpack[CallOptions]) -> Run:
        """Send an act on a turn and return at once; see `qwq_magic.steering.Act`.

        The messages, the model and the parameters are those of the turn, unless `call` has
        others; the new turn is kept beside it, as another attempt.
        """
        return self._run(self._prepare_act(act, **call))

    def answer_now(self, turn: Turn, **call: Unpack[CallOptions]) -> Turn:
        """Answer from the reasoning of a turn: a stopped or cut one, a loop, or any other.

        Returns:
            The new turn, whose parent is `turn`.

        Raises:
            QwqError: the turn has no reasoning, or the request failed.
        """
        return self._acted(answer_from(turn), **call)

    async def answer_now_async(self, turn: Turn, **call: Unpack[CallOptions]) -> Turn:
        """Answer from async code; see `answer_now`."""
        return await self._acted_async(answer_from(turn), **call)

    def go_on(self, turn: Turn, **call: Unpack[CallOptions]) -> Turn:
        """Continue a reply that was stopped, broken off or cut, where it ended.

        Returns:
            The new turn, with the text of `turn` and what follows it.

        Raises:
            QwqError: the turn is complete or has no text, or the request failed.
        """
        return self._acted(go_on_from(turn), **call)

    async def go_on_async(self, turn: Turn, **call: Unpack[CallOptions]) -> Turn:
        """Continue from async code; see `go_on`."""
        return await self._acted_async(go_on_from(turn), **call)

    def think_on(self, turn: Turn, text: str = "Wait", **call: Unpack[CallOptions]) -> Turn:
        """Reopen a finished reasoning with a text that makes the model think on.

        Raises:
            QwqError: the turn has no reasoning, or the request failed.
        """
        return self._acted(think_on_from(turn, text), **call)

    async def think_on_async(
        self, turn: Turn, text: str = "Wait", **call: Unpack[CallOptions]
    ) -> Turn:
        """Think on from async code; see `think_on`."""
        return await self._acted_async(think_on_from(turn, text), **call)

    @overload
    def fork(
        self,
        turn: Turn,
        step: int | None,
        text: str | None = None,
        *,
        closed: bool = False,
        **call: Unpack[CallOptions],
    ) -> Turn: ...
    @overload
    def fork(
        self,
        turn: Turn,
        step: int | None,
        text: str | None = None,
        *,
        n: int,
        closed: bool = False,
        **call: Unpack[CallOptions],
    ) -> Turn | list[Turn]: ...
    def fork(
        self,
        turn: Turn,
        step: int | None,
        text: str | None = None,
        *,
        n: int = 1,
        closed: bool = False,
        **call: Unpack[CallOptions],
    ) -> Turn | list[Turn]:
        """Sample a reply again from a step of its reasoning on, or from a step of your own.

        Args:
            turn: the turn; it is not changed.
            step: the step, counted from 1, before which the given text ends; None for the end
                of the reasoning.
            text: what takes the place of that step; None to sample it again.
            n: how many replies to ask for.
            closed: whether the reasoning is over after the given text, so that the answer
                follows.
            call: settings and conversation options for this call, see `CallOptions`.

        Returns:
            The new turn; a list of turns where `n` is above 1.

        Raises:
            QwqError: the turn has no such step, or a request failed.
        """
        act = _checked_fork(turn, step, text, n=n, closed=closed)
        turns = [self._acted(act, **call) for _ in range(n)]
        return turns[0] if n == 1 else turns

    async def fork_async(
        self,
        turn: Turn,
        step: int | None,
        text: str | None = None,
        *,
        n: int = 1,
        closed: bool = False,
        **call: Unpack[CallOptions],
    ) -> Turn | list[Turn]:
        """Fork from async code; see `fork`."""
        act = _checked_fork(turn, step, text, n=n, closed=closed)
        turns = [await self._acted_async(act, **call) for _ in range(n)]
        return turns[0] if n == 1 else turns

    def _acted(self, act: Act, **call: Unpack[CallOptions]) -> Turn:
        with self.start_act(act, **call) as run:
            return checked(run.turn())

    async def _acted_async(self, act: Act, **call: Unpack[CallOptions]) -> Turn:
        return await self._turn_of(self._prepare_act(act, **call))

    async def _turn_of(self, ask: Ask) -> Turn:
        """Stream the reply to its end, and return its turn or raise its error."""
        async with aclosing(iter_events(ask.stream_into, self._runner(), ask.leave)) as events:
            async for event in events:
                if isinstance(event, Turn):
                    return checked(event)
        raise AssertionError("A run ends with its turn.")

    def _prepare_act(
        self, act: Act, *, apart: ConversationMemory | None = None, **call: Unpack[CallOptions]
    ) -> Ask:
        hide_headers(call)
        api_key = as_api_key(call.pop("api_key", None))  # type: ignore[typeddict-item]  # every call takes a key
        turn = act.turn
        if call.get("conversation") is None:
            call["conversation"] = self._conversation_of(turn)
        choices = {**settings_in(call), "api_key": api_key}
        _, settings = self._resolve(call.get("model"), choices)
        # Another server has other models and parameters.
        if settings.server == turn.server:
            if call.get("model") is None and turn.model:
                call["model"] = turn.model if settings.server != "demo" else None
            own = call.get("parameters") or {}
            # What is not a mapping is refused with the other settings.
            call["parameters"] = {**turn.parameters, **own} if isinstance(own, Mapping) else own
        return self._prepare(turn.prompt, api_key=api_key, act=act, apart=apart, **call)

    def preview_act(self, act: Act, **call: Unpack[CallOptions]) -> Preview:
        """Return what `start_act` would send; see `preview`."""
        from qwq_magic.session.preview import preview_of

        ask = self._prepare_act(act, **call)
        return wait_for(lambda: preview_of(ask), self._runner())

    def _conversation_of(self, turn: Turn) -> str:
        """The conversation that has the turn, or else the current one."""
        names = (turn.conversation, *self.conversations)
        return next(
            (
                name
                for name in names
                if name in self.conversations and self.conversations[name].place_of(turn)
            ),
            self.conversation,
        )


def checked_prefix(prefix: object) -> Prefix | None:
    """Return the prefix.

    Raises:
        ConfigurationError: it is something else.
    """
    if prefix is not None and not isinstance(prefix, Prefix):
        raise ConfigurationError(
            f"prefix is of type {type(prefix).__name__}. Pass Prefix(reasoning), for example."
        )
    return prefix


def with_act(request: ChatRequest, act: Act) -> ChatRequest:
    """Return the request with what the act begins with, and the messages of its turn."""
    # A turn that was made by hand or read from elsewhere may have no messages.
    messages = act.turn.messages or request.messages
    return replace(request, messages=messages, prefix=act.prefix, parent=act.parent)


def _checked_fork(turn: Turn, step: int | None, text: str | None, *, n: int, closed: bool) -> Act:
    # `type`, which does not accept True as a number.
    if not (type(n) is int and n >= 1):
        raise ConfigurationError(f"n is {n!r}. Use a number of replies, 1 or more.")
    return fork_at(turn, step, text, closed=closed)


def checked(turn: Turn) -> Turn:
    """Return the turn, or raise its error."""
    if turn.error is not None:
        raise turn.error
    return turn
