"""A panel: the one visible region of a turn, whatever shows it."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

from qwq_magic.events import Event
from qwq_magic.memory import Place
from qwq_magic.turns import Turn

# What of a turn is shown, and how its reasoning starts: `auto` opens it, and closes it when
# the answer starts.
Show: TypeAlias = Literal["both", "reasoning", "answer"]
Start: TypeAlias = Literal["open", "auto", "closed"]


class Panel(Protocol):
    """Shows a turn as it comes. All calls come from one thread at a time: the one that runs the
    cell or, once a job has appeared there, the job's own.
    """

    def open(self) -> None:
        """Appear; nothing has arrived yet."""

    def show_event(self, event: Event) -> None:
        """Show one event of the stream."""

    def tick(self) -> None:
        """Time has passed without an event; called at least every 50 ms."""

    def finish(self, turn: Turn, *, place: Place | None) -> None:
        """Become the final output; `place` is where the turn stands in its conversation."""
