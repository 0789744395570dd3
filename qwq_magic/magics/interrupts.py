"""Interrupts while a cell waits: a flag, instead of an exception in the middle of anything."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any

# Someone who still presses after this long does not believe that it is stopping.
_PATIENCE_S = 5.0


class InterruptWatch:
    """Turns SIGINT (Kernel → Interrupt, Ctrl-C) into `pressed` inside a `with` block.

    `KeyboardInterrupt` could strike between two halves of a message to the front end
    or before a turn is bound; a flag is looked at when it suits. Pressed again much
    later, it is an exception after all, so that nothing can hang for ever.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._pressed_at = 0.0
        self._previous: Any = None

    def __enter__(self) -> InterruptWatch:
        # Elsewhere Python runs no signal handlers, and cannot set one either.
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.pressed and now - self._pressed_at > _PATIENCE_S:
            raise KeyboardInterrupt
        if not self.pressed:
            self.pressed, self._pressed_at = True, now
