"""A session on a server that misbehaves, and what every error of it must be like."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from server import TIMEOUT_S

from qwq_magic import QwqError, Session
from qwq_magic.client import HttpChatModel, aclose_clients
from qwq_magic.session.loops import RUNNERS
from qwq_magic.settings import Settings

KEY = "sk-0123456789abcdefghij"
NOW = 1_790_000_000.0

# The client has the text that was sent so far.
arrived = threading.Event()


@contextmanager
def nothing_has_arrived() -> Iterator[None]:
    """Begin without what the fault before has left: its text, its connections."""
    arrived.clear()
    # Connections are kept from turn to turn, and with them the proxies of the environment.
    asyncio.run_coroutine_threadsafe(aclose_clients(), RUNNERS["thread"].loop()).result(TIMEOUT_S)
    try:
        yield
    finally:
        arrived.set()


class Asking:
    """A session on a scripted server, with no real waiting."""

    def __init__(self, base_url: str, **settings: Any) -> None:
        self.waits: list[float] = []
        values = {"server": "custom", "base_url": base_url, "model": "m", **settings}
        model = HttpChatModel(
            Settings(**values), sleep=self._sleep, random=lambda: 0.0, clock=lambda: NOW
        )
        self.session = Session(model=model, advisors=[Witness()])

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def fail(self) -> QwqError:
        with pytest.raises(QwqError) as raised:
            self.session.ask("first?")
        return raised.value


class Witness:
    """Says when text has arrived."""

    async def advise(self, request: Any, call_next: Any) -> Any:
        async for event in call_next(request):
            arrived.set()
            yield event


def assert_is_one_clean_line(message: str, said: Sequence[str]) -> None:
    assert all(words in message for words in said), message
    assert message.isprintable()
    assert len(message.encode()) <= 2_000
    assert message.endswith((".", ")"))
    assert KEY[-8:] not in message
