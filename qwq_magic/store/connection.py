"""Connections to a store's file: opened with care, and with one-line errors."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qwq_magic.errors import FileError
from qwq_magic.plain_text import one_line
from qwq_magic.regular_file import require_regular
from qwq_magic.store import schema
from qwq_magic.store.file_kind import FileId, file_id, first_bytes, is_store, release, use
from qwq_magic.store.saved_turn import DAMAGE

# How long a write waits for another process that writes.
BUSY_S = 10.0
_RETRY_S = 0.02
_FULL = ("SQLITE_FULL", "SQLITE_IOERR")
_UNWRITABLE = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")


class Connection(sqlite3.Connection):
    """A connection that is counted while it is open, see `file_kind`.

    Attributes:
        file: the file it is open on, even if another one has its path by now.
    """

    file: FileId | None = None

    def close(self) -> None:
        """Close the connection; the last one to a file also removes the log beside it."""
        super().close()
        if self.file is not None:
            release(self.file)
            self.file = None


@contextmanager
def file_errors(path: Path, doing: str) -> Iterator[None]:
    """Turn failures into a `FileError`; `doing` is `read` or `write`."""
    try:
        yield
    except sqlite3.Error as error:
        raise FileError(_line(path, doing, error)) from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is damaged. Load a backup, or choose another file.") from error
    except OSError as error:
        raise FileError(f"Cannot {doing} {path}: {error.strerror}. Choose another path.") from error


@contextmanager
def damage_errors(path: Path) -> Iterator[None]:
    """Turn what damaged rows raise into a `FileError`."""
    try:
        yield
    except DAMAGE as error:
        raise FileError(f"{path} is damaged, so nothing was loaded. Load a backup.") from error


def _line(path: Path, doing: str, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorname", "")
    # A message may quote the file, which may be forged.
    why = one_line(str(error), limit_bytes=120)
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return (
            f"Cannot {doing} {path}: another program has locked it. Close that program, or "
            "choose another file."
        )
    if code.startswith(_FULL):
        return f"Cannot {doing} {path}: the disk is full or failed ({why}). Make room on it."
    if code.startswith(_UNWRITABLE):
        return f"Cannot {doing} {path}: {why}. Choose another path."
    if code == "SQLITE_NOTADB":
        return f"{path} is not a store. Choose another file."
    return f"{path} is damaged ({why}). Load a backup, or choose another file."


def open_to_write(path: Path) -> Connection:
    """Open the file, and create it if it does not exist.

    Raises:
        FileError: it is a file of another kind, damaged, or cannot be written.
    """
    with file_errors(path, "write"):
        is_new = _create(path)
        if not is_new:
            _require_store(path, is_writing=True)
        try:
            connection = _connect(path, "rw")
            try:
                schema.prepare(connection, path)
                _use_wal(connection)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            if is_new and path.exists() and not path.stat().st_size:
                path.unlink()
            raise
    return connection


@contextmanager
def reading(path: Path) -> Iterator[Connection]:
    """Open the file for one consistent look at it, which changes nothing in it.

    Raises:
        FileError: it is a file of another kind, damaged, or cannot be read.
    """
    with file_errors(path, "read"):
        _require_store(path, is_writing=False)
        connection = _open_to_read(path)
        try:
            # An older file is read as it is: it may be one that cannot be written.
            if not schema.version_of(connection, path):
                connection.close()
                open_to_write(path).close()
                connection = _open_to_read(path)
            schema.check(connection, path)
            connection.execute("BEGIN")
            yield connection
        finally:
            connection.close()


def _open_to_read(path: Path) -> Connection:
    # Not `mode=ro`, which leaves two files behind where the last writer was killed or has closed
    # the file, because it may not remove them.
    modes = ["rw", "ro"]
    log = path.with_name(f"{path.name}-wal")
    # What is in the log would be missing, so this is only for a file without one.
    if not log.exists() or not log.stat().st_size:
        modes.append("ro&immutable=1")
    for mode in modes:
        connection = _connect(path, mode)
        try:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
        except sqlite3.OperationalError:
            connection.close()
            if mode == modes[-1]:
                raise
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise AssertionError("the last mode either works or raises")


def _create(path: Path) -> bool:
    """Create an empty file for its owner alone; return whether it is new."""
    require_regular(path)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    except FileExistsError:
        return False
    os.close(descriptor)
    return True


def _require_store(path: Path, *, is_writing: bool) -> None:
    """Refuse a file of another kind; to write, an empty file will do."""
    require_regular(path)
    if is_store(path):
        return
    start = first_bytes(path)
    if not start and is_writing:
        return
    if start.startswith(b'{"format": "qwq'):
        raise FileError(
            f"{path} is a saved conversation, not a store. Load it with %qwq_memory load, and "
            f"choose another file for the store, such as {path.with_suffix('.db').name}."
        )
    raise FileError(f"{path} is not a store. Choose another file.")


def _connect(path: Path, mode: str) -> Connection:
    connection: Connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
        factory=Connection,
    )
    connection.file = file_id(path)
    if connection.file is not None:
        use(connection.file)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def _use_wal(connection: Connection) -> None:
    """Write to a log, so that readers and one writer do not wait for each other.

    Where that is impossible, as on a network drive, SQLite stays with a rollback journal.
    """
    give_up_at = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            break
        except sqlite3.OperationalError as error:
            # SQLite does not wait here for another process that changes the mode at this moment.
            is_busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
            if not is_busy or time.monotonic() > give_up_at:
                raise
            time.sleep(_RETRY_S)
    connection.execute("PRAGMA synchronous = NORMAL")
    # After each write the file itself is complete, so it may be copied or renamed at any time.
    # Moving the log later, and more at once, would save less than a millisecond a turn.
    connection.execute("PRAGMA wal_autocheckpoint = 1")


def real_path(path: str | Path) -> Path:
    """Return the same absolute path for every name of a file.

    Raises:
        FileError: the path is not valid.
    """
    try:
        # `Path.resolve` raises if links form a loop.
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        raise FileError(f"{str(path)!r:.200} is not a valid path. Choose another path.") from error
