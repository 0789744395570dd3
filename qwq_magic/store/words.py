"""The words of a text, as the search knows them.

Case, accents and widths do not count. A character of a script that is written without blanks is
a word of its own, so that any part of a Chinese sentence is found as a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

# Han, kana, hangul, Thai, Lao, Burmese, Khmer, and halfwidth forms.
_UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u318f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc"
    "\U00020000-\U0003ffff"
)
_SPACED = rf"[^\W_{_UNSPACED}]"
_WORD = re.compile(rf"[{_UNSPACED}]|{_SPACED}+")
_BEFORE_WORD, _AFTER_WORD = f"(?<!{_SPACED})", f"(?!{_SPACED})"
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


def pattern_of(words: Sequence[str], *, is_prefix: bool) -> re.Pattern[str]:
    """Return a pattern that finds consecutive words in a text that `aligned` returned.

    With `is_prefix`, the last word may be the beginning of one.
    """
    parts = [_BEFORE_WORD if not is_unspaced(words[0]) else "", words[0]]
    for before, word in pairwise(words):
        # Between two characters of their own there may be nothing.
        parts += [r"[\W_]*" if is_unspaced(before) or is_unspaced(word) else r"[\W_]+", word]
    if not is_prefix and not is_unspaced(words[-1]):
        parts.append(_AFTER_WORD)
    return re.compile("".join(parts))


def aligned(text: str) -> str | None:
    """Return the text with its words as `plain_words` has them, each in its place.

    None if a word becomes longer or shorter, as `ﬁ` or an accent of its own.
    """
    if text.isascii():
        return text.lower()
    # An accent of its own is neither a letter nor a digit, and ends a word.
    folded = {character: _folded(character) for character in set(text) if character.isalnum()}
    if any(len(one) != 1 for one in folded.values()):
        return None
    return text.translate({ord(character): one for character, one in folded.items()})


def _plain(word: str) -> str:
    return word.lower() if word.isascii() else "".join(map(_folded, word))


@lru_cache(maxsize=4_096)
def _folded(character: str) -> str:
    """Return a character of a word without case, accents and width; it may be several."""
    folded = character.casefold()
    parts = unicodedata.normalize("NFKD", folded)
    bare = "".join(part for part in parts if not unicodedata.combining(part)).casefold()
    # A fraction falls apart into digits and a sign, which is not part of a word.
    return bare if bare.isalnum() else folded
