"""Autosave: all conversations of the kernel, in one file that is kept up to date.

A file that this kernel has neither written nor loaded is never overwritten: after a
restart the first turn would else replace the whole conversation of the day before.
It is put aside, and a line says where.
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
    """Writes the conversations to a path, below `folder` if it is relative, and knows it again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, _Signature | None] = {}
        # What was written last. A look at the memory writes nothing, or looking before
        # loading would put the file aside that is about to be loaded.
        self._written: dict[Path, _Held] = {}
        # Jobs save from threads of their own, and must not take each other for someone else.
        self._lock = threading.Lock()

    def save(self, conversations: Conversations, file: str) -> str:
        """Write what has changed; returns a line for the reader, mostly "".

        Raises:
            FileError: the file cannot be written, is of another kind, or another kernel
                writes to it too.
        """
        from qwq_magic.memory.conversation_file import write_conversations

        path = _one_name_of(self._folder / path_of(file))
        with self._lock:
            held = conversations.held
            if not self._is_news(path, held):
                return ""
            aside = self._put_aside(path)
            write_conversations(path, dict(held))
            self._known[path], self._written[path] = _signature(path), held
        return f"{path.name} held an earlier kernel's memory: kept as {aside}." if aside else ""

    def adopt(self, file: str) -> None:
        """The file was loaded, from where cells are now: its conversations go on here."""
        path = _one_name_of(path_of(file))
        self._known[path] = _signature(path)

    def _is_news(self, path: Path, held: _Held) -> bool:
        if path in self._known and _signature(path) == self._known[path]:
            return self._written.get(path) != held
        return any(contents.slots for _, contents in held)

    def _put_aside(self, path: Path) -> str:
        from qwq_magic.memory.conversation_file import require_own_kind

        present = _signature(path)
        if present is None or present == self._known.get(path):
            return ""
        if path in self._known:
            raise FileError(f"{path.name} was written by someone else. Choose another file.")
        number = 1
        while (aside := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
            number += 1
        try:
            require_own_kind(path)
            path.rename(aside)
        except OSError as error:
            raise FileError(
                f"Cannot rename {path}: {error.strerror}. Choose another file."
            ) from error
        return aside.name


def path_of(file: str) -> Path:
    """Where a file is that the user has named.

    Raises:
        FileError: there is no such place.
    """
    try:
        if "\0" not in file:
            return Path(file).expanduser()
    except RuntimeError:
        pass  # `~somebody` who is unknown here
    raise FileError(f"{file!r} is no path. Choose another one.")


def _one_name_of(path: Path) -> Path:
    """The same for all the names that a file has, by way of links or other folders."""
    return Path(os.path.realpath(path))  # `Path.resolve` raises where links go in a circle


def _signature(path: Path) -> _Signature | None:
    """What changes when anybody else writes the file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
