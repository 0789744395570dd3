"""A regular file: the only kind of file that is written or read here.

Replacing a device or a pipe would destroy it, and opening a pipe waits for whoever
is at its other end. What is written takes the place of the old file when it is whole:
a full disk or an interrupt costs no file that was there.
"""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def require_regular(path: Path) -> None:
    """Refuse a device, a pipe, a socket or a folder; where nothing is, a file may come.

    Raises:
        OSError: it is one of these, or cannot be looked at.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "It is no regular file", str(path))


@contextmanager
def replacing(path: Path, *, is_private: bool = False) -> Iterator[Path]:
    """A new file to write to, which takes the place of `path` unless the block fails.

    Where `path` is a link it stays one, and what it leads to is replaced. A private file is
    for its owner alone; any other may be read by those who could read the old one.

    Raises:
        OSError: it is no regular file, is read-only, or cannot be written.
    """
    target = Path(os.path.realpath(path))  # `Path.resolve` raises where links go in a circle
    require_regular(target)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    if mode is not None and not mode & 0o222:
        raise OSError(errno.EACCES, "It is read-only", str(path))
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        temporary.touch(mode=0o600 if is_private else 0o666, exist_ok=False)
        if mode is not None and not is_private:
            temporary.chmod(mode & 0o777)
        yield temporary
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
