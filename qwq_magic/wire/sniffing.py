"""Recognise the protocol of a response by its first bytes, where the address leaves it open.

The first line with JSON decides. Waiting for the end of that line delays no text, since
the text is in the line itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from qwq_magic.errors import QwqError
from qwq_magic.events import Event
from qwq_magic.wire.error_bodies import MAX_BODY_BYTES
from qwq_magic.wire.stream_decoder import StreamDecoder

_FIRST_JSON_LINE = re.compile(rb"(?:^|[\r\n])(?:\xef\xbb\xbf)?(data: ?)?(\{[^\r\n]*)[\r\n]")


class FirstChunk(NamedTuple):
    """The first chunk of a response, and whether it came as a server-sent event."""

    is_event: bool = False
    chunk: dict[str, Any] = {}  # noqa: RUF012  # read only


class SniffingDecoder:
    """A decoder that becomes the right one; see `StreamDecoder`."""

    def __init__(self, decide: Callable[[FirstChunk], StreamDecoder]) -> None:
        """`decide` gets an empty chunk if the response does not begin with one."""
        self._decide = decide
        self._head = b""
        self._decoder: StreamDecoder | None = None

    @property
    def error(self) -> QwqError | None:
        return self._decoder.error if self._decoder else None

    @property
    def is_complete(self) -> bool:
        return self._decoder is not None and self._decoder.is_complete

    @property
    def is_at_end(self) -> bool:
        return self._decoder is not None and self._decoder.is_at_end

    @property
    def reply_id(self) -> str:
        return self._decoder.reply_id if self._decoder else ""

    @property
    def began_inside(self) -> bool | None:
        return self._decoder.began_inside if self._decoder else None

    @property
    def is_done(self) -> bool:
        return self._decoder is not None and self._decoder.is_done

    @property
    def has_text(self) -> bool:
        return self._decoder is not None and self._decoder.has_text

    def feed(self, data: bytes) -> list[Event]:
        if self._decoder is not None:
            return self._decoder.feed(data)
        self._head += data
        found = _FIRST_JSON_LINE.search(self._head)
        # A web page may have no such line: decide without one rather than buffer it all.
        if found is None and len(self._head) < MAX_BODY_BYTES:
            return []
        return self._decided(found).feed(self._head)

    def close(self, *, is_broken: bool = False) -> list[Event]:
        if self._decoder is not None:
            return self._decoder.close(is_broken=is_broken)
        # The last line may lack its end, for which the expression looks.
        decoder = self._decided(_FIRST_JSON_LINE.search(self._head + b"\n"))
        return [*decoder.feed(self._head), *decoder.close(is_broken=is_broken)]

    def _decided(self, found: re.Match[bytes] | None) -> StreamDecoder:
        self._decoder = self._decide(_first_chunk(found))
        return self._decoder


def _first_chunk(found: re.Match[bytes] | None) -> FirstChunk:
    if found is None:
        return FirstChunk()
    is_event, text = found.groups()
    try:
        value = json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return FirstChunk()
    return FirstChunk(bool(is_event), value) if isinstance(value, dict) else FirstChunk()
