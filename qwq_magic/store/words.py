"""The words of a text, as the search knows them.

Case, accents and widths do not count. A character of a script that is written without blanks is
a word of its own, so that any part of a Chinese sentence is found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

# Han, kana, hangul, Thai, Lao, Burmese, Khmer, and halfwidth forms.
_UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u318f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc"
    "\U00020000-\U0003ffff"
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_UNSPACED_WORD = re.compile(f"[{_UNSPACED}]")


class Word(NamedTuple):
    """A word and its place in the text: `text[start:end]` is how it is written there."""

    word: str
    start: int
    end: int


def words_in(text: str) -> Iterator[Word]:
    """Yield the words of a text in order."""
    for match in _WORD.finditer(text):
        yield Word(_plain(match.group()), match.start(), match.end())


def plain_words(text: str) -> list[str]:
    """Return the words of a text without their places, which is faster."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    return [_plain(word) for word in _WORD.findall(text)]


def is_unspaced(word: str) -> bool:
    """Whether the word is a character that is a word of its own."""
    return _UNSPACED_WORD.fullmatch(word) is not None


def _plain(word: str) -> str:
    return word.lower() if word.isascii() else _folded(word)


# Chinese texts repeat few characters; a word may be as long as a text, so there is a limit.
@lru_cache(maxsize=4_096)
def _folded(word: str) -> str:
    folded = word.casefold()
    parts = unicodedata.normalize("NFKD", folded)
    bare = "".join(part for part in parts if not unicodedata.combining(part)).casefold()
    # A fraction or a symbol may fall apart into signs that are not parts of a word.
    return bare if bare.isalnum() else folded
