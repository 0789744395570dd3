"""Files of stores for tests: what any SQLite tool sees in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from memory.turns import a_memory

from qwq_magic.memory import ConversationMemory, Conversations
from qwq_magic.memory.stored import StoredConversations
from qwq_magic.turns import Turn


def rows(path: Path, query: str) -> list[Any]:
    """The rows of a query."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def run(path: Path, *statements: str) -> None:
    """Change a file as another program would."""
    connection = sqlite3.connect(path)
    try:
        for statement in statements:
            connection.executescript(statement)
        connection.commit()
    finally:
        connection.close()


def conversations_of(*memories: ConversationMemory) -> Conversations:
    conversations = Conversations()
    for memory in memories:
        conversations.of(memory.name).put_contents(memory.contents)
    return conversations


def save(path: Path, *memories: ConversationMemory) -> Conversations:
    """Save conversations as one kernel does, which then ends."""
    conversations = conversations_of(*memories)
    stored = StoredConversations(path)
    stored.save(conversations)
    stored.close()
    return conversations


def save_turns(path: Path, turns: Iterable[Turn], name: str = "main") -> None:
    save(path, a_memory(*turns, name=name))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
