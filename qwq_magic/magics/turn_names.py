"""The names of turns in a magic: `3`, `3.1`, a variable that holds a turn, or none for the last."""

from __future__ import annotations

import re

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.context import NotebookContext
from qwq_magic.memory import ConversationMemory
from qwq_magic.turns import Turn

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
            name: a number, a number and an attempt such as `3.1`, a variable; "" for the last.
            conversation: the conversation that the number is one of; None for the current one.
            cell_key: the cell that asks. What it made of the turn in an earlier run is left
                out, so that it does the same when it runs again.

        Raises:
            ConfigurationError: no turn has this name.
        """
        if not name:
            return self.last(conversation, cell_key=cell_key)
        number = _NUMBER.fullmatch(name)
        if number is None:
            found = self._context.shell.user_ns.get(name)
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
