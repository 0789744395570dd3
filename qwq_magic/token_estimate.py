"""Estimate the number of tokens in a text, for servers that do not report it.

The view uses the same rule (`estimateTokens` in `static/safe_text.js`), so that a number
does not change when a stream ends; a test compares the two.
"""

from __future__ import annotations

import re

# Averages over the tokenizers of current reasoning models; a single text may deviate.
CHARACTERS_PER_TOKEN = 3.6
CJK_PER_TOKEN = 1.5
# Chinese, Japanese and Korean, including their punctuation.
CJK_CLASS = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"

# Compiled on first use: such a wide character class takes a millisecond to compile.
_CJK = f"[{CJK_CLASS}]+"


def estimate_tokens(text: str) -> float:
    """Return the estimated number of tokens, as a fraction."""
    cjk = 0 if text.isascii() else sum(len(run) for run in re.findall(_CJK, text))
    return cjk / CJK_PER_TOKEN + (len(text) - cjk) / CHARACTERS_PER_TOKEN


def split_tokens(
    reasoning: str, answer: str, *, output_tokens: int | None, reasoning_tokens: int | None
) -> tuple[int, int, bool]:
    """Return the tokens of the reasoning and of the answer, and whether they are estimated.

    If the server reported only their sum, it is divided in proportion to the estimates.
    """
    if output_tokens is not None and reasoning_tokens is not None:
        return reasoning_tokens, max(0, output_tokens - reasoning_tokens), False
    in_reasoning, in_answer = estimate_tokens(reasoning), estimate_tokens(answer)
    if output_tokens is not None and in_reasoning + in_answer:
        scale = output_tokens / (in_reasoning + in_answer)
        in_reasoning, in_answer = in_reasoning * scale, in_answer * scale
    return round(in_reasoning), round(in_answer), True
