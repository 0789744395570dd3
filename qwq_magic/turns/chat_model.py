"""The protocol every model satisfies: a name, and a stream of events for a request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol, runtime_checkable

from qwq_magic.events import Event
from qwq_magic.turns.messages import ChatRequest, Json


class ChatModel(Protocol):
    """Anything that answers a request with a stream: the client, the demo, a test's fake."""

    @property
    def server(self) -> str:
        """Where the model runs, as turns record it (`dashscope`, `demo`, ...)."""

    def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        """Yield events as they arrive, a `StreamFinished` before a proper end.

        Raises:
            QwqError: for whatever went wrong; what was yielded before stays valid.
        """


@runtime_checkable
class WritesRequests(Protocol):
    """A model that can say beforehand what it would send."""

    def written(self, request: ChatRequest) -> tuple[str, Mapping[str, Json]]:
        """The address and the body of a request; no header, and so no key."""
