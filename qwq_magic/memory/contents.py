"""What a conversation holds at one moment: a value, replaced as a whole by every change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from qwq_magic.memory.window import ALL, Window
from qwq_magic.turns import Message, Turn


class Place(NamedTuple):
    """Where a turn stands in its conversation: its number, and which attempt; both from 1."""

    number: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """A turn, and when in the conversation's life it was `asked` and `kept`: revisions.

    Its messages are made once: every later turn keeps them among those it was sent.
    """

    turn: Turn
    asked: int = 0
    kept: int = 0
    _question: Message = field(init=False, repr=False, compare=False)
    _answer: Message = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_question", Message("user", self.turn.prompt))
        object.__setattr__(self, "_answer", Message("assistant", self.turn.answer))

    def messages(self, *, with_reasoning: bool) -> tuple[Message, Message]:
        """What a later turn is sent of it."""
        if with_reasoning and self.turn.reasoning:
            return self._question, replace(self._answer, reasoning=self.turn.reasoning)
        return self._question, self._answer


@dataclass(frozen=True, slots=True)
class Slot:
    """All attempts at one place of the conversation; the last one counts."""

    attempts: tuple[Attempt, ...]
    is_hidden: bool = False

    @property
    def turn(self) -> Turn:
        return self.attempts[-1].turn

    @property
    def is_sendable(self) -> bool:
        """Roles must alternate, and no server takes an empty message."""
        return not self.is_hidden and bool(self.turn.prompt.strip() and self.turn.answer.strip())


@dataclass(frozen=True, slots=True)
class Contents:
    """The slots, oldest first.

    `revision` counts the turns that were ever kept. `generation` is a higher one after every
    clearing or loading: a turn that was asked before must not come up after it.
    """

    slots: tuple[Slot, ...] = ()
    window: Window = ALL
    revision: int = 0
    generation: int = field(default=0, compare=False)

    def place_of(self, cell_id: str | None) -> int | None:
        """The index of a cell's slot; None where it has none."""
        if cell_id is None:
            return None
        for place, slot in enumerate(self.slots):
            if slot.turn.cell_id == cell_id:
                return place
        return None

    def keep(self, turn: Turn, *, asked: int) -> Contents:
        """With a turn that has ended in its place: its cell's, or the end."""
        revision = self.revision + 1
        attempt = Attempt(turn, asked, revision)
        place = self.place_of(turn.cell_id)
        if place is None:
            return replace(self, slots=(*self.slots, Slot((attempt,))), revision=revision)
        slot = self.slots[place]
        return replace(
            self.with_slot(place, replace(slot, attempts=(*slot.attempts, attempt))),
            revision=revision,
        )

    def without_latest(self) -> tuple[Contents, Turn] | None:
        """Without the turn that was kept last, and that turn; None where there is none."""
        if not self.slots:
            return None
        place = max(range(len(self.slots)), key=lambda at: (self.slots[at].attempts[-1].kept, at))
        slot = self.slots[place]
        *earlier, latest = slot.attempts
        if earlier:
            return self.with_slot(place, replace(slot, attempts=tuple(earlier))), latest.turn
        return replace(self, slots=self.slots[:place] + self.slots[place + 1 :]), latest.turn

    def with_slot(self, place: int, slot: Slot) -> Contents:
        return replace(self, slots=(*self.slots[:place], slot, *self.slots[place + 1 :]))
