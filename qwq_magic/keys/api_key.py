"""An API key that never displays itself, and can be masked in any text.

The key is kept in a closure and returned only by `reveal`, so that no repr, pickle, copy or
verbose traceback contains it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys.mask import MASK, KeyFinder, KeyMask

# A shorter key is a placeholder, or a word that may occur in any text.
_MIN_RECOGNIZED = 16


class ApiKey:
    """Holds a key, which only `reveal` returns."""

    __slots__ = ("__weakref__", "_finder", "_key", "source")

    def __init__(self, key: str, *, source: str) -> None:
        """Store the key; `source` names its origin, such as an environment variable."""
        # A closure, because a verbose traceback may print attributes.
        self._key: Callable[[], str] = lambda: key
        self._finder: KeyFinder | None = None
        self.source = source

    def reveal(self) -> str:
        return self._key()

    @property
    def is_sendable(self) -> bool:
        """Whether the key consists of characters that an HTTP header may contain."""
        return bool(self._key()) and all("!" <= character <= "~" for character in self._key())

    def is_in(self, text: str) -> bool:
        """Whether the text contains the whole key; always False for very short keys."""
        return len(self._key()) >= _MIN_RECOGNIZED and self._key() in text

    def redact(self, text: str) -> str:
        """Return `text` with the key masked in every form that `keys.mask` knows."""
        return self._forms().redact(text)

    def mask(self) -> KeyMask:
        """Return a mask for text that arrives in deltas."""
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
        """Return the same object: Jupyter deep-copies configurations, keys must not multiply."""
        return self

    def __reduce__(self) -> str:
        raise TypeError("An API key cannot be pickled.")


def as_api_key(key: str | ApiKey | None, *, source: str = "api_key") -> ApiKey | None:
    """Wrap a caller's key; assign the result to the same name, so that no frame keeps the text.

    Raises:
        ConfigurationError: the key is not a string.
    """
    if key is None or isinstance(key, ApiKey):
        return key
    if not isinstance(key, str):
        raise ConfigurationError(f"The api_key is of type {type(key).__name__}. Pass a string.")
    return ApiKey(key, source=source)
