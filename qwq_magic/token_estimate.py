"""Estimate how many tokens a text is, where no server counts them.

The view estimates by the same rule (`estimateTokens` in `static/safe_text.js`), so that a
number does not change when a stream ends; a test holds the two together.
"""

from __future__ import annotations

import re

# Typical of the tokenizers of today's reasoning models, and no more than that.
CHARACTERS_PER_TOKEN = 3.6
CJK_PER_TOKEN = 1.5
# Chinese, Japanese and Korean with their punctuation.
CJK_CLASS = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"

# Compiled by the first text that needs it: so wide a class takes a millisecond.
_CJK = f"[{CJK_CLASS}]+"


def estimate_tokens(text: str) -> float:
    """≈ tokens of `text`."""
    cjk = 0 if text.isascii() else sum(len(run) for run in re.findall(_CJK, text))
    return cjk / CJK_PER_TOKEN + (len(text) - cjk) / CHARACTERS_PER_TOKEN
