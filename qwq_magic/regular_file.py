"""Safe access to regular files, the only kind of file that this package reads or writes.

Replacing a device or a pipe would destroy it, and opening a pipe blocks until its other
end is opened. A new file replaces the old one only when it is complete, so a full disk or
an interrupt never loses the old contents.
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
    """Refuse a device, a pipe, a socket or a directory; a path that does not exist is allowed.

    Raises:
        OSError: the path is one of these, or cannot be examined.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "Not a regular file", str(path))


@contextmanager
def replacing(path: Path, *, is_private: bool = False) -> Iterator[Path]:
    """Yield a temporary file to write to; it replaces `path` if the block succeeds.

    If `path` is a symbolic link, its target is replaced. A private file can be read only by
    its owner; any other keeps the permissions of the old file.

    Raises:
        OSError: the path is not a regular file, is read-only, or cannot be written.
    """
    target = Path(os.path.realpath(path))  # `Path.resolve` raises on a loop of links
    require_regular(target)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else None
    if mode is not None and not mode & 0o222:
        raise OSError(errno.EACCES, "Read-only file", str(path))
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
