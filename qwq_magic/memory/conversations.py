"""All conversations of a session, by name.

Names are unique, and any name can be used without creating its conversation first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from qwq_magic.errors import ConfigurationError
from qwq_magic.memory.contents import Contents, TurnPosition
from qwq_magic.memory.conversation import ConversationMemory
from qwq_magic.memory.names import checked_name
from qwq_magic.turns import Turn

_Loaded = TypeVar("_Loaded")


class Conversations(Mapping[str, ConversationMemory]):
    """A mapping of names to conversations; `of` creates a missing one."""

    def __init__(self) -> None:
        self._by_name: dict[str, ConversationMemory] = {}

    def of(self, name: str) -> ConversationMemory:
        """Return the conversation of this name, created on first use.

        Raises:
            ConfigurationError: the name is not valid.
        """
        # `setdefault` is atomic, so two threads get the same conversation.
        return self._by_name.setdefault(name, ConversationMemory(name))

    def existing(self, name: str) -> ConversationMemory:
        """Return the conversation of this name.

        Raises:
            ConfigurationError: a conversation of this name does not exist.
        """
        memory = self._by_name.get(name)
        if memory is None:
            known = ", ".join(self) or "none"
            raise ConfigurationError(f"Unknown conversation {name!r}. Conversations: {known}.")
        return memory

    @property
    def memories(self) -> list[ConversationMemory]:
        """The conversations, also while another thread adds one."""
        return [*self._by_name.values()]

    @property
    def held(self) -> tuple[tuple[str, Contents], ...]:
        """Everything that is saved, as one value."""
        # Copied into a list first: another thread may add a conversation.
        return tuple((name, memory.contents) for name, memory in [*self._by_name.items()])

    def place_of(self, turn: Turn) -> TurnPosition | None:
        """Return a turn's position in its own conversation, or in a fork of it."""
        own = self._by_name.get(turn.conversation)
        others = [memory for memory in self.memories if memory is not own]
        for memory in (*([own] if own else []), *others):
            position = memory.place_of(turn)
            if position is not None:
                return position
        return None

    def attempts_of(self, turn: Turn) -> tuple[Turn, ...]:
        """Return all attempts at a turn, oldest first; () if it is in no conversation."""
        for memory in self.memories:
            place = memory.place_of(turn)
            if place is not None:
                return memory.attempts(place.number)
        return ()

    def turn_of(self, turn_id: str) -> Turn | None:
        """Return the turn with this id, from whichever conversation; None if it is gone."""
        for memory in self.memories:
            for slot in memory.contents.slots:
                for attempt in slot.attempts:
                    if attempt.turn.id == turn_id:
                        return attempt.turn
        return None

    def turns_with_id(self, prefix: str) -> list[Turn]:
        """Return the turns whose id begins with the text, each once."""
        found = {
            attempt.turn.id: attempt.turn
            for memory in self.memories
            for slot in memory.contents.slots
            for attempt in slot.attempts
            if attempt.turn.id.startswith(prefix)
        }
        return list(found.values())

    def fork(self, name: str, new: str, *, up_to: int | None = None) -> ConversationMemory:
        """Copy a conversation, or its first turns, to a new name.

        Raises:
            ConfigurationError: the new name is taken or not valid, or a turn with the number
                `up_to` does not exist.
        """
        self._check_free(new)
        self._by_name[new] = self.of(name).fork(new, up_to=up_to)
        return self._by_name[new]

    def rename(self, name: str, new: str) -> ConversationMemory:
        """Rename a conversation.

        Raises:
            ConfigurationError: the new name is taken or not valid.
        """
        self._check_free(new)
        memory = self.of(name)
        memory.name = new
        # A new dictionary keeps the order, and another thread sees the old one or the new one.
        self._by_name = {new if key == name else key: value for key, value in self._by_name.items()}
        return memory

    def save(self, path: str | Path) -> None:
        """Write all conversations into one file.

        Raises:
            FileError: the path is a file of another format, or cannot be written.
        """
        from qwq_magic.memory.conversation_file import write_conversations

        write_conversations(Path(path), dict(self.held))

    def load(self, path: str | Path, *, current: str) -> tuple[str, ...]:
        """Load the conversations of a file or a store; on an error nothing changes.

        A single conversation replaces the contents of `current`, whatever its name in the file.
        If there are several, each replaces the conversation of its own name.

        Returns:
            The names of the conversations that were replaced.

        Raises:
            FileError: the file is missing, damaged, of another format or a newer schema.
        """
        from qwq_magic.memory.conversation_file import read_conversations

        found = names_to_load(read_conversations(Path(path)).conversations, current=current)
        for name, contents in found.items():
            self.of(name).put_contents(contents)
        return tuple(found)

    def _check_free(self, name: str) -> None:
        if checked_name(name) in self._by_name:
            raise ConfigurationError(
                f"A conversation named {name!r} already exists. Choose another name."
            )

    def __getitem__(self, name: str) -> ConversationMemory:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


def names_to_load(found: Mapping[str, _Loaded], *, current: str) -> dict[str, _Loaded]:
    """Return what replaces which conversation; see `Conversations.load`."""
    return {current: next(iter(found.values()))} if len(found) == 1 else dict(found)
