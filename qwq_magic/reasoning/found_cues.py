"""Find the cues of a text in its language."""

from __future__ import annotations

import functools
import re
from enum import Enum

from qwq_magic.reasoning.chinese_cues import CHINESE
from qwq_magic.reasoning.cues import ENGLISH, compiled
from qwq_magic.reasoning.european_cues import EUROPEAN, is_european
from qwq_magic.reasoning.kind_names import Kind


class Language(Enum):
    """A language, or some, with cues of their own."""

    ENGLISH = "English"
    CHINESE = "Chinese"
    EUROPEAN = "German, Spanish or French"


_CUES = {
    Language.ENGLISH: compiled(ENGLISH),
    Language.CHINESE: compiled(CHINESE, flags=re.IGNORECASE),
    Language.EUROPEAN: compiled(EUROPEAN),
}
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


# The cues of every step are needed twice: for itself, and for the next step.
@functools.lru_cache(maxsize=16)
def cues_in(text: str) -> dict[Kind, str]:
    """Return the kinds that have a cue in `text`, with the cue, the most specific first.

    The result is shared, so it must not be changed.
    """
    return find_cues(text)


def find_cues(text: str) -> dict[Kind, str]:
    """Return the same as `cues_in`, for a text that is needed only once."""
    language = language_of(text)
    cues = _CUES[language]
    searched = text if language is Language.CHINESE else _lowered(text)
    found: dict[Kind, str] = {}
    for kind, finds in cues:
        for find in finds if kind not in found else ():
            if match := find(searched):
                found[kind] = text[match.start() : match.end()].strip()
                break
    return found


@functools.lru_cache(maxsize=16)
def language_of(text: str) -> Language:
    """Return the language of a text; English if it is neither of the others."""
    if not text.isascii() and _CJK.search(text):
        return Language.CHINESE
    return Language.EUROPEAN if is_european(text) else Language.ENGLISH


def _lowered(text: str) -> str:
    """Return lowercase text of the same length; `İ`, which would become two, is kept."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)
