"""The chain: advisors in order, each wrapping the next, around a model.

An advisor with a lower `order` sees a request earlier and its events later. It has one of
two forms:

- `advise(request, call_next)` returns a stream of events, usually those of
  `call_next(request)`, changed or not; it may call `call_next` several times or not at all.
  It is an async generator, or a sync or async function that returns a stream.
- `before(request)` returns the request to pass on, or None for the same one; `after(turn)`
  receives the turn. Both may be sync or async; sync ones run in a worker thread and may block.

Every stream that an advisor opened is closed when the outermost stream ends, and any
exception it raises is passed on as a `QwqError` that names the advisor.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
)
from contextlib import AsyncExitStack
from typing import Any, Protocol, TypeAlias, get_args

from qwq_magic.errors import (
    AdvisorFailed,
    ConfigurationError,
    ModelFailed,
    QwqError,
    StreamInterrupted,
)
from qwq_magic.events import Event, StreamFinished
from qwq_magic.plain_text import SHOWN_BYTES, one_line
from qwq_magic.turns import ChatRequest, Turn, TurnBuilder
from qwq_magic.turns.chat_model import ChatModel

Events: TypeAlias = AsyncIterator[Event]
CallNext: TypeAlias = Callable[[ChatRequest], Events]

# The order of the built-in advisors; a user's advisor without an `order` is outermost.
USER_ORDER = 0
# A hundred apart, so that a user's advisor fits between any two. The model rules are innermost,
# since they check the request as it is sent.
THINK_TAGS_ORDER = 100
LOGGING_ORDER = 200
MEMORY_ORDER = 300
MODEL_RULES_ORDER = 400

_EVENT_TYPES = get_args(Event)
# These are not the fault of the advisor or model they pass through, so they are not wrapped.
_PASSING = (QwqError, asyncio.CancelledError, GeneratorExit)


class Advisor(Protocol):
    """An interceptor of requests and events."""

    def advise(self, request: ChatRequest, call_next: CallNext) -> Events | Awaitable[Events]:
        """Return the events for `request`; `call_next` passes a request down the chain."""


class Chain:
    """Advisors in front of a model; `stream` works like a model's own."""

    def __init__(
        self,
        advisors: Iterable[Any],
        model: ChatModel,
        *,
        on_sent: Callable[[ChatRequest], None] | None = None,
    ) -> None:
        """Sort the advisors by their `order`.

        Args:
            advisors: in any order; advisors with the same `order` keep their sequence.
            model: the model at the end of the chain.
            on_sent: called with each request that the model receives.

        Raises:
            ConfigurationError: an object is not an advisor.
        """
        self._model = model
        self._on_sent = on_sent
        self._advisors = [
            _as_advisor(advisor, server=model.server) for advisor in sorted(advisors, key=_order_of)
        ]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        async with AsyncExitStack() as opened:

            def call(index: int, request: ChatRequest) -> Events:
                # Checked here, so that the error names the advisor that passed it on.
                _require_request(request)
                if index == len(self._advisors):
                    if self._on_sent is not None:
                        self._on_sent(request)
                    stream = _answered(self._model, request)
                else:
                    stream = _advised(
                        self._advisors[index], request, lambda changed: call(index + 1, changed)
                    )
                opened.push_async_callback(stream.aclose)
                return stream

            async for event in call(0, request):
                yield event


async def _answered(model: ChatModel, request: ChatRequest) -> AsyncGenerator[Event, None]:
    """Yield the model's events, checking their types and that the reply is complete."""
    finished = False
    stream: Any = None
    try:
        stream = model.stream(request)
        async for event in stream:
            _require_event(event)
            finished = finished or isinstance(event, StreamFinished)
            yield event
    except _PASSING:
        raise
    except BaseException as raised:
        raise ModelFailed(
            f"{type(model).__name__} failed with {_describe(raised)}. Fix it, or use another model."
        ) from raised
    finally:
        # If this were left to the garbage collector, the connection would stay open for a while.
        await _close(stream)
    if not finished:
        raise StreamInterrupted("The reply ended before it was complete. Run the cell again.")


async def _advised(
    advisor: Advisor, request: ChatRequest, call_next: CallNext
) -> AsyncGenerator[Event, None]:
    """Yield the events that one advisor returns."""
    stream: Any = None
    try:
        stream = advisor.advise(request, call_next)
        if inspect.isawaitable(stream):
            stream = await stream
        if not isinstance(stream, AsyncIterable):
            raise TypeError(f"advise returned {type(stream).__name__}, not a stream of events")
        async for event in stream:
            _require_event(event)
            yield event
    except _PASSING:
        raise
    except BaseException as raised:
        # Including SystemExit, which would end the loop that every other stream runs on.
        name = type(getattr(advisor, "wrapped", advisor)).__name__
        raise AdvisorFailed(
            f"The advisor {name} failed with {_describe(raised)}. Fix it, or remove it."
        ) from raised
    finally:
        await _close(stream)


def _require_event(event: object) -> None:
    if not isinstance(event, _EVENT_TYPES) or not isinstance(getattr(event, "text", ""), str):
        raise TypeError(f"{event!r} is not an event")


def _require_request(request: object) -> None:
    if not isinstance(request, ChatRequest):
        raise TypeError(f"{type(request).__name__} is not a ChatRequest")
    if not request.messages:
        raise ValueError("the request has no messages")


def _describe(raised: BaseException) -> str:
    name, message = type(raised).__name__, one_line(str(raised), limit_bytes=SHOWN_BYTES)
    return f"{name}: {message}" if message else name


async def _close(stream: Any) -> None:
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


def _order_of(advisor: Any) -> float:
    order = getattr(advisor, "order", USER_ORDER)
    if not isinstance(order, (int, float)):
        raise ConfigurationError(
            f"The order of {type(advisor).__name__} is {order!r}. Set it to a number."
        )
    return order


def _as_advisor(advisor: Any, *, server: str) -> Advisor:
    if callable(getattr(advisor, "advise", None)):
        checked: Advisor = advisor
        return checked
    if callable(getattr(advisor, "before", None)) or callable(getattr(advisor, "after", None)):
        return _BeforeAndAfter(advisor, server=server)
    raise ConfigurationError(
        f"{type(advisor).__name__} is not an advisor. Define advise(request, call_next), "
        "before(request) or after(turn)."
    )


class _BeforeAndAfter:
    """Adapts an object that has only `before` or `after`."""

    def __init__(self, wrapped: Any, *, server: str) -> None:
        self.wrapped = wrapped
        self._server = server

    async def advise(self, request: ChatRequest, call_next: CallNext) -> Events:
        before = getattr(self.wrapped, "before", None)
        after = getattr(self.wrapped, "after", None)
        if before is not None:
            request = await _call(before, request) or request
        stream = call_next(request)
        builder = TurnBuilder(request, server=self._server)
        error: QwqError | None = None
        try:
            async for event in stream:
                builder.add(event)
                yield event
        except QwqError as raised:
            error = raised
            raise
        finally:
            # In `finally`, since `after` receives stopped and failed turns as well.
            if after is not None:
                await _call(after, builder.finish(error))


async def _call(function: Callable[[Any], Any], value: ChatRequest | Turn) -> Any:
    """Call a sync or async function without blocking the loop that every stream runs on."""
    if inspect.iscoroutinefunction(function):
        return await function(value)
    result = await asyncio.to_thread(function, value)
    # A lambda may return a coroutine without being a coroutine function.
    return await result if inspect.isawaitable(result) else result
