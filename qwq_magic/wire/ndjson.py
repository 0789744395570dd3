"""Decode newline-delimited JSON from bytes, however the bytes were cut.

https://github.com/ndjson/ndjson-spec: UTF-8, one JSON text a line, empty lines ignored.
An unterminated last line counts; what is not whole in it shows when it is parsed.
"""

from __future__ import annotations

from collections.abc import Iterator

from qwq_magic.wire.sse import ServerSentEvent, require_size

_BOM = b"\xef\xbb\xbf"


class NDJSONDecoder:
    """A framing, as `SSEDecoder` is; each line is an event without a name."""

    takes_any_line = True

    def __init__(self) -> None:
        self._unfinished_line = bytearray()
        self._is_first_line = True

    @property
    def is_between_events(self) -> bool:
        """Does the next byte begin a line?"""
        return not self._unfinished_line

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """Yield the lines that `data` completes.

        Raises:
            ProtocolError: a line is larger than `MAX_EVENT_BYTES`.
        """
        *lines, rest = data.split(b"\n")
        for line in lines:
            if self._unfinished_line:
                require_size(len(self._unfinished_line) + len(line))
                line = bytes(self._unfinished_line) + line
                self._unfinished_line.clear()
            require_size(len(line))
            yield from self._take_line(line)
        # Appending and looking at new bytes only keeps the cost linear.
        require_size(len(self._unfinished_line) + len(rest))
        self._unfinished_line += rest

    def close(self) -> Iterator[ServerSentEvent]:
        """Yield the unterminated last line."""
        line = bytes(self._unfinished_line)
        self._unfinished_line.clear()
        return self._take_line(line)

    def _take_line(self, line: bytes) -> Iterator[ServerSentEvent]:
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BOM)
        line = line.strip()
        if line:
            yield ServerSentEvent(line.decode("utf-8", "replace"))
