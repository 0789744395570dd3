"""The panel for nbconvert, papermill and the like: nobody looks until the turn has ended."""

from __future__ import annotations

from qwq_magic.display.bundle import final_bundle
from qwq_magic.display.panel import Show, Start
from qwq_magic.events import Event
from qwq_magic.turns import Turn


class FinalPanel:
    """Shows nothing but the final output.

    Live widgets would leave their state behind in the notebook's metadata: nbclient
    keeps that of closed widgets too.
    """

    def __init__(self, *, show: Show, start: Start) -> None:
        self._show = show
        self._start = start

    def open(self) -> None:
        pass

    def show_event(self, event: Event) -> None:
        pass

    def tick(self) -> None:
        pass

    def finish(self, turn: Turn, *, number: int | None) -> None:
        from IPython.display import display

        bundle = final_bundle(turn, number=number, show=self._show, start=self._start)
        display(bundle, raw=True)  # type: ignore[no-untyped-call]  # IPython has no types here
