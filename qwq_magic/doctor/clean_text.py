"""Clean untrusted text for a report: one line of bounded length, without keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from qwq_magic.keys import ApiKey
from qwq_magic.keys.lookalikes import address_without_secrets, without_lookalikes
from qwq_magic.keys.mask import MASK
from qwq_magic.plain_text import one_line, well_formed
from qwq_magic.settings.key_ring import KeyRing, keys_at_hand

_MOST_BYTES = 200


def _hidden(value: object) -> str:
    if isinstance(value, ApiKey):
        return MASK
    raise TypeError


class CleanText:
    """Cleans text, and masks every key that could be sent from this process."""

    def __init__(self, environ: Mapping[str, str], keys: KeyRing) -> None:
        self._keys = tuple(keys_at_hand(environ, keys))

    def line(self, text: str, *, most_bytes: int = _MOST_BYTES) -> str:
        """Return the text as one line of at most `most_bytes` UTF-8 bytes."""
        # Controls are removed first, since one inside a key would hide the key from the mask. The
        # text is cut last, since half a key would not be recognized.
        text = one_line(well_formed(text))
        for key in self._keys:
            text = key.redact(text)
        return one_line(without_lookalikes(text), limit_bytes=most_bytes)

    def value(self, value: Any) -> str:
        """Return the value of a setting as one line."""
        if isinstance(value, str):
            return self.line(value)
        try:
            return self.line(json.dumps(value, ensure_ascii=False, default=_hidden))
        except (TypeError, ValueError, RecursionError):
            # `%config` accepts any Python object as a parameter; its `repr` may be anything.
            return f"a {type(value).__name__}"

    def refused_address(self, value: Any) -> str:
        """Return an invalid base URL, of any type, with its password replaced by `***`."""
        return self.value(address_without_secrets(value) if isinstance(value, str) else value)

    def address(self, url: str) -> str:
        """Return a URL without the parts that may contain a password: user info and query."""
        try:
            parts = urlsplit(url)
        except ValueError:
            # For example, `http://[::1` has no closing bracket.
            return "malformed"
        host = parts.netloc.rpartition("@")[2]
        return (
            self.line(f"{parts.scheme}://{host}{parts.path}") if host else self.refused_address(url)
        )
