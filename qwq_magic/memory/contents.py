"""The contents of a conversation: an immutable value that every change replaces as a whole.

Undo and saving rely on this: a reference to old contents stays valid without a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from qwq_magic.memory.window import ALL, Window
from qwq_magic.turns import Message, Turn


class TurnPosition(NamedTuple):
    """The position of a turn in its conversation: its number and its attempt, both from 1."""

    number: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """A turn, and the conversation's revisions when it was sent and when it was committed.

    Its messages are created once, because every later turn refers to them.
    """

    turn: Turn
    sent_at: int = 0
    committed_at: int = 0
    _question: Message = field(init=False, repr=False, compare=False)
    _answer: Message = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A frozen dataclass can set its own fields only in this way.
        object.__setattr__(self, "_question", Message("user", self.turn.prompt))
        object.__setattr__(self, "_answer", Message("assistant", self.turn.answer))

    def messages(self, *, with_reasoning: bool) -> tuple[Message, Message]:
        """Return the messages that later turns are sent for this one."""
        # A signature without a text is that of reasoning which the server did not show.
        if with_reasoning and (self.turn.reasoning or self.turn.signature):
            turn = self.turn
            signed = replace(self._answer, reasoning=turn.reasoning, signature=turn.signature)
            return self._question, signed
        return self._question, self._answer


@dataclass(frozen=True, slots=True)
class Slot:
    """All attempts at one turn of the conversation; the last one counts."""

    attempts: tuple[Attempt, ...]
    is_hidden: bool = False

    @property
    def turn(self) -> Turn:
        return self.attempts[-1].turn

    @property
    def root(self) -> Turn:
        """The latest attempt that came from no other turn; the first one without any."""
        own = (a.turn for a in reversed(self.attempts) if a.turn.parent is None)
        return next(own, self.attempts[0].turn)

    @property
    def is_sendable(self) -> bool:
        """Whether the turn can be sent: roles must alternate and no message may be empty."""
        return not self.is_hidden and bool(self.turn.prompt.strip() and self.turn.answer.strip())


@dataclass(frozen=True, slots=True)
class Contents:
    """The slots of a conversation, oldest first.

    Attributes:
        slots: one for each turn.
        window: how much of the conversation is sent.
        revision: the number of turns ever committed.
        generation: increases whenever the conversation is cleared or loaded, so that a turn
            sent before that is not added to the new contents.
        origin: the generation in which the conversation was loaded; 0 if it was begun here.
    """

    slots: tuple[Slot, ...] = ()
    window: Window = ALL
    revision: int = 0
    # Not compared: undo and saving need to know whether what is kept differs, not since when.
    generation: int = field(default=0, compare=False)
    origin: int = field(default=0, compare=False)

    def index_of_cell(self, cell_id: str | None) -> int | None:
        """Return the index of a cell's slot, or None if it has none.

        A turn that came from another one is in the slot of that one, whichever cell asked for
        it, so such turns do not count.
        """
        if cell_id is None:
            return None
        for index, slot in enumerate(self.slots):
            if slot.root.cell_id == cell_id:
                return index
        return None

    def index_for(self, turn: Turn) -> int | None:
        """Return the index of the slot that the turn belongs to, or None for a new one."""
        if turn.parent is not None:
            # Also where the parent itself is gone, and only others that came from it are here.
            parent = turn.parent.id
            for index, slot in enumerate(self.slots):
                for attempt in slot.attempts:
                    origin = attempt.turn.parent
                    if attempt.turn.id == parent or (origin and origin.id == parent):
                        return index
        return self.index_of_cell(turn.cell_id)

    def with_turn(self, turn: Turn, *, sent_at: int) -> Contents:
        """Return the contents with a new attempt in its slot, or in a new last slot."""
        revision = self.revision + 1
        attempt = Attempt(turn, sent_at, revision)
        index = self.index_for(turn)
        if index is None:
            return replace(self, slots=(*self.slots, Slot((attempt,))), revision=revision)
        slot = self.slots[index]
        return replace(
            self.with_slot(index, replace(slot, attempts=(*slot.attempts, attempt))),
            revision=revision,
        )

    def with_samples(self, turns: Sequence[Turn], *, sent_at: int) -> Contents:
        """Return the contents with these turns as attempts in one slot, the last of which counts.

        Those that the slot has already are moved to its end.
        """
        revision = self.revision + 1
        index = self.index_for(turns[0])
        ids = {turn.id for turn in turns}
        if index is None:
            holds = (any(a.turn.id in ids for a in slot.attempts) for slot in self.slots)
            index = next((at for at, is_held in enumerate(holds) if is_held), None)
        known = () if index is None else self.slots[index].attempts
        by_id = {attempt.turn.id: attempt for attempt in known}
        added = (by_id.get(turn.id) or Attempt(turn, sent_at, revision) for turn in turns)
        attempts = (*(a for a in known if a.turn.id not in ids), *added)
        if attempts == known:
            return self
        if index is None:
            return replace(self, slots=(*self.slots, Slot(attempts)), revision=revision)
        slot = replace(self.slots[index], attempts=attempts)
        return replace(self.with_slot(index, slot), revision=revision)

    def without_latest(self) -> tuple[Contents, Turn] | None:
        """Return the contents without the last committed turn, and that turn; None if empty."""
        if not self.slots:
            return None
        # The turns of a file of schema 1 all have revision 0; of these, the last one counts.
        index = max(
            range(len(self.slots)), key=lambda at: (self.slots[at].attempts[-1].committed_at, at)
        )
        slot = self.slots[index]
        latest = slot.attempts[-1]
        # Samples of one prompt were committed together, and go together.
        together = latest.committed_at or None
        earlier = tuple(a for a in slot.attempts[:-1] if a.committed_at != together)
        if earlier:
            return self.with_slot(index, replace(slot, attempts=earlier)), latest.turn
        return replace(self, slots=self.slots[:index] + self.slots[index + 1 :]), latest.turn

    def with_slot(self, index: int, slot: Slot) -> Contents:
        return replace(self, slots=(*self.slots[:index], slot, *self.slots[index + 1 :]))
