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


def split_tokens(
    reasoning: str, answer: str, *, output_tokens: int | None, reasoning_tokens: int | None
) -> tuple[int, int, bool]:
    """Tokens of the reasoning and of the answer, and whether they are only estimates.

    Where the server counted their sum alone, the estimates share it out.
    """
    if output_tokens is not None and reasoning_tokens is not None:
        return reasoning_tokens, max(0, output_tokens - reasoning_tokens), False
    thought, answered = estimate_tokens(reasoning), estimate_tokens(answer)
    if output_tokens is not None and thought + answered:
        scale = output_tokens / (thought + answered)
        thought, answered = thought * scale, answered * scale
    return round(thought), round(answered), True
