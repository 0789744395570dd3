"""Turns and conversations for the memory's tests, and what these compare."""

from __future__ import annotations

from typing import Any

from qwq_magic.memory import ConversationMemory
from qwq_magic.memory.contents import Contents
from qwq_magic.turns import Turn


def a_turn(number: int, **fields: Any) -> Turn:
    """A complete turn, unless `fields` say otherwise."""
    given = {"prompt": f"prompt {number}", "answer": f"answer {number}", "complete": True}
    return Turn(id=f"t{number}", **{**given, **fields})


def a_memory(*turns: Turn, name: str = "main") -> ConversationMemory:
    """A conversation in which these were asked one after the other, each sent its context."""
    memory = ConversationMemory(name)
    for turn in turns:
        memory.commit(turn, memory.context(cell_id=turn.cell_id))
    return memory


def plain(contents: Contents) -> object:
    """Contents as values that compare, errors included."""
    return (
        contents.window,
        contents.revision,
        [
            (slot.is_hidden, attempt.sent_at, attempt.committed_at, attempt.turn.to_dict())
            for slot in contents.slots
            for attempt in slot.attempts
        ],
    )
