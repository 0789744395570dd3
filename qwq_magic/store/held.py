"""What the store keeps of a conversation: as memory holds it, as it was read, as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qwq_magic.turns import Turn


# Protocols, because `memory` is in a layer above this one.
class AttemptLike(Protocol):
    """A turn, and the conversation's revisions when it was sent and when it was committed."""

    @property
    def turn(self) -> Turn: ...
    @property
    def sent_at(self) -> int: ...
    @property
    def committed_at(self) -> int: ...


class SlotLike(Protocol):
    """All attempts at one turn of a conversation; an unchanged slot is the same object."""

    @property
    def attempts(self) -> Sequence[AttemptLike]: ...
    @property
    def is_hidden(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class SavedAttempt:
    """An attempt as it was read."""

    turn: Turn
    sent_at: int
    committed_at: int


@dataclass(frozen=True, slots=True)
class SavedSlot:
    """A slot as it was read."""

    attempts: tuple[SavedAttempt, ...]
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A conversation as memory holds it.

    Attributes:
        name: its name.
        window: the size, None for all, and the unit of what is sent.
        revision: the number of turns ever committed.
        slots: its turns, oldest first.
    """

    name: str
    window: tuple[int | None, str]
    revision: int
    slots: Sequence[SlotLike]


@dataclass(frozen=True, slots=True)
class Written:
    """A conversation as the file holds it, for comparison with what is held later.

    Attributes:
        held: what was written.
        id: the conversation's id in the file; 0 for none.
        version: which change of the file was the last one to this conversation.
        positions: the numbers of the slots in the file, ascending, with gaps.
        attempts: how many attempts there are.
        created_at: when it was first written, ISO 8601 in UTC; "" for never.
    """

    held: Held
    id: int = 0
    version: int = 0
    positions: tuple[int, ...] = ()
    attempts: int = 0
    created_at: str = ""
