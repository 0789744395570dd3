"""Conversations: which turns a model is reminded of, and what of them is sent.

A turn is committed once, when it has ended. Every change builds a new tuple and
puts it in place with one assignment, so that an interrupt at any instruction
leaves the old conversation or the new one. What is sent alternates strictly:
a turn without answer text is kept, but not sent. Reasoning is sent only on request.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qwq_magic.errors import ConfigurationError
from qwq_magic.memory_file import read_attempts, write_attempts
from qwq_magic.messages import Message
from qwq_magic.turns import Turn

# A lock held by another thread at a fork would stay held in the child for ever.
_all_memories: weakref.WeakSet[ConversationMemory] = weakref.WeakSet()
# All attempts at one place of the conversation; the last one counts.
_Slot = tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What a new turn is reminded of, as the conversation stood when it was asked."""

    messages: tuple[Message, ...]
    generation: int


class ConversationMemory:
    """The turns of one conversation, in order."""

    def __init__(self, name: str = "main") -> None:
        self.name = name
        self._slots: tuple[_Slot, ...] = ()
        # Counts clearings: a turn that began before one must not come back after it.
        self._generation = 0
        self._lock = threading.Lock()
        _all_memories.add(self)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns, oldest first; of a cell that ran again, the latest attempt."""
        return tuple(slot[-1] for slot in self._slots)

    def attempts(self, number: int) -> tuple[Turn, ...]:
        """All attempts at turn `number` (from 1), oldest first.

        Raises:
            ConfigurationError: there is no such turn.
        """
        slots = self._slots
        if not 1 <= number <= len(slots):
            raise ConfigurationError(
                f"No turn {number} in conversation {self.name!r}, which has {len(slots)}."
            )
        return slots[number - 1]

    def number_of(self, turn: Turn) -> int | None:
        """The place of `turn` in the conversation, from 1; None if it is not there."""
        for number, kept in enumerate(self.turns, 1):
            if kept.id == turn.id:
                return number
        return None

    def context(self, *, cell_id: str | None = None, with_reasoning: bool = False) -> Context:
        """The messages to send before a new prompt: for a cell that ran before, those above it."""
        generation, slots = self._generation, self._slots
        place = _place_of(slots, cell_id)
        above = slots if place is None else slots[:place]
        return Context(tuple(_messages_of(above, with_reasoning=with_reasoning)), generation)

    def commit(self, turn: Turn, context: Context) -> None:
        """Put a turn that has ended in its place: its cell's, or the end."""
        with self._lock:
            if context.generation != self._generation:
                return
            slots = self._slots
            place = _place_of(slots, turn.cell_id)
            if place is None:
                self._slots = (*slots, (turn,))
            else:
                self._slots = (*slots[:place], (*slots[place], turn), *slots[place + 1 :])

    def undo(self) -> Turn | None:
        """Take the last turn back, with all its attempts; None if there is none."""
        with self._lock:
            if not self._slots:
                return None
            *rest, last = self._slots
            self._slots = tuple(rest)
            return last[-1]

    def clear(self) -> None:
        with self._lock:
            self._generation += 1
            self._slots = ()

    def fork(self, name: str = "") -> ConversationMemory:
        """A copy that goes its own way from here."""
        copy = ConversationMemory(name or f"{self.name}-fork")
        copy._slots = self._slots
        return copy

    def save(self, path: str | Path) -> None:
        """Write the conversation as JSON Lines, every attempt included.

        Raises:
            FileError: the path holds a file of another kind, or cannot be written.
        """
        write_attempts(Path(path), name=self.name, slots=self._slots)

    def load(self, path: str | Path) -> None:
        """Replace the turns by those of a saved file; on an error nothing changes.

        Raises:
            FileError: the file is missing, damaged, of another kind or a newer schema.
        """
        slots = read_attempts(Path(path))
        with self._lock:
            self._generation += 1
            self._slots = slots

    def __len__(self) -> int:
        return len(self._slots)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self.turns)

    def __repr__(self) -> str:
        return f"<ConversationMemory {self.name!r}: {len(self)} turns>"


def _place_of(slots: tuple[_Slot, ...], cell_id: str | None) -> int | None:
    if cell_id is None:
        return None
    for place, slot in enumerate(slots):
        if slot[-1].cell_id == cell_id:
            return place
    return None


def _messages_of(slots: tuple[_Slot, ...], *, with_reasoning: bool) -> Iterator[Message]:
    for slot in slots:
        turn = slot[-1]
        if turn.answer.strip():
            yield Message("user", turn.prompt)
            yield Message("assistant", turn.answer, turn.reasoning if with_reasoning else "")


def _renew_locks() -> None:
    for memory in _all_memories:
        memory._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
