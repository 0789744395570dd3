"""The panel protocol: the one visible region of a turn, in any front end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

from qwq_magic.events import Event
from qwq_magic.memory import TurnPosition
from qwq_magic.turns import Turn

# Which texts of a turn are shown, and the initial state of its reasoning. `auto` opens the
# reasoning and closes it when the answer starts.
Show: TypeAlias = Literal["both", "reasoning", "answer"]
Start: TypeAlias = Literal["open", "auto", "closed"]


class Panel(Protocol):
    """Shows a turn while it streams.

    Calls come from one thread at a time: the thread that runs the cell or, once the panel of a
    background job is open, the thread of the job.
    """

    def open(self) -> None:
        """Appear, before any event has arrived."""

    def show_event(self, event: Event) -> None:
        """Show one event of the stream."""

    def tick(self) -> None:
        """Update whatever depends on time; called at least every 50 ms."""

    def finish(
        self, turn: Turn, *, place: TurnPosition | None, attempts: Sequence[Turn] = ()
    ) -> None:
        """Become the final output.

        Args:
            turn: the turn that has ended.
            place: its position in its conversation; None outside one.
            attempts: all attempts at it, in order, among which the reader can switch.
        """
