"""The names of turns in a magic.

`3`, `3.1`, a variable that holds a turn, the beginning of a turn's id, or none for the last turn.
"""

from __future__ import annotations

import re

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.context import NotebookContext
from qwq_magic.memory import ConversationMemory
from qwq_magic.turns import Turn

# Shorter beginnings would be found by chance, and look like a misspelt variable.
_ID = re.compile(r"[0-9a-f]{6,32}")
_SHORT_ID = 8
_NUMBER = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?")


class TurnNames:
    """Finds the turns of a notebook by their names."""

    def __init__(self, context: NotebookContext) -> None:
        self._context = context

    def last(self, conversation: str | None = None, *, cell_key: str | None = None) -> Turn:
        """Return the last turn; see `turn` for the arguments.

        Raises:
            ConfigurationError: the conversation has no turn.
        """
        last = self._context.shell.user_ns.get("_qwq")
        if conversation is None and isinstance(last, Turn):
            return self._before(last, cell_key)
        memory = self._memory(conversation)
        if not memory.turns:
            raise ConfigurationError(
                f"Conversation {memory.name!r} has no turn yet. Send a prompt with %%qwq."
            )
        return self._before(memory.turns[-1], cell_key)

    def turn(
        self, name: str, conversation: str | None = None, *, cell_key: str | None = None
    ) -> Turn:
        """Return the turn of this name.

        Args:
            name: a number, a number and an attempt such as `3.1`, a variable, the beginning of
                an id; "" for the last.
            conversation: the conversation that the number is one of; None for the current one.
            cell_key: the cell that asks. What it made of the turn in an earlier run is left
                out, so that it does the same when it runs again.

        Raises:
            ConfigurationError: no turn has this name.
            FileError: the store is damaged, or cannot be read.
        """
        if not name:
            return self.last(conversation, cell_key=cell_key)
        number = _NUMBER.fullmatch(name)
        if number is None:
            found = self._context.shell.user_ns.get(name)
            if not isinstance(found, Turn) and _ID.fullmatch(name):
                found = self._with_id(name)
            if not isinstance(found, Turn):
                raise ConfigurationError(
                    f"{name!r} is not a turn. Use a turn number from %qwq_memory, or a variable "
                    "that holds a turn."
                )
            return found
        attempts = self._memory(conversation).attempts(int(number[1]))
        if not number[2]:
            return self._before(attempts[-1], cell_key)
        if not 1 <= int(number[2]) <= len(attempts):
            raise ConfigurationError(
                f"Turn {number[1]} has no attempt {number[2]}. The latest is {len(attempts)}."
            )
        return attempts[int(number[2]) - 1]

    def name_of(self, turn_id: str) -> str:
        """Return the shortest name by which a turn can be inspected."""
        conversations = self._context.session.conversations
        turn = conversations.turn_of(turn_id)
        memory = self._memory(None)
        place = memory.place_of(turn) if turn is not None else None
        if place is not None:
            is_latest = place.attempt == len(memory.attempts(place.number))
            return f"{place.number}" if is_latest else f"{place.number}.{place.attempt}"
        name = turn_id[:_SHORT_ID]
        # Digits alone would be the number of a turn.
        while name.isdecimal() and len(name) < len(turn_id):
            name = turn_id[: len(name) + 1]
        return name

    def _with_id(self, prefix: str) -> Turn | None:
        """Return the turn with this id, from memory or else from the store; None without one."""
        context = self._context
        found = context.session.conversations.turns_with_id(prefix)
        if not found and context.store.exists(context.settings.store):
            found = context.store.turns_with_id(prefix, file=context.settings.store)
        ids = {turn.id for turn in found}
        if len(ids) > 1:
            raise ConfigurationError(
                f"Several turns have an id that begins with {prefix}. Use more of it."
            )
        return found[0] if found else None

    def _before(self, turn: Turn, cell_key: str | None) -> Turn:
        while cell_key is not None and turn.parent is not None and _is_of(turn, cell_key):
            parent = self._context.session.conversations.turn_of(turn.parent.id)
            if parent is None:
                return turn
            turn = parent
        return turn

    def _memory(self, name: str | None) -> ConversationMemory:
        conversations = self._context.session.conversations
        if name is None:
            return conversations.of(self._context.settings.conversation)
        return conversations.existing(name)


def _is_of(turn: Turn, cell_key: str) -> bool:
    """Whether a prompt of this cell made the turn; the keys of further ones end in `#2`."""
    return (turn.cell_id or "").partition("#")[0] == cell_key.partition("#")[0]
