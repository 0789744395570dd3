"""Estimate how many tokens a text is, where no server counts them."""

from __future__ import annotations

import re

# Typical of the tokenizers of today's reasoning models, and no more than that.
_CHARACTERS_PER_TOKEN = 3.6
_CJK_PER_TOKEN = 1.5

_CJK = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u3000-\u303f\uff00-\uffef]+"
)


def estimate_tokens(text: str) -> float:
    """≈ tokens of `text`."""
    cjk = 0 if text.isascii() else sum(len(run) for run in _CJK.findall(text))
    return cjk / _CJK_PER_TOKEN + (len(text) - cjk) / _CHARACTERS_PER_TOKEN
