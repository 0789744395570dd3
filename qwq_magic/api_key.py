"""A key that does not show itself, and knows how to keep servers from showing it."""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Callable

from qwq_magic.errors import ConfigurationError

_MASK = "***"
# An echoed key is often cut to its end ("ending in ...").
_TAIL = 8


class ApiKey:
    """Holds a key; only `reveal` gives it, and only the client calls that."""

    __slots__ = ("_key", "source")

    def __init__(self, key: str, *, source: str) -> None:
        """`source` names where the key came from, such as an environment variable."""
        # A closure, so that a verbose traceback that prints attributes prints no key.
        self._key: Callable[[], str] = lambda: key
        self.source = source

    def reveal(self) -> str:
        return self._key()

    def redact(self, text: str) -> str:
        """`text` with the key masked, also as Base64, URL-encoded, or only its last characters."""
        for form in _forms(self._key()):
            text = text.replace(form, _MASK)
        return text

    def __repr__(self) -> str:
        return _MASK

    def __reduce__(self) -> str:
        raise TypeError("A key is not pickled.")


def as_api_key(key: str | ApiKey | None, *, source: str = "api_key") -> ApiKey | None:
    """Wrap a key a caller gave; rebind the name it came by, so that no frame keeps it.

    Raises:
        ConfigurationError: it is no text.
    """
    if key is None or isinstance(key, ApiKey):
        return key
    if not isinstance(key, str):
        raise ConfigurationError("The api_key is no text. Give it as a string.")
    return ApiKey(key, source=source)


def _forms(key: str) -> tuple[str, ...]:
    """What the key may look like in an echo, longest first."""
    encoded = base64.b64encode(key.encode()).decode()
    forms = {
        key,
        encoded,
        encoded.rstrip("="),
        base64.urlsafe_b64encode(key.encode()).decode(),
        urllib.parse.quote(key, safe=""),
        # The tail of a short key would mask ordinary words.
        key[-_TAIL:] if len(key) >= 2 * _TAIL else key,
    }
    return tuple(sorted((form for form in forms if form), key=len, reverse=True))
