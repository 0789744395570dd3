"""Find the cues of a text in its language."""

from __future__ import annotations

import functools
import re

from qwq_magic.reasoning.chinese_cues import CHINESE
from qwq_magic.reasoning.cues import ENGLISH, compiled
from qwq_magic.reasoning.kind_names import Kind

_ENGLISH = compiled(ENGLISH)
_CHINESE = compiled(CHINESE, flags=re.IGNORECASE)
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
    cues, searched = (_CHINESE, text) if is_chinese(text) else (_ENGLISH, _lowered(text))
    found = {}
    for kind, finds in cues:
        for find in finds:
            if match := find(searched):
                found[kind] = text[match.start() : match.end()].strip()
                break
    return found


def is_chinese(text: str) -> bool:
    """Whether a text has at least one Chinese character."""
    return not text.isascii() and _CJK.search(text) is not None


def _lowered(text: str) -> str:
    """Return lowercase text of the same length; `İ`, which would become two, is kept."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)
