"""The protocol every model satisfies: a name, and a stream of events for a request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from qwq_magic.events import Event
from qwq_magic.messages import ChatRequest


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
