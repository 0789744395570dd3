"""The view of a turn: everything that is shown around it, computed once.

A turn's data, Markdown and plain text are written from the same view. The data includes the
captions, so the browser shows the texts written here and a saved turn reads the same in every
front end.
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
from qwq_magic.errors import NoRecording
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import well_formed
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.reasoning import Candidate, Loop, Metrics, Steps


# Without slots, since `cached_property` needs a `__dict__`.
@dataclass(frozen=True)
class TurnView:
    """A turn and what is shown around it; parts whose analysis fails are empty.

    Attributes:
        turn: the turn, with surrogate pairs in its reasoning joined.
        place: its number and attempt in its conversation; None outside a conversation.
        show: which of its two texts are shown.
        start: whether its reasoning is initially open.
    """

    turn: Turn
    place: TurnPosition | None
    show: Show = "both"
    start: Start = "auto"

    def __post_init__(self) -> None:
        # Joining surrogate pairs shifts offsets, so it precedes cutting the text into steps.
        whole = well_formed(self.turn.reasoning)
        if whole is not self.turn.reasoning:
            object.__setattr__(self, "turn", replace(self.turn, reasoning=whole))

    @cached_property
    def steps(self) -> Steps | None:
        """The steps of the reasoning, kept as long as this view; None if analysis fails."""
        # Imported late, since a table of turns does not need the analysis.
        from qwq_magic.reasoning.analysis import passing_steps

        return analysed(lambda: passing_steps(self.turn), otherwise=None)

    @cached_property
    def metrics(self) -> Metrics | None:
        # Metrics look up cached steps, so keep a reference to the steps until they have.
        _steps = self.steps
        return analysed(lambda: self.turn.metrics, otherwise=None)

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        nothing: tuple[Candidate, ...] = ()
        return analysed(lambda: self.turn.candidates, otherwise=nothing)

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        from qwq_magic.reasoning.analysis import loops_in

        nothing: tuple[Loop, ...] = ()
        return analysed(lambda: loops_in(self.turn.reasoning), otherwise=nothing)

    @cached_property
    def given(self) -> tuple[int, int]:
        """How many characters of the shown reasoning and answer were given by the user."""
        prefix = self.turn.prefix
        if prefix is None:
            return 0, 0
        # Counted as shown: in both texts, surrogate pairs are joined.
        reasoning, answer = len(well_formed(prefix.reasoning)), len(well_formed(prefix.answer))
        return (
            min(reasoning, len(self.turn.reasoning)),
            min(answer, len(well_formed(self.turn.answer))),
        )

    @property
    def has_reasoning(self) -> bool:
        return bool(self.turn.reasoning.strip())

    @cached_property
    def caption(self) -> str:
        """The line above the reasoning; "" without reasoning."""
        return reasoning_caption(self.turn) if self.has_reasoning else ""

    @cached_property
    def footer(self) -> str:
        """The line below the answer."""
        return footer_caption(self.turn, place=self.place)

    @cached_property
    def ending(self) -> str:
        """How the turn ended; "" for a normal ending."""
        return ending_caption(self.turn)

    @cached_property
    def repeats(self) -> str:
        """A note that the reasoning repeats itself; "" if it does not."""
        return loop_caption(self.loops)

    @cached_property
    def notices(self) -> tuple[str, ...]:
        """The notices of the turn, and the note about repeated reasoning."""
        error = self.turn.error
        lines = error.lines if isinstance(error, NoRecording) else ()
        return (*self.turn.notices, *lines, *filter(None, [self.repeats]))
