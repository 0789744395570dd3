"""A panel: the one visible region of a turn, whatever shows it."""

from __future__ import annotations

from typing import Protocol

from qwq_magic.events import Event
from qwq_magic.turns import Turn


class Panel(Protocol):
    """Shows a turn as it comes. All calls come from the thread that runs the cell."""

    def open(self) -> None:
        """Appear; nothing has arrived yet."""

    def show_event(self, event: Event) -> None:
        """Show one event of the stream."""

    def tick(self) -> None:
        """Time has passed without an event; called at least every 50 ms."""

    def finish(self, turn: Turn, *, number: int | None) -> None:
        """Become the final output; `number` is the turn's place in its conversation."""
