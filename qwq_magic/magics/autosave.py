"""Autosave: keep all conversations of the kernel up to date in one file.

A file that this kernel has neither written nor loaded is never overwritten; otherwise the
first turn after a restart would replace yesterday's conversations. Such a file is renamed,
and the user gets a message with the new name.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from qwq_magic.errors import FileError
from qwq_magic.memory import Conversations
from qwq_magic.memory.contents import Contents

_Signature = tuple[int, int, int]
_Held = tuple[tuple[str, Contents], ...]


class Autosave:
    """Writes the conversations to a file, and detects changes by other processes.

    Relative paths are resolved against `folder`, which cells cannot change.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, _Signature | None] = {}
        # The contents written last. Nothing is written unless they have changed: listing the
        # conversations before loading must not rename the file that is about to be loaded.
        self._written: dict[Path, _Held] = {}
        # Background jobs save from their own threads. Without the lock, one job's write would
        # look to another like a change by a different process.
        self._lock = threading.Lock()

    def save(self, conversations: Conversations, file: str) -> str:
        """Write the conversations if they have changed.

        Returns:
            A message for the user if an existing file was renamed, otherwise "".

        Raises:
            FileError: the file cannot be written, is not a saved conversation, or was
                changed by another process.
        """
        from qwq_magic.memory.conversation_file import write_conversations

        path = _canonical(self._folder / path_of(file))
        with self._lock:
            held = conversations.held
            if not self._is_outdated(path, held):
                return ""
            renamed = self._rename_existing(path)
            write_conversations(path, dict(held))
            self._known[path], self._written[path] = _signature(path), held
        if not renamed:
            return ""
        return f"{path.name} was written by an earlier kernel. It is now {renamed}."

    def adopt(self, file: str) -> None:
        """Treat a file that was just loaded as this kernel's own.

        Unlike in `save`, a relative path is resolved against the current directory, as it
        was for loading.
        """
        path = _canonical(path_of(file))
        self._known[path] = _signature(path)

    def _is_outdated(self, path: Path, held: _Held) -> bool:
        if path in self._known and _signature(path) == self._known[path]:
            return self._written.get(path) != held
        # Not worth renaming an earlier kernel's file for conversations without a turn.
        return any(contents.slots for _, contents in held)

    def _rename_existing(self, path: Path) -> str:
        """Rename a file this kernel has not written or loaded; return its new name or ""."""
        from qwq_magic.memory.conversation_file import require_own_kind

        present = _signature(path)
        if present is None or present == self._known.get(path):
            return ""
        # Not renamed: two kernels with one file would rename each other's with every turn.
        if path in self._known:
            raise FileError(
                f"{path.name} was changed by another process. Choose another autosave file."
            )
        number = 1
        while (new_path := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
            number += 1
        try:
            # This also refuses devices and pipes, which a rename would take from their place.
            require_own_kind(path)
            path.rename(new_path)
        except OSError as error:
            raise FileError(
                f"Cannot rename {path}: {error.strerror}. Choose another file."
            ) from error
        return new_path.name


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


def _signature(path: Path) -> _Signature | None:
    """Return values that change with every write to the file; None if it does not exist."""
    try:
        status = path.stat()
    except OSError:
        return None
    # Every write replaces the file, so the inode changes even if size and time do not.
    return status.st_ino, status.st_size, status.st_mtime_ns
