"""The store of a notebook: where the setting `store` keeps the conversations of the kernel.

Each kernel has its own conversations in the file, so kernels that share one lose nothing. A new
kernel starts without any; `%qwq_memory load` brings them back.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from qwq_magic.errors import FileError
from qwq_magic.memory import Conversations
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.memory.stored import StoredConversations
    from qwq_magic.reasoning import Labels, StepLabel
    from qwq_magic.store import Hit


class NotebookStore:
    """Saves to the file that the setting names, and searches in it.

    Relative names are resolved against `folder`, which cells cannot change.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stored: StoredConversations | None = None
        # Background jobs save from their own threads.
        self._lock = threading.Lock()

    def address(self, file: str) -> str:
        """Return the path of the file for others to open; "" without one."""
        try:
            return str(self._path(file)) if file else ""
        except FileError:
            # What is wrong with the name is reported when something is saved.
            return ""

    def save(self, conversations: Conversations, file: str, *ended: Turn) -> None:
        """Write what has changed since the last time, and turns that have just ended.

        Raises:
            FileError: the file cannot be written, or is of another kind.
        """
        self._stored_in(file).save(conversations, *ended)

    def load(
        self, conversations: Conversations, typed: str, *, file: str, current: str
    ) -> tuple[str, ...]:
        """Load a file; see `Conversations.load`.

        Args:
            conversations: what it is loaded into.
            typed: the file as typed, relative to the current folder as usual.
            file: the setting. If it is the same file, what is loaded is not written again.
            current: the name of the current conversation.

        Raises:
            FileError: the file is missing, damaged, of another format or a newer schema.
        """
        path = _canonical(self._folder / path_of(file)) if file else None
        wanted = path if path and typed == file else _canonical(path_of(typed))
        if path == wanted and wanted.exists():
            try:
                return self._stored_in(file).load(conversations, current=current)
            except FileError:
                # It may still be readable, and otherwise the error is the better one.
                pass
        return conversations.load(wanted, current=current)

    def search(self, text: str, *, file: str, limit: int) -> list[Hit]:
        """Return where turns in the file have these words; see `Store.search`.

        Raises:
            FileError: the file is missing, damaged or of another kind.
        """
        from qwq_magic.store.looks import search_in

        return search_in(self._path(file), text, limit=limit)

    def turns_with_id(self, prefix: str, *, file: str) -> list[Turn]:
        """Return up to two turns of the file whose id begins with the text.

        Raises:
            FileError: the file is missing, damaged or of another kind.
        """
        from qwq_magic.store.looks import turns_in

        return turns_in(self._path(file), prefix)

    def label(
        self, turn: Turn, labels: Iterable[StepLabel], *, file: str, are_removed: bool = False
    ) -> None:
        """Write hand labels of a turn to the file, or remove them; see `Store.label`.

        Raises:
            FileError: the file cannot be written, or is of another kind.
        """
        self._stored_in(file).label(turn, labels, are_removed=are_removed)

    def labels(self, *, file: str, turn_id: str | None = None) -> Labels:
        """Return the hand labels in the file, of one turn or of all.

        Raises:
            FileError: the file is missing, damaged or of another kind.
        """
        from qwq_magic.store.looks import labels_in

        return labels_in(self._path(file), turn_id)

    def close(self) -> None:
        """Close the file; the next save opens it again."""
        with self._lock:
            if self._stored is not None:
                self._stored.close()

    def exists(self, file: str) -> bool:
        """Whether there is a file of this name.

        Raises:
            FileError: the name is not a valid path.
        """
        return bool(file) and self._path(file).exists()

    def _path(self, file: str) -> Path:
        return _canonical(self._folder / path_of(file))

    def _stored_in(self, file: str) -> StoredConversations:
        from qwq_magic.memory.stored import StoredConversations  # keeps %load_ext fast

        path = self._path(file)
        with self._lock:
            if self._stored is None or self._stored.path != path:
                if self._stored is not None:
                    self._stored.close()
                self._stored = StoredConversations(path)
            return self._stored


def path_of(file: str) -> Path:
    """Return a file name from the user as a path, with `~` expanded.

    Raises:
        FileError: the name contains a null character or the home of an unknown user.
    """
    try:
        if "\0" not in file:
            return Path(file).expanduser()
    except RuntimeError:
        pass  # `~name` for a user unknown on this machine
    raise FileError(f"{file!r} is not a valid path. Choose another path.")


def _canonical(path: Path) -> Path:
    """Return the same path for every name of a file, with links and `..` resolved."""
    return Path(os.path.realpath(path))  # `Path.resolve` raises if links form a loop
