"""What kind of file a path is, without SQLite, and without harm to a file that is in use.

On POSIX systems, closing any descriptor of a file drops all locks that the process has on it,
also those of an SQLite connection. A file that a store has open is therefore never opened here.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

_SQLITE = b"SQLite format 3\0"
FileId = tuple[int, int]

# How many connections of this process are open on each file.
_in_use: Counter[FileId] = Counter()


def file_id(path: Path) -> FileId | None:
    """Return what identifies the file while it exists; None if it does not exist."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def use(file: FileId) -> None:
    """Count one more connection to the file."""
    _in_use[file] += 1


def release(file: FileId) -> None:
    """Count one connection less."""
    _in_use[file] -= 1


def is_store(path: Path) -> bool:
    """Whether the file is an SQLite database; False if it does not exist.

    Raises:
        OSError: the file cannot be read.
    """
    identity = file_id(path)
    if identity is None or not path.is_file():
        return False
    return _in_use[identity] > 0 or first_bytes(path) == _SQLITE


def first_bytes(path: Path) -> bytes:
    """Return the first bytes of a file that no store has open; few if the file is short."""
    with path.open("rb") as file:
        return file.read(len(_SQLITE))
