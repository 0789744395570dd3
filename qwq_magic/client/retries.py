"""When to ask again, and after how long.

0.5 s doubling to 8 s, each shortened at random by up to a quarter so that many clients
do not return at once; a server's own `Retry-After` is obeyed, unless it is too far off
for a reader to wait.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

MAX_RETRIES = 2
MAX_RETRY_AFTER_S = 60.0

_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 8.0
_JITTER = 0.25


def delay_s(attempt: int, *, retry_after_s: float | None, random: float) -> float | None:
    """Seconds to wait before asking again; None where it is not worth waiting.

    `attempt` counts from 0; `random` is in 0..1.
    """
    if retry_after_s is not None:
        return retry_after_s if retry_after_s <= MAX_RETRY_AFTER_S else None
    return min(_FIRST_DELAY_S * 2.0**attempt, _MAX_DELAY_S) * (1.0 - _JITTER * random)


def retry_after_s(headers: Mapping[str, str], *, now: float) -> float | None:
    """What `Retry-After` asks for, given as seconds or as a date; `now` is Unix time."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        # A date without a zone is UTC: HTTP knows no other.
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = date.timestamp() - now
    # NaN and infinity are numbers to `float`; what is past says nothing of how long to wait.
    return seconds if 0.0 <= seconds < math.inf else None
