"""Turns and conversations for the memory's tests."""

from __future__ import annotations

from typing import Any

from qwq_magic.memory import ConversationMemory
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
