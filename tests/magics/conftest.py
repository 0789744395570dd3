"""A kernel with the extension loaded, for all tests of a module."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

import pytest
from kernel import Kernel
from server import ScriptedServer

AskAt: TypeAlias = Callable[[ScriptedServer], None]
FailingPanel: TypeAlias = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel() as kernel:
        loaded = kernel.run("%load_ext qwq_magic")
        assert loaded.of_type("stream", "display_data", "error") == []
        kernel.run("x = 1")
        yield kernel


@pytest.fixture
def ask_at(kernel: Kernel) -> Iterator[AskAt]:
    """Point the kernel at a server for one test."""
    yield lambda server: kernel.point_at(server.url, "qwq-32b")
    kernel.point_at("", "")


@pytest.fixture
def failing_panel(kernel: Kernel) -> FailingPanel:
    """Let a method of the kernel's live panels raise, as a front end that is in trouble does."""

    @contextmanager
    def failing(method: str = "show_event") -> Iterator[None]:
        kernel.run(
            "from qwq_magic.display.live.live_panel import LivePanel\n"
            f"whole = LivePanel.{method}\n"
            "def fail(self, event=None): raise RuntimeError('no display')\n"
            f"LivePanel.{method} = fail"
        )
        try:
            yield
        finally:
            kernel.run(f"LivePanel.{method} = whole")

    return failing
