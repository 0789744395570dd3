"""The panel for front ends without live panes: the final output, alone or after live text.

Live widgets do not work there: a console cannot update its output, and nbclient, which
nbconvert and papermill use, keeps even closed widgets in the notebook's metadata.
"""

from __future__ import annotations

from collections.abc import Sequence

from qwq_magic.display.panel import Show, Start
from qwq_magic.display.saved.bundle import view_bundle
from qwq_magic.display.text.terminal import TerminalPanel
from qwq_magic.display.text.whole_turn import closing_lines
from qwq_magic.display.turn_view import TurnView
from qwq_magic.events import Event
from qwq_magic.memory import TurnPosition
from qwq_magic.turns import Turn


class FinalPanel:
    """Displays the turn when it has ended; until then, `live`, if any, writes it as text."""

    def __init__(self, *, show: Show, start: Start, live: TerminalPanel | None = None) -> None:
        self._show = show
        self._start = start
        self._live = live

    def open(self) -> None:
        if self._live is not None:
            self._live.open()

    def show_event(self, event: Event) -> None:
        if self._live is not None:
            self._live.show_event(event)

    def tick(self) -> None:
        if self._live is not None:
            self._live.tick()

    def finish(
        self, turn: Turn, *, place: TurnPosition | None, attempts: Sequence[Turn] = ()
    ) -> None:
        from IPython.display import display

        view = TurnView(turn, place, self._show, self._start)
        bundle = view_bundle(view, attempts=attempts)
        if self._live is not None:
            self._live.end_text()
            # A text-only front end has already shown the answer.
            bundle["text/plain"] = "\n".join(closing_lines(view))
        display(bundle, raw=True)  # type: ignore[no-untyped-call]  # IPython has no types here
