"""A key that does not show itself, and knows how to keep servers from showing it."""

from __future__ import annotations

import base64
import re
import urllib.parse
from collections.abc import Callable, Iterator

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
        return _redacted(text, _forms(self._key()))

    def mask(self) -> KeyMask:
        """A mask for text that arrives in deltas."""
        forms = _forms(self._key())
        return KeyMask(lambda: forms)

    def __repr__(self) -> str:
        return _MASK

    def __reduce__(self) -> str:
        raise TypeError("A key is not pickled.")


class KeyMask:
    """Masks a key in a text that arrives in deltas, wherever they are cut.

    A tail that may begin the key is held back until the next delta settles it.
    """

    __slots__ = ("_begins_key", "_find", "_forms", "_held", "_longest")

    def __init__(self, forms: Callable[[], tuple[str, ...]]) -> None:
        """`forms` gives what the key may look like; a closure, so that no attribute holds it."""
        beginnings = tuple({form[:size] for form in forms() for size in range(1, len(form))})
        self._begins_key: Callable[[str], bool] = lambda text: text.endswith(beginnings)
        pattern = re.compile("|".join(map(re.escape, forms())))
        self._find: Callable[[str], Iterator[re.Match[str]]] = lambda text: pattern.finditer(text)
        self._forms = forms
        self._longest = max(len(form) for form in forms())
        self._held = ""

    def feed(self, text: str) -> str:
        text = self._held + text
        settled: list[str] = []
        start, hold = 0, self._hold_from(text, 0)
        for match in self._find(text):
            # What may become the whole key is not cut up for a part of it.
            if match.start() >= hold:
                break
            settled += text[start : match.start()], _MASK
            start = match.end()
            hold = self._hold_from(text, start)
        self._held = text[hold:]
        return "".join((*settled, text[start:hold]))

    def flush(self) -> str:
        held, self._held = self._held, ""
        return _redacted(held, self._forms())

    def _hold_from(self, text: str, start: int) -> int:
        """Where a tail begins that may become a key; the end of the text if there is none."""
        if not self._begins_key(text):
            return len(text)
        for at in range(max(start, len(text) - self._longest + 1), len(text)):
            if any(form.startswith(text[at:]) and form != text[at:] for form in self._forms()):
                return at
        return len(text)


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


def _redacted(text: str, forms: tuple[str, ...]) -> str:
    for form in forms:
        text = text.replace(form, _MASK)
    return text


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
