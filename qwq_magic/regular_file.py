"""A regular file: the only kind of file that is written or read here.

Replacing a device or a pipe would destroy it, and opening a pipe waits for whoever
is at its other end.
"""

from __future__ import annotations

import errno
from pathlib import Path


def require_regular(path: Path) -> None:
    """Refuse a device, a pipe, a socket or a folder; where nothing is, a file may come.

    Raises:
        OSError: it is one of these, or cannot be looked at.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "It is no regular file", str(path))
