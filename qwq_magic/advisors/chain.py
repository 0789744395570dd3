"""The chain: advisors in order, each between the one before it and the next.

An advisor with a lower `order` sees a request earlier and its events later. It
comes in one of two forms, and either may be sync or async:

- `advise(request, call_next)` returns the events, usually those of
  `call_next(request)`, changed or not; it may call it again, or not at all.
- `before(request)` returns the request to send on, `after(turn)` is told how it
  ended. A sync hook runs in a worker thread, so it may block.

Whatever an advisor does, every stream it opened is closed when the outermost ends.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Protocol, TypeAlias

from qwq_magic.chat_model import ChatModel
from qwq_magic.errors import ConfigurationError, QwqError, StreamInterrupted
from qwq_magic.events import Event, StreamFinished
from qwq_magic.messages import ChatRequest
from qwq_magic.turn_builder import TurnBuilder
from qwq_magic.turns import Turn

Events: TypeAlias = AsyncIterator[Event]
CallNext: TypeAlias = Callable[[ChatRequest], Events]

# Where the built-in advisors stand; one of the user's without an `order` is outermost.
USER_ORDER = 0
THINK_TAGS_ORDER = 100
LOGGING_ORDER = 200
MEMORY_ORDER = 300
MODEL_RULES_ORDER = 400


class Advisor(Protocol):
    """An interceptor of requests and events."""

    def advise(self, request: ChatRequest, call_next: CallNext) -> Events | Awaitable[Events]:
        """The events for `request`; `call_next` asks the rest of the chain."""


class Chain:
    """Advisors in front of a model; a chain is itself a way to stream."""

    def __init__(self, advisors: Iterable[Any], model: ChatModel) -> None:
        """
        Raises:
            ConfigurationError: something is no advisor.
        """
        self._model = model
        self._advisors: Sequence[Advisor] = [
            _as_advisor(advisor, server=model.server)
            for advisor in sorted(advisors, key=lambda each: getattr(each, "order", USER_ORDER))
        ]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        async with AsyncExitStack() as opened:

            def call(index: int, request: ChatRequest) -> Events:
                if index == len(self._advisors):
                    stream = _finished(self._model.stream(request))
                else:
                    stream = _as_events(
                        self._advisors[index].advise(
                            request, lambda changed: call(index + 1, changed)
                        )
                    )
                opened.push_async_callback(_close, stream)
                return stream

            async for event in call(0, request):
                yield event


async def _finished(stream: Events) -> Events:
    """The model's own stream, which must say that it is finished."""
    finished = False
    try:
        async for event in stream:
            finished = finished or isinstance(event, StreamFinished)
            yield event
    finally:
        # Left to the garbage collector, the connection would stay open for a while.
        await _close(stream)
    if not finished:
        raise StreamInterrupted(
            "The reply ended before it was complete. Run the cell again.", retryable=True
        )


async def _close(stream: Events) -> None:
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


def _as_events(result: Events | Awaitable[Events]) -> Events:
    if inspect.isawaitable(result):
        return _awaited(result)
    return result


async def _awaited(result: Awaitable[Events]) -> Events:
    stream = await result
    try:
        async for event in stream:
            yield event
    finally:
        await _close(stream)


def _as_advisor(advisor: Any, *, server: str) -> Advisor:
    if callable(getattr(advisor, "advise", None)):
        checked: Advisor = advisor
        return checked
    if callable(getattr(advisor, "before", None)) or callable(getattr(advisor, "after", None)):
        return _Hooks(advisor, server=server)
    raise ConfigurationError(
        f"{type(advisor).__name__} is no advisor. Give it advise(request, call_next), "
        "or before(request), or after(turn)."
    )


class _Hooks:
    """Makes an advisor of an object that only has `before` or `after`."""

    def __init__(self, hooks: Any, *, server: str) -> None:
        self._before = getattr(hooks, "before", None)
        self._after = getattr(hooks, "after", None)
        self._server = server

    async def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
        if self._before is not None:
            request = await _call(self._before, request) or request
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
            if self._after is not None:
                await _call(self._after, builder.finish(error))


async def _call(hook: Callable[[Any], Any], value: ChatRequest | Turn) -> Any:
    """Call a hook of either kind without blocking the loop every stream runs on."""
    if inspect.iscoroutinefunction(hook):
        return await hook(value)
    result = await asyncio.to_thread(hook, value)
    return await result if inspect.isawaitable(result) else result
