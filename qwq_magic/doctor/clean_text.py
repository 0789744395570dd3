"""Make what others wrote fit to be shown: one line, of bounded length, without any key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from qwq_magic.keys.lookalikes import address_without_secrets, without_lookalikes
from qwq_magic.plain_text import one_line, well_formed
from qwq_magic.settings.key_ring import KeyRing, keys_at_hand

_MOST_BYTES = 200


class CleanText:
    """Knows the keys that could be sent from here, and masks them wherever they stand."""

    def __init__(self, environ: Mapping[str, str], keys: KeyRing) -> None:
        self._keys = tuple(keys_at_hand(environ, keys))

    def line(self, text: str, *, most_bytes: int = _MOST_BYTES) -> str:
        text = one_line(well_formed(text))
        for key in self._keys:
            text = key.redact(text)
        return one_line(without_lookalikes(text), limit_bytes=most_bytes)

    def value(self, value: Any) -> str:
        """The value of a setting."""
        if isinstance(value, str):
            return self.line(value)
        try:
            return self.line(json.dumps(value, ensure_ascii=False))
        except (TypeError, ValueError, RecursionError):
            return f"a {type(value).__name__}"

    def refused_address(self, value: Any) -> str:
        """One that may be malformed, or no text at all; where a password stood, there are stars."""
        return self.value(address_without_secrets(value) if isinstance(value, str) else value)

    def address(self, url: str) -> str:
        """Without what may hold a password: the name before the host, and the query."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return "malformed"
        host = parts.netloc.rpartition("@")[2]
        return (
            self.line(f"{parts.scheme}://{host}{parts.path}") if host else self.refused_address(url)
        )
