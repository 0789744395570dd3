"""A turn to be inspected: what `turn.inspect()` gives, and a notebook shows as its inspector."""

from __future__ import annotations

from dataclasses import dataclass

from qwq_magic.reasoning.outline_text import outline_text
from qwq_magic.reasoning.reasoned_turn import ReasonedTurn


@dataclass(frozen=True, slots=True, repr=False)
class Inspection:
    """The inspector of a turn; as text, its outline."""

    turn: ReasonedTurn

    def __repr__(self) -> str:
        return outline_text(self.turn)
