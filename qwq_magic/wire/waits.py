"""How long a server asks to wait, in its own words or fields.

Rate limits of a day are worded like those of a second, and only the wait tells them apart:
"Please try again in 14h23m2s", "retry after 20 seconds", `retryDelay: "31s"`.
"""

from __future__ import annotations

import re
from typing import Any

_UNITS = {
    "ms": 0.001,
    "millisecond": 0.001,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3_600.0,
    "hr": 3_600.0,
    "hour": 3_600.0,
    "d": 86_400.0,
    "day": 86_400.0,
    "秒": 1.0,
    "分钟": 60.0,
    "小时": 3_600.0,
    "天": 86_400.0,
}
_LEAD = re.compile(
    r"(?i)(?:\b(?:try|retry|retrying|available|resets?|wait)\b|请在|请等待|等待)"
    r"(?: again| your request)?(?: after| in| for|:)?(?: at least| about| approximately)? ?"
)
_PART = re.compile(
    r"(?i)(\d{1,9}(?:\.\d{1,9})?) ?"
    r"(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|秒|分钟|小时|天)"
    r"(?![a-z])"
)
# `14h23m2s` has nothing between its parts, `1 hour and 5 minutes` has words.
_JOINT = re.compile(r"(?i),? ?(?:and )?")
# Seconds, or text such as "31s", in the error or in an object of details.
_FIELDS = ("retry_after", "retry_after_seconds", "retryAfter", "retryDelay", "estimated_time")
# A number of any size may be in a field.
_MOST_S = 1e10
_MAX_TEXT = 4_000
_MAX_OBJECTS = 50


def asked_wait_s(text: str, *objects: Any) -> float | None:
    """The seconds that an error asks to wait, in its fields or its words; None for none."""
    for value in objects:
        seconds = _in_fields(value)
        if seconds is not None:
            return seconds
    text = text[:_MAX_TEXT]
    waits = (_duration_at(text, lead.end()) for lead in _LEAD.finditer(text))
    return next((seconds for seconds in waits if seconds is not None), None)


def _duration_at(text: str, at: int) -> float | None:
    seconds = None
    while (part := _PART.match(text, at)) is not None:
        seconds = (seconds or 0.0) + float(part[1]) * _unit(part[2])
        joint = _JOINT.match(text, part.end())
        at = joint.end() if joint else part.end()
    return seconds


def _in_fields(value: Any) -> float | None:
    rest, seen = [value], 0
    while rest and seen < _MAX_OBJECTS:
        seen += 1
        value = rest.pop()
        if isinstance(value, list):
            rest += value[:_MAX_OBJECTS]
        elif isinstance(value, dict):
            for name in _FIELDS:
                seconds = _seconds(value.get(name))
                if seconds is not None:
                    return seconds
            rest += [value[name] for name in ("details", "metadata", "error") if name in value]
    return None


def _seconds(value: Any) -> float | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if 0 <= value < _MOST_S else None
    if not isinstance(value, str):
        return None
    duration = _duration_at(value[:100], 0)
    if duration is not None:
        return duration
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if 0 <= seconds < _MOST_S else None


def _unit(word: str) -> float:
    word = word.lower()
    return _UNITS[word] if word in _UNITS else _UNITS[word.removesuffix("s")]
