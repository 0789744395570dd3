"""Autosave: all conversations of the kernel, in one file that is kept up to date.

A file that this kernel has neither written nor loaded is never overwritten: after a
restart the first turn would else replace the whole conversation of the day before.
It is put aside, and a line says where.
"""

from __future__ import annotations

import threading
from pathlib import Path

from qwq_magic.errors import FileError
from qwq_magic.memory import Conversations

_Signature = tuple[int, int, int]


class Autosave:
    """Writes the conversations to a path, and knows the file again."""

    def __init__(self) -> None:
        self._known: dict[Path, _Signature | None] = {}
        # Jobs save from threads of their own, and must not take each other for someone else.
        self._lock = threading.Lock()

    def save(self, conversations: Conversations, file: str) -> str:
        """Write; returns a line for the reader, mostly "".

        Raises:
            FileError: the file cannot be written, is of another kind, or another kernel
                writes to it too.
        """
        path = Path(file).expanduser().absolute()
        with self._lock:
            aside = self._put_aside(path)
            conversations.save(path)
            self._known[path] = _signature(path)
        return f"{path.name} held an earlier kernel's memory: kept as {aside}." if aside else ""

    def adopt(self, file: str) -> None:
        """The file was loaded: its conversations go on here."""
        path = Path(file).expanduser().absolute()
        self._known[path] = _signature(path)

    def _put_aside(self, path: Path) -> str:
        present = _signature(path)
        if present is None or present == self._known.get(path):
            return ""
        if path in self._known:
            raise FileError(f"{path.name} was written by someone else. Choose another file.")
        number = 1
        while (aside := path.with_name(f"{path.stem}.{number}{path.suffix}")).exists():
            number += 1
        try:
            path.rename(aside)
        except OSError as error:
            raise FileError(f"Cannot rename {path}: {error.strerror}.") from error
        return aside.name


def _signature(path: Path) -> _Signature | None:
    """What changes when anybody else writes the file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
