"""Framing: cut a body into server-sent events or lines of JSON, wherever the reads end.

Server-sent events follow https://html.spec.whatwg.org/multipage/server-sent-events.html:
always UTF-8, one byte-order mark dropped, lines end at CR, LF or CRLF and nowhere else. The
decoder deviates where servers do: an unterminated last event counts if it is complete JSON,
comments are kept (DashScope puts the status there), and a line with the field name `error`
is an error event (old llama.cpp).

Newline-delimited JSON follows https://github.com/ndjson/ndjson-spec: UTF-8, one JSON text
per line, empty lines ignored. An unterminated last line counts, and fails to parse if cut.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from qwq_magic.errors import ProtocolError
from qwq_magic.wire.joined_json import texts_in

MAX_EVENT_BYTES = 8_000_000

# The memory that even the shortest line takes.
_LINE_COST_BYTES = 64
_BOM = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    """One event with data; a tuple, since one is made for every token."""

    data: str
    event: str = ""
    comments: str = ""


class SSEDecoder:
    """Feed it reads, then close it; the events come out as they complete."""

    takes_any_line = False

    def __init__(self) -> None:
        self._unfinished_line = bytearray()
        self._event_size = 0
        self._data: list[bytes] = []
        self._event = b""
        self._comments: list[bytes] = []
        self._is_first_line = True
        self._skips_lf = False

    @property
    def is_between_events(self) -> bool:
        """Is the next byte the first of an event?"""
        return not (self._event_size or self._unfinished_line or self._skips_lf)

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that `data` completes.

        Raises:
            ProtocolError: an event is larger than `MAX_EVENT_BYTES`.
        """
        if self._skips_lf and data:
            # The CR that ended the last read was the first half of a CRLF.
            data = data.removeprefix(b"\n")
            self._skips_lf = False
        if b"\n" not in data and b"\r" not in data:
            # Appending and looking at new bytes only keeps the cost linear.
            self._keep(data)
            return
        if self._unfinished_line:
            data = bytes(self._unfinished_line) + data
            self._unfinished_line.clear()
        # On bytes, splitlines cuts at CR, LF and CRLF only; on str it would cut at U+2028.
        lines = data.splitlines(keepends=True)
        rest = b"" if lines[-1].endswith((b"\n", b"\r")) else lines.pop()
        self._skips_lf = data.endswith(b"\r")
        for line in lines:
            event = self._take_line(line.rstrip(b"\r\n"))
            if event is not None:
                yield event
        if rest:
            self._keep(rest)

    def close(self) -> Iterator[ServerSentEvent]:
        """Yield the unterminated last event, if it is complete JSON or the end marker.

        A server that leaves out the empty lines makes one event of the whole body. Each of
        its lines is JSON then, and only the last one can be cut.
        """
        if self._unfinished_line:
            # Only an empty line completes an event, and this one is not empty.
            self._take_line(bytes(self._unfinished_line))
            self._unfinished_line.clear()
        if self._data and not _is_whole(self._data):
            self._data.pop()
        if _is_whole(self._data):
            event = self._dispatch()
            if event is not None:
                yield event

    def _keep(self, piece: bytes) -> None:
        self._unfinished_line += piece
        require_size(self._event_size + len(self._unfinished_line))

    def _take_line(self, line: bytes) -> ServerSentEvent | None:
        """The event that `line` completes: an empty line does, if there was another before."""
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch() if self._event_size else None
        require_size(self._event_size + len(line))
        self._event_size += len(line) + _LINE_COST_BYTES
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value
        # An empty field name is a comment.
        elif not name:
            self._comments.append(value)
        elif name == b"error":
            self._event = b"error"
            self._data.append(value)
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        # Decoded only when complete, since a read may end inside a character.
        data = b"\n".join(self._data).decode("utf-8", "replace")
        event = self._event.decode("utf-8", "replace")
        comments = b"\n".join(self._comments).decode("utf-8", "replace")
        self._event_size, self._data, self._event, self._comments = 0, [], b"", []
        return ServerSentEvent(data, event, comments) if data else None


def require_size(size: int) -> None:
    """Reject an event of more than `MAX_EVENT_BYTES`."""
    if size > MAX_EVENT_BYTES:
        raise ProtocolError(
            f"One event of the stream exceeds {MAX_EVENT_BYTES // 1_000_000} MB, which no "
            "reply needs. Check that `base_url` is that of a chat server."
        )


def _is_whole(data: list[bytes]) -> bool:
    return bool(texts_in(b"\n".join(data).decode("utf-8", "replace")))


class NDJSONDecoder:
    """Cuts lines; each is an event without a name, so that `SSEDecoder` can be replaced."""

    takes_any_line = True

    def __init__(self) -> None:
        self._unfinished_line = bytearray()
        self._is_first_line = True

    @property
    def is_between_events(self) -> bool:
        """Is the next byte the first of a line?"""
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


def json_document(body: bytes) -> Any:
    """The value of a body that is one JSON text; None where it is not."""
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
