"""The interface of a model: where it runs, and a stream of events for each request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol, runtime_checkable

from qwq_magic.events import Event
from qwq_magic.turns.messages import ChatRequest, Json


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


# Separate and checked at run time, since a user's own model need not have it.
@runtime_checkable
class WritesRequests(Protocol):
    """A model that can show a request without sending it."""

    def written(self, request: ChatRequest) -> tuple[str, Mapping[str, Json]]:
        """Return the address and the body of a request, without headers and so without a key."""
