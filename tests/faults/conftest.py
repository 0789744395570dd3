"""What one test leaves must not reach the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clean_environment import clear_proxies
from faults.asking import nothing_has_arrived


@pytest.fixture(autouse=True)
def _anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    clear_proxies(monkeypatch)
    with nothing_has_arrived():
        yield
