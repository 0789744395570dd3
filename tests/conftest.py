"""What holds for all tests: how much of them runs, and that a busy machine fails none.

`pytest` runs the core: every claim, with samples of the corpora and a smoke of the browser.
`pytest -m full` runs everything there is. So does naming a test by its `::`.
"""

from __future__ import annotations

import re
import sys

import corpora
import pytest
from hypothesis import HealthCheck, settings

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("full", UNHURRIED)
settings.register_profile("core", UNHURRIED, max_examples=25)

HOW_MUCH = {
    "core": "the core: samples of the corpora, a smoke of the browser; all of it: pytest -m full",
    "full": "full: every corpus whole, every browser test; the core of it: pytest",
}


@pytest.fixture(autouse=True)
def _no_server_is_known_yet() -> None:
    """Ports are used again, and what is known of a server is kept by its address."""
    if "qwq_magic.session.model_choice" in sys.modules:
        sys.modules["qwq_magic.session.model_choice"].MODEL_CHOICES.clear()
    if "qwq_magic.session.session" in sys.modules:
        sys.modules["qwq_magic.session.session"].continuations.cache_clear()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    asked: str = config.option.markexpr
    named = {"core", "full"} & set(re.findall(r"\w+", asked))
    if not named:
        names_a_test = any("::" in argument for argument in config.args)
        how_much = "full" if names_a_test else "core"
        config.option.markexpr = f"{how_much} and ({asked})" if asked else how_much
        named = {how_much}
    corpora.take_whole("full" in named)
    settings.load_profile("full" if "full" in named else "core")


def pytest_report_header() -> str:
    return f"tests: {HOW_MUCH['full' if corpora.is_taken_whole() else 'core']}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("full") is None:
            item.add_marker(pytest.mark.core)
            item.add_marker(pytest.mark.full)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A file whose tests all belong to the full run alone must not look like an empty one."""
    deselected: list[pytest.Item] = terminalreporter.stats.get("deselected", [])
    left_out = sum(item.get_closest_marker("core") is None for item in deselected)
    if left_out and not corpora.is_taken_whole():
        terminalreporter.write_line(
            f"{left_out} tests run only in full (pytest -m full), or when named by their ::"
        )
