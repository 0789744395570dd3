"""Split JSON texts that a server joined, and parse numbers that are too long for Python.

Some servers write two chunks on a line, or leave out the empty line between events. If
each is complete JSON, nothing is lost by reading them one by one.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

DONE = "[DONE]"

# Python's limit for integers is configurable, but never below 640 digits.
_MOST_DIGITS = 600
# More than a whole reply has events. Text after text costs, and a line may have 8 MB of them.
_MOST_TEXTS = 50_000
_SPACE = re.compile(r"[ \t\r\n]*")


def texts_in(text: str) -> list[str]:
    """The JSON texts and end markers in `text`; none if there is anything else in it.

    Only objects and arrays are split: no server joins numbers, of which a long line of digits
    would be millions.
    """
    texts: list[str] = []
    at = _end_of_space(text, 0)
    try:
        while at < len(text):
            is_done = text.startswith(DONE, at)
            end = at + len(DONE) if is_done else _DECODER.raw_decode(text, at)[1]
            texts.append(text[at:end])
            at = _end_of_space(text, end)
            is_joined = len(texts) > 1 or at < len(text)
            if len(texts) > _MOST_TEXTS or (is_joined and texts[-1][0] not in "{["):
                return []
    # Deeply nested JSON exceeds the stack of the parser: hostile, but not a reason to crash.
    except (ValueError, RecursionError):
        return []
    return texts


def lenient_value(text: str) -> Any:
    """The value of a JSON text, even with numbers too long for Python's own parser."""
    return _DECODER.decode(text)


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _whole_number(digits: str) -> float:
    """The number; infinity for one of thousands of digits, which must not cost the chunk."""
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


_DECODER = json.JSONDecoder(parse_int=_whole_number)
