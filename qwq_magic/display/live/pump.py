"""The pump: a thread that follows a run and shows it in a panel while the kernel is free.

Widgets can be updated from any thread, but plain text would appear in whichever cell is
running, so a pump's panel must not write text. A pump keeps the context it was created in,
because newer kernels store the destination of outputs in a context variable.
"""

from __future__ import annotations

import atexit
import contextvars
import logging
import threading
from collections.abc import Callable

from qwq_magic.display.panel import Panel
from qwq_magic.events import Event
from qwq_magic.session.run import Run
from qwq_magic.turns import Turn

# How long the process may take to exit while each run ends cleanly.
_END_S = 2.0
_logger = logging.getLogger("qwq_magic")
_active: set[Pump] = set()


class Pump:
    """Follows one run until it ends."""

    def __init__(
        self,
        run: Run,
        *,
        name: str,
        panel: Panel | None,
        note: Callable[[Event], None] = lambda _event: None,
        settle: Callable[[Turn], None],
    ) -> None:
        """Create a pump; `start` starts its thread.

        Args:
            run: the run to follow; nothing else may read its events.
            name: used in log messages.
            panel: shows the events; None shows nothing.
            note: called with every event, in the pump's thread.
            settle: called with the finished turn, in the pump's thread.
        """
        # Both hold the texts too, so they are released once the turn exists.
        self._run: Run | None = run
        self._panel = panel
        self._name = name
        self._note = note
        self._settle = settle
        self._ended = threading.Event()
        self._thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._follow, run),
            name=f"qwq-magic {name}",
            # A daemon, since at exit `_end_all` gives the turns only a short time to end.
            daemon=True,
        )

    def start(self) -> None:
        _active.add(self)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Whether the turn has ended and been settled."""
        return self._ended.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait up to `timeout_s` for the end; return whether it has come."""
        return self._ended.wait(timeout_s)

    def stop(self) -> None:
        """Stop the run from any thread; its turn keeps the text received so far."""
        run = self._run
        if run is not None:
            run.stop()

    def _follow(self, run: Run) -> None:
        try:
            self._show_events(run)
        except Exception:
            # A bug in the panel must not lose the turn.
            _logger.exception("%s cannot be shown while it streams.", self._name)
        self._panel = None
        try:
            self._settle(run.turn())
        except Exception:
            # Nothing above catches it in this thread, and at exit the front end may be gone.
            _logger.exception("%s cannot be shown.", self._name)
        finally:
            self._run = None
            _active.discard(self)
            self._ended.set()

    def _show_events(self, run: Run) -> None:
        for event in run.events():
            if event is not None:
                self._note(event)
                if self._panel is not None:
                    self._panel.show_event(event)
            if self._panel is not None:
                self._panel.tick()


def _end_all() -> None:
    """Stop the active runs, so that their turns are settled before the process exits."""
    pumps = list(_active)
    for pump in pumps:
        pump.stop()
    for pump in pumps:
        pump.wait(_END_S)


atexit.register(_end_all)
