"""The interface of a model: where it runs, and a stream of events for each request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol, runtime_checkable

from qwq_magic.events import Event
from qwq_magic.turns.messages import ChatRequest, Json
from qwq_magic.turns.prefix import Way


class ChatModel(Protocol):
    """Any object that replies to a request with a stream of events.

    The HTTP client and the demo implement it; a user's own model needs nothing else.
    """

    @property
    def server(self) -> str:
        """The name of the server, as turns record it (`dashscope`, `demo`, ...)."""

    # Not `async def`: an async generator is called without `await`, and this is its type.
    def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        """Yield events as they arrive; a complete reply includes a `StreamFinished`.

        Raises:
            QwqError: the request failed; the events yielded before remain valid.
        """


@runtime_checkable
class ContinuesReplies(Protocol):
    """A model that can go on with a reply whose beginning is given, at least sometimes."""

    async def way_for(self, request: ChatRequest) -> Way:
        """Return how the beginning can be given: `native`, or `quoted` if it can only be quoted.

        Raises:
            QwqError: the server that has to be asked for this cannot be reached.
        """

    def expected_way(self, request: ChatRequest) -> Way:
        """Return the same without asking any server; "" if that has to be found out."""


@runtime_checkable
class EndsReasoning(Protocol):
    """A model that ends the reasoning of a reply that streams, on request."""

    async def end_reasoning(self, request: ChatRequest) -> bool:
        """Return whether it did; the reply then goes on with its answer."""


# Separate and checked at run time, since a user's own model need not have it.
@runtime_checkable
class WritesRequests(Protocol):
    """A model that can show a request without sending it."""

    def written(self, request: ChatRequest) -> tuple[str, Mapping[str, Json]]:
        """Return the address and the body of a request, without headers and so without a key."""
