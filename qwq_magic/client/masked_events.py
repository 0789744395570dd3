"""Mask the key in what a server streams back, since some echo whatever they are sent.

Mask keys in what httpx and httpcore log: a response's headers, an address and its query.

Their records are changed where they are made, so no handler sees the key, whoever owns it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing

from qwq_magic.events import AnswerDelta, Event, ReasoningDelta, StreamFinished
from qwq_magic.keys import ApiKey
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.keys.mask import KeyMask


async def masked_events(
    events: AsyncGenerator[Event, None], key: ApiKey
) -> AsyncGenerator[Event, None]:
    """The events with the key masked, also where it is cut over deltas of one kind."""
    masks = _Masks(key.mask(), key.redact)
    async with aclosing(events):
        try:
            async for event in events:
                for masked in masks.feed(event):
                    yield masked
        except asyncio.CancelledError:
            # What is held back has arrived, too.
            for masked in masks.flush():
                yield masked
            raise
        for masked in masks.flush():
            yield masked


class _Masks:
    """One mask for whichever kind of text is under way."""

    def __init__(self, mask: KeyMask, redact: Callable[[str], str]) -> None:
        self._mask = mask
        self._redact = redact
        self._kind: type[ReasoningDelta] | type[AnswerDelta] = ReasoningDelta

    def feed(self, event: Event) -> Iterator[Event]:
        if isinstance(event, StreamFinished):
            yield from self.flush()
            yield StreamFinished(event.finish_reason and self._redact(event.finish_reason))
            return
        if not isinstance(event, (ReasoningDelta, AnswerDelta)):
            # Some servers count tokens after every delta, so this settles nothing.
            yield event
            return
        if type(event) is not self._kind:
            yield from self.flush()
            self._kind = type(event)
        if text := self._mask.feed(event.text):
            yield self._kind(text)

    def flush(self) -> Iterator[Event]:
        if held := self._mask.flush():
            yield self._kind(held)


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
