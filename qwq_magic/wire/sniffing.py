"""Find the protocol of a reply in its first bytes, where the address left it open.

A gateway may speak any of the three. The first line that holds JSON decides; until it
has come whole, nothing is lost by waiting, since no text can be in it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from qwq_magic.errors import QwqError
from qwq_magic.events import Event
from qwq_magic.settings.layers import InlineThink
from qwq_magic.turns import ChatRequest
from qwq_magic.wire import dashscope, ollama, openai_chat
from qwq_magic.wire.error_bodies import MAX_BODY_BYTES
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.stream_decoder import StreamDecoder

_FIRST_JSON_LINE = re.compile(rb"(?:^|[\r\n])(?:\xef\xbb\xbf)?(data: ?)?(\{[^\r\n]*)[\r\n]")


class SniffingDecoder:
    """A decoder that becomes the right one; see `StreamDecoder`."""

    def __init__(
        self,
        request: ChatRequest | None = None,
        *,
        inline_think: InlineThink = "auto",
        origin: Origin | None = None,
    ) -> None:
        self._request = request
        self._inline_think = inline_think
        self._origin = origin
        self._head = b""
        self._decoder: StreamDecoder | None = None

    @property
    def error(self) -> QwqError | None:
        return self._decoder.error if self._decoder else None

    @property
    def is_complete(self) -> bool:
        return self._decoder is not None and self._decoder.is_complete

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
        if found is None and len(self._head) < MAX_BODY_BYTES:
            return []
        return self._decide(found).feed(self._head)

    def close(self) -> list[Event]:
        if self._decoder is not None:
            return self._decoder.close()
        decoder = self._decide(_FIRST_JSON_LINE.search(self._head + b"\n"))
        return [*decoder.feed(self._head), *decoder.close()]

    def _decide(self, found: re.Match[bytes] | None) -> StreamDecoder:
        make = openai_chat.decoder
        if found is not None:
            is_event, text = found.groups()
            chunk = _parsed(text)
            if is_event and isinstance(chunk.get("output"), dict):
                make = dashscope.decoder
            elif not is_event and "done" in chunk:
                make = ollama.decoder
        self._decoder = make(self._request, inline_think=self._inline_think, origin=self._origin)
        return self._decoder


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
