"""Looks at a store that need not be open here: each opens the file and changes nothing in it."""

from __future__ import annotations

from pathlib import Path

from qwq_magic.reasoning.labels import Labels
from qwq_magic.store.connection import damage_errors, reading, real_path
from qwq_magic.store.conversation_rows import read_conversations
from qwq_magic.store.held import Written
from qwq_magic.store.label_rows import read_labels
from qwq_magic.store.search import Hit, search
from qwq_magic.store.turn_rows import turns_with_id
from qwq_magic.turns import Turn


def saved_conversations(path: str | Path) -> list[Written]:
    """Return the conversations of a store that is not open here, without changing it.

    Raises:
        FileError: the file is of another kind, damaged, or cannot be read.
    """
    file = real_path(path)
    with damage_errors(file), reading(file) as connection:
        return read_conversations(connection)[0]


def search_in(path: str | Path, text: str, *, limit: int = 20) -> list[Hit]:
    """Search in a store that need not be open here, see `Store.search`.

    Raises:
        FileError: the file is of another kind, damaged, or cannot be read.
    """
    file = real_path(path)
    with damage_errors(file), reading(file) as connection:
        return search(connection, text, limit=limit)


def turns_in(path: str | Path, prefix: str) -> list[Turn]:
    """Return turns of a store by the beginning of their id, see `Store.turns_with_id`.

    Raises:
        FileError: the file is of another kind, damaged, or cannot be read.
    """
    file = real_path(path)
    with damage_errors(file), reading(file) as connection:
        return turns_with_id(connection, prefix, limit=2)


def labels_in(path: str | Path, turn_id: str | None = None) -> Labels:
    """Return the labels in a store that need not be open here, see `Store.labels`.

    Raises:
        FileError: the file is of another kind, damaged, or cannot be read.
    """
    file = real_path(path)
    with damage_errors(file), reading(file) as connection:
        return Labels(read_labels(connection, turn_id))
