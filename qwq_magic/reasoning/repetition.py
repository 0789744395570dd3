"""How much a text repeats itself: the share of its 8-grams that stood there before."""

from __future__ import annotations

import re

GRAM = 8

# A word, a Chinese character, or a sign.
_ITEM = re.compile(r"[^\W\u3040-\u9fff]+|[\u3040-\u9fff]|[^\w\s]")


def repetition_of(text: str) -> float:
    """1 − unique 8-grams ÷ 8-grams, from 0 to 1; 0 for a text of fewer than eight items."""
    items = _ITEM.findall(text.lower())
    count = len(items) - GRAM + 1
    if count < 1:
        return 0.0
    grams = zip(*(items[begin:] for begin in range(GRAM)), strict=False)
    unique = set(map(hash, grams))
    return 1 - len(unique) / count
