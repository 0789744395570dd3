"""One conversation: its turns, and the operations that control what is sent of it.

A turn is committed once, when it has ended. Every change replaces the contents with a
single assignment, so an interrupt at any instruction leaves either the old conversation or
the new one. Sent messages alternate strictly: a turn without prompt or answer text is kept
but not sent. Reasoning is sent only on request.
"""

from __future__ import annotations

import itertools
import math
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qwq_magic.errors import ConfigurationError
from qwq_magic.memory.ask_queue import AskQueue
from qwq_magic.memory.contents import Contents, Slot, TurnPosition
from qwq_magic.memory.context import Context, context_of
from qwq_magic.memory.names import checked_name
from qwq_magic.memory.window import Window
from qwq_magic.turns import Turn

# A lock that another thread holds at a fork would never be released in the child.
_all_memories: weakref.WeakSet[ConversationMemory] = weakref.WeakSet()
_generations = itertools.count(1)
# Bounded, since each level may keep turns in memory that have been removed since.
_UNDO_LEVELS = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A turn in the listing of a conversation.

    Attributes:
        number: the number of the turn, from 1.
        turn: the latest attempt.
        attempts: how many times its cell ran.
        is_hidden: whether it is kept but not sent.
        is_outdated: whether a turn above it has been re-run since.
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
        # The contents that `undo` restores, oldest first, then the current contents.
        self._states: tuple[Contents, ...] = (Contents(),)
        self._lock = threading.Lock()
        _all_memories.add(self)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns, oldest first; for a cell that was re-run, the latest attempt."""
        return tuple(slot.turn for slot in self.contents.slots)

    def entries(self) -> Iterator[Entry]:
        """Yield the turns with their marks, oldest first."""
        newest = 0
        for number, slot in enumerate(self.contents.slots, 1):
            last = slot.attempts[-1]
            # Files of schema 1 have no revisions, so their turns count as up to date.
            is_outdated = newest > last.sent_at and last.sent_at > 0
            yield Entry(number, last.turn, len(slot.attempts), slot.is_hidden, is_outdated)
            newest = max(newest, last.committed_at)

    def attempts(self, number: int) -> tuple[Turn, ...]:
        """Return all attempts at turn `number` (from 1), oldest first.

        Raises:
            ConfigurationError: a turn with this number does not exist.
        """
        slots = self.contents.slots
        self._check(number, slots)
        return tuple(attempt.turn for attempt in slots[number - 1].attempts)

    def place_of(self, turn: Turn) -> TurnPosition | None:
        """Return the position of `turn`, or None if it is not in this conversation."""
        # Searched from the end, since callers usually look for the newest turn.
        slots = self.contents.slots
        for number in range(len(slots), 0, -1):
            for attempt, kept in enumerate(slots[number - 1].attempts, 1):
                if kept.turn.id == turn.id:
                    return TurnPosition(number, attempt)
        return None

    @property
    def window(self) -> Window:
        """How much of the conversation is sent with a prompt.

        Set it to a `Window`, a number of turns, a string such as "8000tok", or None for all.

        Raises:
            ConfigurationError: the new value is none of these; the window is unchanged.
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
        """Return the earlier turns to send with a new prompt.

        Args:
            cell_id: for a cell that ran before, only the turns above its own are sent.
            with_reasoning: whether to include the reasoning.
            history: send this many turns, whatever the window is.
            max_tokens: the most estimated tokens that the context may have.
        """
        contents = self.contents
        index = contents.index_of_cell(cell_id)
        return context_of(
            contents.slots if index is None else contents.slots[:index],
            window=contents.window if history is None else Window(history),
            max_tokens=max_tokens,
            with_reasoning=with_reasoning,
            revision=contents.revision,
            generation=contents.generation,
        )

    def commit(self, turn: Turn, context: Context) -> None:
        """Add a turn that has ended, at its cell's position or at the end.

        A turn that was sent before the conversation was cleared or loaded is added to the
        contents from before that, and comes back with them on undo. A turn that was sent after
        a change that has been undone is added to the restored contents.
        """
        self._commit(context, lambda state, sent_at: state.with_turn(turn, sent_at=sent_at))

    def commit_samples(self, turns: Sequence[Turn], context: Context) -> None:
        """Add samples of one prompt as attempts at one turn; the last of them counts."""
        if turns:
            self._commit(context, lambda state, sent_at: state.with_samples(turns, sent_at=sent_at))

    def _commit(self, context: Context, change: Callable[[Contents, int], Contents]) -> None:
        with self._lock:
            # Search back to the latest contents that existed when the turn was sent.
            for at in range(len(self._states) - 1, -1, -1):
                state = self._states[at]
                if state.generation <= context.generation:
                    committed = change(state, min(context.revision, state.revision))
                    # The later states count on from here, so that a turn which is sent from one
                    # of them is newer than this one, whichever state it is added to.
                    revision = committed.revision
                    later = (
                        replace(each, revision=max(each.revision, revision))
                        for each in self._states[at + 1 :]
                    )
                    # Earlier states are dropped: undo goes back to the latest turn, not beyond it.
                    self._states = (committed, *later)
                    return

    def undo(self) -> Turn | None:
        """Undo the latest change since the last turn or, if nothing changed, remove that turn.

        Changes are clear, drop, load, hide, unhide and a new window. The last turn is the one
        committed last; for a cell that was re-run that is its latest attempt, and the attempt
        before it counts again.

        Returns:
            The turn that was removed; None if a change was undone or there was nothing to undo.
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
        """Whether `undo` would undo a change rather than remove a turn."""
        return len(self._states) > 1

    def clear(self) -> None:
        """Remove all turns; `undo` restores them until a new turn is committed."""
        self._change(lambda contents: replace(contents, slots=(), generation=next(_generations)))

    def drop(self, *numbers: int) -> None:
        """Remove these turns with all their attempts; `undo` restores them.

        Raises:
            ConfigurationError: a turn with this number does not exist; nothing was removed.
        """
        dropped = set(numbers)

        def without(contents: Contents) -> Contents:
            for number in numbers:
                self._check(number, contents.slots)
            kept = (slot for at, slot in enumerate(contents.slots, 1) if at not in dropped)
            return replace(contents, slots=tuple(kept))

        self._change(without)

    def hide(self, *numbers: int) -> None:
        """Keep these turns but do not send them.

        Raises:
            ConfigurationError: a turn with this number does not exist; nothing was hidden.
        """
        self._mark(numbers, is_hidden=True)

    def unhide(self, *numbers: int) -> None:
        """Send these turns again; see `hide`."""
        self._mark(numbers, is_hidden=False)

    def fork(self, name: str = "", *, up_to: int | None = None) -> ConversationMemory:
        """Return a copy with all turns, or with those up to and including `up_to`.

        Raises:
            ConfigurationError: a turn with this number does not exist, or the name is not valid.
        """
        contents = self.contents
        if up_to is not None:
            self._check(up_to, contents.slots)
        copy = ConversationMemory(name or f"{self.name}-fork")
        # A copy starts without the changes that `undo` could take back here.
        copy._states = (replace(contents, slots=contents.slots[:up_to]),)
        return copy

    def save(self, path: str | Path) -> None:
        """Write the conversation as JSON Lines, including every attempt.

        Raises:
            FileError: the path is a file of another format, or cannot be written.
        """
        from qwq_magic.memory.conversation_file import write_conversations

        write_conversations(Path(path), {self.name: self.contents})

    def load(self, path: str | Path) -> None:
        """Replace the turns with those of a saved file; on an error nothing changes.

        If the file contains several conversations, the one with this name is loaded.

        Raises:
            FileError: the file is missing, damaged, of another format or a newer schema, or
                contains several conversations and none with this name.
        """
        from qwq_magic.memory.conversation_file import read_conversations

        self.put_contents(read_conversations(Path(path)).choose(self.name))

    @property
    def contents(self) -> Contents:
        """Everything that is saved, as one value."""
        return self._states[-1]

    def put_contents(self, contents: Contents) -> Contents:
        """Replace the contents and return them; `undo` restores the current ones."""
        generation = next(_generations)

        def put(before: Contents) -> Contents:
            revision = max(contents.revision, before.revision)
            return replace(contents, revision=revision, generation=generation, origin=generation)

        return self._change(put)

    def _mark(self, numbers: tuple[int, ...], *, is_hidden: bool) -> None:
        def marked(contents: Contents) -> Contents:
            for number in numbers:
                self._check(number, contents.slots)
            slots = list(contents.slots)
            for number in numbers:
                slots[number - 1] = replace(slots[number - 1], is_hidden=is_hidden)
            return replace(contents, slots=tuple(slots))

        self._change(marked)

    def _change(self, change: Callable[[Contents], Contents]) -> Contents:
        with self._lock:
            before, after = self.contents, change(self.contents)
            # A change without an effect is not recorded, so `undo` always has one. Clearing and
            # loading always count; they alone give the contents a new generation.
            if after.generation != before.generation or after != before:
                self._states = (*self._states, after)[-_UNDO_LEVELS - 1 :]
            return self.contents

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
