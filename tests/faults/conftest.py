"""What one test leaves must not reach the next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from clean_environment import clear_proxies
from faults.asking import arrived
from server import TIMEOUT_S

from qwq_magic.client import aclose_clients
from qwq_magic.session.loops import RUNNERS


@pytest.fixture(autouse=True)
def nothing_has_arrived(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    arrived.clear()
    clear_proxies(monkeypatch)
    # Connections are kept from turn to turn, and with them what the environment said.
    asyncio.run_coroutine_threadsafe(aclose_clients(), RUNNERS["thread"].loop()).result(TIMEOUT_S)
    yield
    arrived.set()
