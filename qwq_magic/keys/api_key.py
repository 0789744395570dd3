"""A key that does not show itself, and knows how to keep servers from showing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys.mask import MASK, KeyFinder, KeyMask

# What is shorter is a placeholder, or a word that may stand in any text.
_LEAST_TOLD = 16


class ApiKey:
    """Holds a key, which only `reveal` returns."""

    __slots__ = ("__weakref__", "_finder", "_key", "source")

    def __init__(self, key: str, *, source: str) -> None:
        """`source` names where the key came from, such as an environment variable."""
        # A closure, so that a verbose traceback that prints attributes prints no key.
        self._key: Callable[[], str] = lambda: key
        self._finder: KeyFinder | None = None
        self.source = source

    def reveal(self) -> str:
        return self._key()

    @property
    def is_sendable(self) -> bool:
        """Can a header carry it?"""
        return bool(self._key()) and all("!" <= character <= "~" for character in self._key())

    def is_in(self, text: str) -> bool:
        """Does the text hold the whole key, and not merely a word it shares with it?"""
        return len(self._key()) >= _LEAST_TOLD and self._key() in text

    def redact(self, text: str) -> str:
        """`text` with the key masked, in whatever form it stands there."""
        return self._forms().redact(text)

    def mask(self) -> KeyMask:
        """A mask for text that arrives in deltas."""
        return KeyMask(self._forms())

    def _forms(self) -> KeyFinder:
        if self._finder is None:
            self._finder = KeyFinder(self._key())
        return self._finder

    def __repr__(self) -> str:
        return MASK

    def __copy__(self) -> ApiKey:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ApiKey:
        """Itself: Jupyter copies whole configurations, and a key is one in memory."""
        return self

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
