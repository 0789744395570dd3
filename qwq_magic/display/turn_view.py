"""One account of a turn: everything that is shown around it, computed once.

Its data, its Markdown and its plain text are written from the same account, and the data
carries the captions: the browser shows the words that were written here, so a saved turn
reads the same in every front end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from qwq_magic.display.captions import (
    analysed,
    ending_caption,
    footer_caption,
    loop_caption,
    reasoning_caption,
)
from qwq_magic.display.panel import Show, Start
from qwq_magic.memory import Place
from qwq_magic.plain_text import well_formed
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.reasoning import Loop, Metrics, Steps


@dataclass(frozen=True)
class TurnView:
    """A turn and what is shown around it; a failing analysis leaves its part empty.

    Attributes:
        turn: the turn, with the surrogate pairs of its reasoning joined.
        place: its number and attempt in its conversation; None outside one.
        show: which of its two texts are shown.
        start: how its reasoning starts.
    """

    turn: Turn
    place: Place | None
    show: Show = "both"
    start: Start = "open"

    def __post_init__(self) -> None:
        # Before it is cut into steps: two halves of a surrogate pair become one character.
        whole = well_formed(self.turn.reasoning)
        if whole is not self.turn.reasoning:
            object.__setattr__(self, "turn", replace(self.turn, reasoning=whole))

    @cached_property
    def steps(self) -> Steps | None:
        """The steps of the reasoning, held as long as this view lives."""
        from qwq_magic.reasoning.analysis import passing_steps  # a table of turns needs none

        return analysed(lambda: passing_steps(self.turn), otherwise=None)

    @cached_property
    def metrics(self) -> Metrics | None:
        # The steps are held meanwhile, so that they are made once for both.
        _held = self.steps
        return analysed(lambda: self.turn.metrics, otherwise=None)

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        from qwq_magic.reasoning.analysis import loops_in

        nothing: tuple[Loop, ...] = ()
        return analysed(lambda: loops_in(self.turn.reasoning), otherwise=nothing)

    @property
    def has_reasoning(self) -> bool:
        return bool(self.turn.reasoning.strip())

    @cached_property
    def caption(self) -> str:
        """The line above the reasoning; "" where there is none."""
        return reasoning_caption(self.turn) if self.has_reasoning else ""

    @cached_property
    def footer(self) -> str:
        """The line below the answer."""
        return footer_caption(self.turn, place=self.place)

    @cached_property
    def ending(self) -> str:
        """How the turn ended, where that is worth a line; else ""."""
        return ending_caption(self.turn)

    @cached_property
    def repeats(self) -> str:
        """That the reasoning repeats itself, where it does; else ""."""
        return loop_caption(self.loops)

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """The notices of the turn, and those that its reasoning gives rise to."""
        return (*self.turn.notices, *filter(None, [self.repeats]))
