"""The log-probabilities of tokens, as OpenAI's chunks and those of compatible servers have them.

`choices[].logprobs.content` is a list of tokens; DeepSeek and SGLang have a list for the
reasoning beside it. https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeGuard

from qwq_magic.events import TokenLogprob
from qwq_magic.reasoning.logprobs import token_logprob

# The tokens of the reasoning come first, as its text does.
_LISTS = ("reasoning_content", "content")
_MOST_ALTERNATIVES = 20


def logprobs_in(value: Any) -> list[TokenLogprob]:
    """Return the tokens that a chunk reports, in order; items of another form are left out."""
    if not isinstance(value, dict):
        return []
    return [token for name in _LISTS for token in _tokens(value.get(name))]


def _tokens(items: Any) -> Iterator[TokenLogprob]:
    for item in items if isinstance(items, list) else ():
        if not isinstance(item, dict):
            continue
        text, logprob = item.get("token"), item.get("logprob")
        if isinstance(text, str) and _is_number(logprob):
            yield token_logprob(text, logprob, _alternatives(item.get("top_logprobs")))


def _alternatives(items: Any) -> list[float]:
    found = items[:_MOST_ALTERNATIVES] if isinstance(items, list) else []
    logprobs = [item.get("logprob") for item in found if isinstance(item, dict)]
    return [logprob for logprob in logprobs if _is_number(logprob)]


def _is_number(value: Any) -> TypeGuard[float]:
    # `isnan` has no answer for an integer of several hundred digits.
    return type(value) is int or (type(value) is float and not math.isnan(value))
