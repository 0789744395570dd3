"""Mask keys in what httpx and httpcore log: a response's headers, an address and its query.

Their records are changed where they are made, so no handler sees the key, whoever owns it.
"""

from __future__ import annotations

import logging
import threading
import weakref

from qwq_magic.keys import ApiKey
from qwq_magic.keys.lookalikes import without_lookalikes

# A filter works at its own logger only, not for the ones below it.
_LOGGERS = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)


class _KeyFilter(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._keys: weakref.WeakSet[ApiKey] = weakref.WeakSet()
        self._lock = threading.Lock()

    def watch(self, key: ApiKey) -> None:
        with self._lock:
            self._keys.add(key)

    def filter(self, record: logging.LogRecord) -> bool:
        with self._lock:
            keys = list(self._keys)
        message = record.getMessage()
        masked = without_lookalikes(message)
        for key in keys:
            masked = key.redact(masked)
        if masked != message:
            record.msg, record.args = masked, ()
        return True


_filter = _KeyFilter()


def mask_in_logs(key: ApiKey | None) -> None:
    """From here on: the key, as long as it is in use, and whatever looks like one."""
    if key is not None:
        _filter.watch(key)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_filter)
