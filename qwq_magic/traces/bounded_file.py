"""Read files of unknown origin within bounds, also compressed ones.

A few kilobytes can unpack to gigabytes, so what is unpacked is bounded by the size of the file,
and a line by a length that no trace reaches.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from qwq_magic.errors import FileError
from qwq_magic.regular_file import require_regular

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# The longest traces have a megabyte; whole logs of agents are longer.
MAX_LINE = 64_000_000
# A document is held in memory several times while it is parsed.
MAX_WHOLE = 512_000_000
# Traces in JSON are compressed by a factor below 50, unless they loop.
_MAX_RATIO = 200
_UNSUSPICIOUS = 64_000_000
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

# What reading a damaged file may raise besides an `OSError`.
DAMAGE = (EOFError, zlib.error)


class Bounded(io.RawIOBase):
    """Another file, of which no more than `most` bytes are read."""

    def __init__(self, file: BinaryIO, *, most: int) -> None:
        self._file = file
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        # What unpacks to gigabytes must not be read at once, whatever the buffer has room for.
        data = self._file.read(min(len(memoryview(buffer)), 1_000_000))
        self._left -= len(data)
        if self._left < 0:
            raise EOFError("it unpacks to far more than its size")
        memoryview(buffer)[: len(data)] = data
        return len(data)


def most_unpacked(packed: int) -> int:
    """Return how many bytes a file of this size may unpack to."""
    return _UNSUSPICIOUS + _MAX_RATIO * packed


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file, and unpack it if it is compressed with gzip or Zstandard.

    Raises:
        ConfigurationError: pyarrow is not installed, which unpacks Zstandard.
        OSError: it cannot be read.
    """
    require_regular(path)
    with path.open("rb") as file:
        # By content, since files are renamed and `.gz` is often left out.
        start = file.read(4)
        file.seek(0)
        size = path.stat().st_size
        if start.startswith(_GZIP):
            with gzip.open(file) as unpacked:
                yield _buffered(cast("BinaryIO", unpacked), most=most_unpacked(size))
        elif start == _ZSTD:
            yield _buffered(unpack_zstd(file), most=most_unpacked(size))
        else:
            yield file


def _buffered(file: BinaryIO, *, most: int) -> io.BufferedReader:
    return io.BufferedReader(Bounded(file, most=most), buffer_size=1_000_000)


def unpack_zstd(file: BinaryIO) -> BinaryIO:
    """Return what a file that is compressed with Zstandard unpacks to.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """
    from qwq_magic.traces.arrow import arrow

    return cast("BinaryIO", arrow().CompressedInputStream(file, "zstd"))


def lines_of(file: io.BufferedReader, *, first: int = 1) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines that are not blank, numbered from `first`; None for one that is too long."""
    number = first - 1
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            # What is left of it is read past, without being held.
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE)
            yield number, None
        elif line.strip():
            yield number, line


def whole(file: io.BufferedReader, path: Path) -> bytes:
    """Return all of a file.

    Raises:
        FileError: it is too large.
    """
    data = file.read(MAX_WHOLE + 1)
    if len(data) > MAX_WHOLE:
        raise FileError(
            f"{path} is larger than {MAX_WHOLE // 1_000_000} MB, which only JSON Lines may be. "
            "Save it as JSON Lines."
        )
    return data
