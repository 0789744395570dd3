"""One conversation: its turns, and the ways to steer what is remembered.

A turn is committed once, when it has ended. Every change puts a new value in place
with one assignment, so that an interrupt at any instruction leaves the old
conversation or the new one. What is sent alternates strictly: a turn without
prompt or answer text is kept, but not sent. Reasoning is sent only on request.
"""

from __future__ import annotations

import itertools
import math
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from qwq_magic.errors import ConfigurationError
from qwq_magic.memory.ask_queue import AskQueue
from qwq_magic.memory.contents import Contents, Place, Slot
from qwq_magic.memory.context import Context, context_of
from qwq_magic.memory.names import checked_name
from qwq_magic.memory.window import Window
from qwq_magic.turns import Turn

# A lock held by another thread at a fork would stay held in the child for ever.
_all_memories: weakref.WeakSet[ConversationMemory] = weakref.WeakSet()
_generations = itertools.count(1)
_UNDO_LEVELS = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A turn as a list of the conversation shows it.

    Attributes:
        number: its place, from 1.
        turn: the latest attempt.
        attempts: how often its cell ran.
        is_hidden: is it kept, but not sent?
        is_outdated: was it answered before a turn above it was answered anew?
    """

    number: int
    turn: Turn
    attempts: int
    is_hidden: bool
    is_outdated: bool


class ConversationMemory:
    """The turns of one conversation, in order."""

    def __init__(self, name: str = "main") -> None:
        self.name = checked_name(name)
        self.queue = AskQueue()
        # The present contents, and before them what `undo` goes back to, the latest last.
        self._states: tuple[Contents, ...] = (Contents(),)
        self._lock = threading.Lock()
        _all_memories.add(self)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns, oldest first; of a cell that ran again, the latest attempt."""
        return tuple(slot.turn for slot in self.contents.slots)

    def entries(self) -> Iterator[Entry]:
        """The turns with their marks, oldest first."""
        newest = 0
        for number, slot in enumerate(self.contents.slots, 1):
            last = slot.attempts[-1]
            is_outdated = newest > last.asked and last.asked > 0
            yield Entry(number, last.turn, len(slot.attempts), slot.is_hidden, is_outdated)
            newest = max(newest, last.kept)

    def attempts(self, number: int) -> tuple[Turn, ...]:
        """All attempts at turn `number` (from 1), oldest first.

        Raises:
            ConfigurationError: there is no such turn.
        """
        slots = self.contents.slots
        self._check(number, slots)
        return tuple(attempt.turn for attempt in slots[number - 1].attempts)

    def place_of(self, turn: Turn) -> Place | None:
        """Where `turn` stands; None if it is not there."""
        # From the end: it is mostly asked of the newest.
        slots = self.contents.slots
        for number in range(len(slots), 0, -1):
            for attempt, kept in enumerate(slots[number - 1].attempts, 1):
                if kept.turn.id == turn.id:
                    return Place(number, attempt)
        return None

    @property
    def window(self) -> Window:
        """How much of the conversation is sent along.

        Set it to a `Window`, to turns, to a text such as "8000tok", or to None for all.

        Raises:
            ConfigurationError: it was set to something else; nothing was changed.
        """
        return self.contents.window

    @window.setter
    def window(self, size: Window | int | str | None) -> None:
        window = Window.of(size)
        self._change(lambda contents: replace(contents, window=window))

    def context(
        self,
        *,
        cell_id: str | None = None,
        with_reasoning: bool = False,
        history: int | None = None,
        max_tokens: float = math.inf,
    ) -> Context:
        """What to send before a new prompt.

        Args:
            cell_id: a cell that ran before is sent only what stands above its turn.
            with_reasoning: send reasoning back too.
            history: send the last so many turns, whatever the window is.
            max_tokens: the model takes no more ≈ tokens than these.
        """
        contents = self.contents
        place = contents.place_of(cell_id)
        return context_of(
            contents.slots if place is None else contents.slots[:place],
            window=contents.window if history is None else Window(history),
            max_tokens=max_tokens,
            with_reasoning=with_reasoning,
            revision=contents.revision,
            generation=contents.generation,
        )

    def commit(self, turn: Turn, context: Context) -> None:
        """Put a turn that has ended in its place: its cell's, or the end.

        One asked before a clearing or loading belongs to what was there then, and comes back
        with it; one asked after a clearing or loading that was undone, to what undo brought back.
        """
        with self._lock:
            for at in range(len(self._states) - 1, -1, -1):
                state = self._states[at]
                if state.generation <= context.generation:
                    kept = state.keep(turn, asked=min(context.revision, state.revision))
                    self._states = (kept, *self._states[at + 1 :])
                    return

    def undo(self) -> Turn | None:
        """Take back the latest change since the last turn; where there is none, take that turn.

        Changes are what was cleared, dropped, loaded over, hidden, shown again, and the window.
        The last turn is the one that was kept last: of a cell that ran again, its latest
        attempt, and the one before it counts again.

        Returns:
            The turn taken back; None where a change was taken back, or there was nothing to do.
        """
        with self._lock:
            if self.undoes:
                self._states = self._states[:-1]
                return None
            without = self.contents.without_latest()
            if without is None:
                return None
            contents, turn = without
            self._states = (contents,)
            return turn

    @property
    def undoes(self) -> bool:
        """Would `undo` take a change back, rather than a turn?"""
        return len(self._states) > 1

    def clear(self) -> None:
        """Forget all turns; `undo` brings them back, until a new one is kept."""
        self.put_contents(replace(self.contents, slots=()))

    def drop(self, *numbers: int) -> None:
        """Take out these turns, with all their attempts; `undo` brings them back.

        Raises:
            ConfigurationError: there is no such turn; nothing was taken out.
        """
        gone = set(numbers)

        def without(contents: Contents) -> Contents:
            for number in numbers:
                self._check(number, contents.slots)
            kept = (slot for at, slot in enumerate(contents.slots, 1) if at not in gone)
            return replace(contents, slots=tuple(kept))

        self._change(without)

    def hide(self, *numbers: int) -> None:
        """Keep these turns, but do not send them.

        Raises:
            ConfigurationError: there is no such turn; nothing was hidden.
        """
        self._mark(numbers, is_hidden=True)

    def unhide(self, *numbers: int) -> None:
        """Send these turns again; see `hide`."""
        self._mark(numbers, is_hidden=False)

    def fork(self, name: str = "", *, up_to: int | None = None) -> ConversationMemory:
        """A copy that goes its own way from here, or from turn `up_to`.

        Raises:
            ConfigurationError: there is no such turn, or the name is none.
        """
        contents = self.contents
        if up_to is not None:
            self._check(up_to, contents.slots)
        copy = ConversationMemory(name or f"{self.name}-fork")
        copy._states = (replace(contents, slots=contents.slots[:up_to]),)
        return copy

    def save(self, path: str | Path) -> None:
        """Write the conversation as JSON Lines, every attempt included.

        Raises:
            FileError: the path holds a file of another kind, or cannot be written.
        """
        from qwq_magic.memory.conversation_file import write_conversations

        write_conversations(Path(path), {self.name: self.contents})

    def load(self, path: str | Path) -> None:
        """Replace the turns by those of a saved file; on an error nothing changes.

        Of several conversations in the file, the one of this name is read.

        Raises:
            FileError: the file is missing, damaged, of another kind, a newer schema, or holds
                several conversations and none of this name.
        """
        from qwq_magic.memory.conversation_file import read_conversations

        self.put_contents(read_conversations(Path(path)).choose(self.name))

    @property
    def contents(self) -> Contents:
        """All there is to keep, as one value."""
        return self._states[-1]

    def put_contents(self, contents: Contents) -> None:
        """Go on with other contents; `undo` brings the present ones back."""
        self._change(lambda _: replace(contents, generation=next(_generations)))

    def _mark(self, numbers: tuple[int, ...], *, is_hidden: bool) -> None:
        def marked(contents: Contents) -> Contents:
            for number in numbers:
                self._check(number, contents.slots)
            slots = list(contents.slots)
            for number in numbers:
                slots[number - 1] = replace(slots[number - 1], is_hidden=is_hidden)
            return replace(contents, slots=tuple(slots))

        self._change(marked)

    def _change(self, change: Callable[[Contents], Contents]) -> None:
        with self._lock:
            before, after = self.contents, change(self.contents)
            if after.generation != before.generation or after != before:
                self._states = (*self._states, after)[-_UNDO_LEVELS - 1 :]

    def _check(self, number: int, slots: tuple[Slot, ...]) -> None:
        if not 1 <= number <= len(slots):
            raise ConfigurationError(
                f"No turn {number} in conversation {self.name!r}, which has {len(slots)}."
            )

    def __len__(self) -> int:
        return len(self.contents.slots)

    def __iter__(self) -> Iterator[Turn]:
        return iter(self.turns)

    def __repr__(self) -> str:
        return f"<ConversationMemory {self.name!r}: {len(self)} turns>"


def _renew_locks() -> None:
    for memory in _all_memories:
        memory._lock = threading.Lock()
        memory.queue.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
