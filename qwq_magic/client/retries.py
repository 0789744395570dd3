"""How long to wait before a retry.

0.5 s doubling to 8 s, each shortened at random by up to a quarter so that many clients do
not retry at the same moment. A server's `Retry-After` is obeyed, unless it is longer than
anyone would wait in front of a notebook.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

MAX_RETRIES = 2
MAX_RETRY_AFTER_S = 60.0
# A model of 70 GB takes two minutes from a disk and five over a network. What takes longer is
# better looked up in the server's log than waited for.
MAX_LOADING_S = 300.0

_FIRST_DELAY_S = 0.5
_MAX_DELAY_S = 8.0
_JITTER = 0.25
# Requests to a server that loads cost it nothing, and each second late is one waited in vain.
_FIRST_LOADING_DELAY_S = 1.0
_MAX_LOADING_DELAY_S = 5.0


def delay_s(attempt: int, *, retry_after_s: float | None, random: float) -> float | None:
    """Seconds to wait before the next attempt; None if the wait would be too long.

    `attempt` counts from 0; `random` is in 0..1.
    """
    if retry_after_s is not None:
        return retry_after_s if retry_after_s <= MAX_RETRY_AFTER_S else None
    return min(_FIRST_DELAY_S * 2.0**attempt, _MAX_DELAY_S) * (1.0 - _JITTER * random)


def loading_delay_s(attempt: int, *, waited_s: float, retry_after_s: float | None) -> float | None:
    """Seconds until the next attempt at a server that loads the model; None to give up.

    `attempt` counts from 0. A server's own estimate is only a bound: models load faster, too.
    """
    if waited_s >= MAX_LOADING_S:
        return None
    most_s = _MAX_LOADING_DELAY_S if retry_after_s is None else max(retry_after_s, 0.5)
    wait_s = min(_FIRST_LOADING_DELAY_S * 1.5 ** min(attempt, 20), _MAX_LOADING_DELAY_S, most_s)
    return min(wait_s, MAX_LOADING_S - waited_s)


def retry_after_s(headers: Mapping[str, str], *, now: float) -> float | None:
    """The seconds in `Retry-After`, which may be a date; `now` is Unix time."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        # HTTP dates are in UTC (RFC 9110), also where a server omits the zone.
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = date.timestamp() - now
    # `float` accepts "nan" and "inf", and a date may be in the past.
    return seconds if 0.0 <= seconds < math.inf else None
