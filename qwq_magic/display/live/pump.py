"""The pump: a thread that follows a run and shows it in a panel while the kernel is free.

Widgets find their place from any thread; plain text would land in whichever cell runs at
that moment, so a panel that writes text is not for a pump. A pump keeps the context it was
made in: where outputs go is a context variable on newer kernels.
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

# How long the process's end may be put off, so that runs end in order.
_END_S = 2.0
_logger = logging.getLogger("qwq_magic")
_under_way: set[Pump] = set()


class Pump:
    """Follows one run to its end."""

    def __init__(
        self,
        run: Run,
        *,
        name: str,
        panel: Panel | None,
        note: Callable[[Event], None] = lambda _event: None,
        settle: Callable[[Turn], None],
    ) -> None:
        """A pump that has not started.

        Args:
            run: what it follows; nobody else may take its events.
            name: what a log calls it.
            panel: shows the events; None shows nothing.
            note: told of every event, in the pump's thread.
            settle: told the turn when it has ended, in the pump's thread.
        """
        # Both hold the texts as well; they are let go when the turn has them.
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
            daemon=True,
        )

    def start(self) -> None:
        _under_way.add(self)
        self._thread.start()

    @property
    def has_ended(self) -> bool:
        """Has the turn ended, and is it settled?"""
        return self._ended.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Wait a while for the end; has it come?"""
        return self._ended.wait(timeout_s)

    def stop(self) -> None:
        """Ask the run to end; its turn keeps what came. Any thread may call this."""
        run = self._run
        if run is not None:
            run.stop()

    def _follow(self, run: Run) -> None:
        try:
            self._show_events(run)
        except Exception:
            # What cannot be shown must not cost the turn.
            _logger.exception("%s cannot be shown while it streams.", self._name)
        self._panel = None
        try:
            self._settle(run.turn())
        except Exception:
            # Nobody is there to catch it, and a kernel that ends closes its front end.
            _logger.exception("%s cannot be shown.", self._name)
        finally:
            self._run = None
            _under_way.discard(self)
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
    """Stop what is under way, so that everything is in order when the process ends."""
    pumps = list(_under_way)
    for pump in pumps:
        pump.stop()
    for pump in pumps:
        pump.wait(_END_S)


atexit.register(_end_all)
