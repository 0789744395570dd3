"""The environment without what the person who runs the tests has set up in it."""

from __future__ import annotations

import os

import pytest


def clean_environment(**changes: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("QWQ_") and not name.endswith("_API_KEY")
    }
    return {**kept, **changes}


def clear_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
