"""Find a key in a text, in whatever form a server echoes it, and mask it.

Whole or cut to its beginning or its end, plain, URL-encoded, or Base64, alone or behind
`Bearer `, and whatever is not seen between its characters. So few characters of it as a
vendor prints to name a key are left alone, and so is a placeholder, which would turn
ordinary words into stars.
"""

from __future__ import annotations

import base64
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import NamedTuple

from qwq_magic.plain_text import seen

MASK = "***"

# What is shorter is no secret, and what is left of one below this length names it only.
_SECRET = 8
# What servers' manuals tell people to write where no key is needed.
_PLACEHOLDERS = frozenset({"lm-studio", "not-needed", "no-key-required"})
# `sk-`, `sk-or-v1-`, `gsk_`: every key of a vendor begins so.
_VENDOR = re.compile(r"[A-Za-z]{1,6}[-_](?:[a-z0-9]{1,6}-)*")

# What stands unseen between the characters of a key is held back with it, up to here.
_MOST_HELD = 4_096

Span = tuple[int, int]


class _Form(NamedTuple):
    """What the key may look like; its first `least` characters give it away."""

    text: str
    least: int


class KeyFinder:
    """Knows where a text holds the key; forms are kept in closures, which no repr shows."""

    __slots__ = ("begins", "longest", "spans", "starts")

    def __init__(self, key: str) -> None:
        """Find nothing, ever, where `key` is no secret.

        Attributes:
            spans: where the key stands in a text, leftmost and longest.
            begins: may a text that goes on have the beginning of the key at its end?
            starts: is this a text that would have to go on to be the key?
            longest: how many characters the longest form has.
        """
        forms = _forms(key)
        beginnings = {form.text[:size] for form in forms for size in range(1, len(form.text))}
        ends = tuple(beginnings)
        self.longest = max((len(form.text) for form in forms), default=0)
        least = sorted({form.text[: form.least] for form in forms}, key=len, reverse=True)
        # Without a form, what never matches.
        pattern = re.compile("|".join(map(re.escape, least)) or r"(?!)")
        self.spans: Callable[[str], Iterator[Span]] = lambda text: _spans(text, pattern, forms)
        self.begins: Callable[[str], bool] = lambda text: text.endswith(ends)
        self.starts: Callable[[str], bool] = lambda text: text in beginnings

    def redact(self, text: str) -> str:
        """`text` with the key masked."""
        kept: list[str] = []
        at = 0
        shown, places = seen(text)
        for start, end in self.spans(shown):
            kept += text[at : places[start]], MASK
            at = places[end - 1] + 1
        return "".join((*kept, text[at:]))


class KeyMask:
    """Masks a key in a text that arrives in deltas, wherever they are cut.

    A tail that may begin the key is held back until the next delta settles it.
    """

    __slots__ = ("_finder", "_held")

    def __init__(self, finder: KeyFinder) -> None:
        self._finder = finder
        self._held = ""

    def feed(self, text: str) -> str:
        text = self._held + text
        shown, places = seen(text)
        settled: list[str] = []
        at, hold = 0, self._hold_from(shown, 0)
        for start, end in self._finder.spans(shown):
            # What may become the whole key is not cut up for a part of it.
            if start >= hold:
                break
            settled += text[at : places[start]], MASK
            at = places[end - 1] + 1
            hold = self._hold_from(shown, end)
        kept_from = places[hold] if len(text) - places[hold] <= _MOST_HELD else len(text)
        self._held = text[kept_from:]
        return "".join((*settled, text[at:kept_from]))

    def flush(self) -> str:
        held, self._held = self._held, ""
        return self._finder.redact(held)

    def _hold_from(self, text: str, start: int) -> int:
        """Where a tail begins that may become a key; the end of the text if there is none."""
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
    """How much of the form stands there; 0 if that is too little to tell."""
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
        # A part of a short key would mask ordinary words.
        least = len(key)
    end = _Form(key[-_SECRET:], _SECRET) if least < len(key) else _Form(key, least)
    quoted = _Form(_quoted(key), len(_quoted(key[:least])))
    return tuple({_Form(key, least), end, quoted, *_encoded_forms(key, least)})


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="", errors="replace")


def _encoded_forms(key: str, least: int) -> Iterator[_Form]:
    """Base64 of the key, and of the key behind one or two bytes of something else."""
    raw = key.encode(errors="replace")
    for before in range(3):
        # The first characters also depend on what stands before.
        skipped = before + 1 if before else 0
        needed = (before + least) * 4 // 3 - skipped
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * before + raw).decode()[skipped:]
            yield _Form(text, needed)
