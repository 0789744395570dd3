"""How long a step is at least, by what its characters can express."""

from __future__ import annotations

import re

# Shorter ones, such as "Okay.", join the next step, or the previous one at the end.
SHORTEST_STEP = 10

_IDEOGRAPH = re.compile(
    r"[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]"
)
# Kana, Hangul and the syllables of Yi.
_SYLLABLE = re.compile(
    r"[\u1100-\u115f\u3041-\u30fa\u30fc-\u318f\u31a0-\u31ff\ua000-\ua4cf\uac00-\ud7a3\uff66-\uff9d]"
)


def is_long_enough(text: str) -> bool:
    """Whether `text`, without blanks at its ends, is long enough for a step.

    An ideograph counts as two and a half letters, since it expresses about as much, and a
    syllable that is one character as two.
    """
    length = len(text)
    if length >= SHORTEST_STEP or text.isascii():
        return length >= SHORTEST_STEP
    halves = 2 * length + 3 * len(_IDEOGRAPH.findall(text)) + 2 * len(_SYLLABLE.findall(text))
    return halves >= 2 * SHORTEST_STEP
