"""The chain: advisors in order, each between the one before it and the next.

An advisor with a lower `order` sees a request earlier and its events later. It
comes in one of two forms, and either may be sync or async:

- `advise(request, call_next)` returns the events, usually those of
  `call_next(request)`, changed or not; it may call it again, or not at all.
- `before(request)` returns the request to send on, `after(turn)` is told how it
  ended. Sync ones run in a worker thread, so they may block.

Whatever an advisor does, every stream it opened is closed when the outermost ends,
and whatever it raises travels on as a `QwqError` that names it.
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

# Where the built-in advisors stand; one of the user's without an `order` is outermost.
USER_ORDER = 0
THINK_TAGS_ORDER = 100
LOGGING_ORDER = 200
MEMORY_ORDER = 300
MODEL_RULES_ORDER = 400

_EVENT_TYPES = get_args(Event)
# What ends a stream from outside is not the fault of the one it passes.
_PASSING = (QwqError, asyncio.CancelledError, GeneratorExit)


class Advisor(Protocol):
    """An interceptor of requests and events."""

    def advise(self, request: ChatRequest, call_next: CallNext) -> Events | Awaitable[Events]:
        """The events for `request`; `call_next` asks the rest of the chain."""


class Chain:
    """Advisors in front of a model; a chain is itself a way to stream."""

    def __init__(
        self,
        advisors: Iterable[Any],
        model: ChatModel,
        *,
        on_sent: Callable[[ChatRequest], None] | None = None,
    ) -> None:
        """Put the advisors in order.

        Args:
            advisors: in any order; equal ones keep theirs.
            model: what answers in the end.
            on_sent: told each request as the model gets it.

        Raises:
            ConfigurationError: something is no advisor.
        """
        self._model = model
        self._on_sent = on_sent
        self._advisors = [
            _as_advisor(advisor, server=model.server) for advisor in sorted(advisors, key=_order_of)
        ]

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Event, None]:
        async with AsyncExitStack() as opened:

            def call(index: int, request: ChatRequest) -> Events:
                # Here, where it is the fault of the advisor that calls.
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
    """The model's own stream, which must hold events and say that it is finished."""
    finished = False
    stream: Any = None
    try:
        stream = model.stream(request)
        async for event in stream:
            if not isinstance(event, _EVENT_TYPES) or not isinstance(
                getattr(event, "text", ""), str
            ):
                raise TypeError(f"{event!r} is no event")
            finished = finished or isinstance(event, StreamFinished)
            yield event
    except _PASSING:
        raise
    except BaseException as raised:
        raise ModelFailed(
            f"{type(model).__name__} failed with {_said(raised)}. Fix it, or ask another model."
        ) from raised
    finally:
        # Left to the garbage collector, the connection would stay open for a while.
        await _close(stream)
    if not finished:
        raise StreamInterrupted("The reply ended before it was complete. Run the cell again.")


async def _advised(
    advisor: Advisor, request: ChatRequest, call_next: CallNext
) -> AsyncGenerator[Event, None]:
    """What one advisor makes of the rest of the chain."""
    stream: Any = None
    try:
        stream = advisor.advise(request, call_next)
        if inspect.isawaitable(stream):
            stream = await stream
        if not isinstance(stream, AsyncIterable):
            raise TypeError(f"advise gave {type(stream).__name__}, not call_next(request)")
        async for event in stream:
            yield event
    except _PASSING:
        raise
    except BaseException as raised:
        # Also SystemExit, which would end the loop that every other stream runs on.
        name = type(getattr(advisor, "wrapped", advisor)).__name__
        raise AdvisorFailed(
            f"The advisor {name} failed with {_said(raised)}. Fix it, or leave it out."
        ) from raised
    finally:
        await _close(stream)


def _require_request(request: object) -> None:
    if not isinstance(request, ChatRequest):
        raise TypeError(f"{type(request).__name__} is no request")
    if not request.messages:
        raise ValueError("the request has no messages")


def _said(raised: BaseException) -> str:
    name, words = type(raised).__name__, one_line(str(raised), limit_bytes=SHOWN_BYTES)
    return f"{name}: {words}" if words else name


async def _close(stream: Any) -> None:
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


def _order_of(advisor: Any) -> float:
    order = getattr(advisor, "order", USER_ORDER)
    if not isinstance(order, (int, float)):
        raise ConfigurationError(
            f"The order of {type(advisor).__name__} is {order!r}. Give it a number."
        )
    return order


def _as_advisor(advisor: Any, *, server: str) -> Advisor:
    if callable(getattr(advisor, "advise", None)):
        checked: Advisor = advisor
        return checked
    if callable(getattr(advisor, "before", None)) or callable(getattr(advisor, "after", None)):
        return _BeforeAndAfter(advisor, server=server)
    raise ConfigurationError(
        f"{type(advisor).__name__} is no advisor. Give it advise(request, call_next), "
        "or before(request), or after(turn)."
    )


class _BeforeAndAfter:
    """Makes an advisor of an object that only has `before` or `after`."""

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
            if after is not None:
                await _call(after, builder.finish(error))


async def _call(function: Callable[[Any], Any], value: ChatRequest | Turn) -> Any:
    """Call a function of either kind without blocking the loop every stream runs on."""
    if inspect.iscoroutinefunction(function):
        return await function(value)
    result = await asyncio.to_thread(function, value)
    return await result if inspect.isawaitable(result) else result
