"""The JSON texts in what should be one: several in a row, and numbers beyond all reason.

Some servers write two chunks on a line, or leave out the empty line between events. Where
each is whole JSON, nothing is lost by taking them one by one.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

DONE = "[DONE]"

# Python takes no fewer than 640, whatever it is told.
_MOST_DIGITS = 600
_SPACE = re.compile(r"[ \t\r\n]*")


def texts_in(text: str) -> list[str]:
    """The JSON texts and end markers that `text` is made of; none where that is not all."""
    texts: list[str] = []
    at = _end_of_space(text, 0)
    try:
        while at < len(text):
            is_done = text.startswith(DONE, at)
            end = at + len(DONE) if is_done else _DECODER.raw_decode(text, at)[1]
            texts.append(text[at:end])
            at = _end_of_space(text, end)
    except (ValueError, RecursionError):
        return []
    return texts


def lenient_value(text: str) -> Any:
    """The value of a JSON text, whose numbers may be too long for Python."""
    return _DECODER.decode(text)


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _whole_number(digits: str) -> float:
    """One number of thousands of digits is no reason to lose a text."""
    return int(digits) if len(digits) <= _MOST_DIGITS else math.inf


_DECODER = json.JSONDecoder(parse_int=_whole_number)
