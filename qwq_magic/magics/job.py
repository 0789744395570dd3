"""A job: one ask that goes on while other cells run, followed by a pump.

The pump shows the reply in the cell that asked, where there are widgets. Other panels are
only used in the end, by the thread that runs the cells.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from typing_extensions import assert_never

from qwq_magic.display.captions import turn_tokens
from qwq_magic.display.live.pump import Pump
from qwq_magic.display.panel import Panel
from qwq_magic.events import (
    AnswerDelta,
    Event,
    Notice,
    ReasoningDelta,
    StreamFinished,
    UsageReported,
)
from qwq_magic.magics.front_end import Live, Request
from qwq_magic.memory import Place
from qwq_magic.session.run import Run
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import State, Turn

JobState: TypeAlias = Literal["waiting", "reasoning", "answering"] | State

_TICK_S = 0.05


class Job:
    """One ask in the background."""

    def __init__(
        self,
        number: int,
        run: Run,
        request: Request,
        *,
        panel: Panel,
        live: Live,
        bind: Callable[[Turn], None],
        place_of: Callable[[Turn], Place | None],
    ) -> None:
        """A job that has not started.

        Args:
            number: counts from 1.
            run: the ask itself.
            request: the execution that asked.
            panel: shows the reply; of a terminal's, nothing is shown.
            live: how the front end shows what streams.
            bind: told the turn when it has ended, in the pump's thread.
            place_of: where a turn stands in its conversation.
        """
        self.number = number
        self.prompt = run.request.prompt
        self.request = request
        self.live = live
        # It holds the texts as well; it is let go when the turn has them.
        self._panel: Panel | None = panel
        self._bind = bind
        self._place_of = place_of
        self._turn: Turn | None = None
        self._state: JobState = "waiting"
        self._tokens = 0.0
        self._began_s = time.monotonic()
        self._pump = Pump(
            run,
            name=f"Job {number}",
            panel=panel if live == "widgets" else None,
            note=self._note,
            settle=self._settle,
        )

    def start(self) -> None:
        """Appear in the running cell, where there are widgets, and go on in the background."""
        try:
            if self.live == "widgets" and self._panel is not None:
                self._panel.open()
        finally:
            # The ask is under way, shown or not.
            self._pump.start()

    @property
    def turn(self) -> Turn | None:
        """The reply, once it has ended and is bound."""
        return self._turn if self._pump.has_ended else None

    @property
    def state(self) -> JobState:
        return self._turn.state if self._turn is not None else self._state

    @property
    def seconds(self) -> float:
        if self._turn is not None:
            return self._turn.timing.total_s or 0.0
        return time.monotonic() - self._began_s

    @property
    def tokens(self) -> str:
        """`1,203` where the server counted, `≈ 1,200` where it did not or has not yet."""
        return f"≈ {round(self._tokens):,}" if self._turn is None else turn_tokens(self._turn)

    def stop(self) -> None:
        """Ask it to end; its turn keeps what came."""
        self._pump.stop()

    def wait(self, *, is_interrupted: Callable[[], bool]) -> Turn | None:
        """The turn, as soon as there is one; None if the user would not wait."""
        while not self._pump.wait(_TICK_S):
            if is_interrupted():
                return None
        return self._turn

    def show(self) -> None:
        """Show the reply, which has ended, in the running cell."""
        panel, self._panel = self._panel, None
        if self._turn is not None and panel is not None:
            panel.finish(self._turn, place=self._place_of(self._turn))

    def _settle(self, turn: Turn) -> None:
        self._turn = turn
        self._bind(turn)
        if self.live == "widgets":
            self.show()

    def _note(self, event: Event) -> None:
        match event:
            case ReasoningDelta(text):
                self._state = "reasoning"
                self._tokens += estimate_tokens(text)
            case AnswerDelta(text):
                self._state = "answering"
                self._tokens += estimate_tokens(text)
            case UsageReported() | Notice() | StreamFinished():
                pass  # of these, the turn says more
            case _:
                assert_never(event)
