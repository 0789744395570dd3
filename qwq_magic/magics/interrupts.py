"""Handle interrupts while a cell waits: SIGINT sets a flag instead of raising an exception."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

# A second interrupt this long after the first means that stopping has hung.
_GRACE_S = 5.0


class InterruptWatch:
    """Sets `pressed` on SIGINT (Kernel → Interrupt, Ctrl-C) inside a `with` block.

    A `KeyboardInterrupt` could be raised halfway through a message to the front end or
    before a turn is bound; a flag is checked at a safe point. A second interrupt more than
    five seconds later does raise, so that a hanging cell can always be stopped.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._pressed_at = 0.0
        self._previous: Any = None

    def __enter__(self) -> InterruptWatch:
        # Python runs and accepts signal handlers only in the main thread.
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        # ipykernel sets a handler that raises, which the rest of the cell relies on.
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.pressed and now - self._pressed_at > _GRACE_S:
            raise KeyboardInterrupt
        # The first time counts, so that a user who keeps pressing gets through.
        if not self.pressed:
            self.pressed, self._pressed_at = True, now
