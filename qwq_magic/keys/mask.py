"""Find a key in a text, in any form that servers are known to echo, and mask it.

Recognized are the whole key, its beginning and its end; plain, URL-encoded or Base64, alone
or after `Bearer `; and with invisible characters in between. Not masked are the few characters
by which vendors identify a key, and placeholders, since those are ordinary words.
"""

from __future__ import annotations

import base64
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import NamedTuple

from qwq_magic.plain_text import visible

MASK = "***"

# A shorter key is not a secret, and a shorter part of a key only identifies it.
_SECRET = 8
# The values that servers' manuals suggest if no key is needed.
_PLACEHOLDERS = frozenset({"lm-studio", "not-needed", "no-key-required"})
# The prefix of all keys of a vendor: `sk-`, `sk-or-v1-`, `gsk_`.
_VENDOR = re.compile(r"[A-Za-z]{1,6}[-_](?:[a-z0-9]{1,6}-)*")

# The most text that is held back: invisible characters inside a key are held back with it.
_MAX_HELD = 4_096

Span = tuple[int, int]


class _Form(NamedTuple):
    """A form of the key; its first `least` characters are enough to recognize it."""

    text: str
    least: int


class KeyFinder:
    """Finds the key in a text; the forms are kept in closures, which no repr displays."""

    __slots__ = ("begins", "longest", "spans", "starts")

    def __init__(self, key: str) -> None:
        """Prepare the search; if `key` is not a secret, nothing is ever found.

        Attributes:
            spans: yields the start and end of each occurrence, leftmost and longest.
            begins: whether a text ends with a beginning of the key.
            starts: whether a text is a beginning of the key.
            longest: the length of the longest form.
        """
        forms = _forms(key)
        beginnings = {form.text[:size] for form in forms for size in range(1, len(form.text))}
        ends = tuple(beginnings)
        self.longest = max((len(form.text) for form in forms), default=0)
        least = sorted({form.text[: form.least] for form in forms}, key=len, reverse=True)
        # Without any form, `(?!)` is used, which never matches.
        pattern = re.compile("|".join(map(re.escape, least)) or r"(?!)")
        self.spans: Callable[[str], Iterator[Span]] = lambda text: _spans(text, pattern, forms)
        self.begins: Callable[[str], bool] = lambda text: text.endswith(ends)
        self.starts: Callable[[str], bool] = lambda text: text in beginnings

    def redact(self, text: str) -> str:
        """Return `text` with the key masked."""
        kept: list[str] = []
        at = 0
        shown, indices = visible(text)
        for start, end in self.spans(shown):
            kept += text[at : indices[start]], MASK
            at = indices[end - 1] + 1
        return "".join((*kept, text[at:]))


class KeyMask:
    """Masks a key in a text that arrives in deltas, however they are cut.

    A tail that may begin the key is held back until the next delta decides.
    """

    __slots__ = ("_finder", "_held")

    def __init__(self, finder: KeyFinder) -> None:
        self._finder = finder
        self._held = ""

    def feed(self, text: str) -> str:
        text = self._held + text
        shown, indices = visible(text)
        settled: list[str] = []
        at, hold = 0, self._hold_from(shown, 0)
        for start, end in self._finder.spans(shown):
            # A tail that may become the whole key is not masked as a part of it.
            if start >= hold:
                break
            settled += text[at : indices[start]], MASK
            at = indices[end - 1] + 1
            hold = self._hold_from(shown, end)
        kept_from = indices[hold] if len(text) - indices[hold] <= _MAX_HELD else len(text)
        self._held = text[kept_from:]
        return "".join((*settled, text[at:kept_from]))

    def flush(self) -> str:
        held, self._held = self._held, ""
        return self._finder.redact(held)

    def _hold_from(self, text: str, start: int) -> int:
        """Return the start of a tail that may become a key; the end of the text if none."""
        if not self._finder.begins(text):
            return len(text)
        starts, first = self._finder.starts, max(start, len(text) - self._finder.longest)
        return next((at for at in range(first, len(text)) if starts(text[at:])), len(text))


def _spans(text: str, pattern: re.Pattern[str], forms: tuple[_Form, ...]) -> Iterator[Span]:
    match = pattern.search(text)
    while match is not None:
        start = match.start()
        end = start + max(_common(text, start, form) for form in forms)
        yield start, end
        match = pattern.search(text, end)


def _common(text: str, start: int, form: _Form) -> int:
    """Return how many characters of the form match there; 0 if too few to recognize it."""
    if not text.startswith(form.text[: form.least], start):
        return 0
    size = form.least
    while text[start + size : start + size + 1] == form.text[size : size + 1] != "":
        size += 1
    return size


def _forms(key: str) -> tuple[_Form, ...]:
    if len(key) < _SECRET or key.lower() in _PLACEHOLDERS:
        return ()
    vendor = _VENDOR.match(key)
    least = min(len(key), (vendor.end() if vendor else 0) + _SECRET)
    if len(key) < 2 * _SECRET:
        # Masking a part of a short key would mask ordinary words.
        least = len(key)
    end = _Form(key[-_SECRET:], _SECRET) if least < len(key) else _Form(key, least)
    quoted = _Form(_quoted(key), len(_quoted(key[:least])))
    return tuple({_Form(key, least), end, quoted, *_encoded_forms(key, least)})


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="", errors="replace")


def _encoded_forms(key: str, least: int) -> Iterator[_Form]:
    """Yield Base64 forms of the key, alone and after one or two other bytes."""
    raw = key.encode(errors="replace")
    for before in range(3):
        # The first characters also encode bits of the preceding bytes.
        skipped = before + 1 if before else 0
        needed = (before + least) * 4 // 3 - skipped
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * before + raw).decode()[skipped:]
            yield _Form(text, needed)
