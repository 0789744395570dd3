"""Mask the key in a stream of events, and in what httpx and httpcore log.

Some servers echo the headers of a request, in their text as well as in their headers. Log
records are changed by filters on the loggers that make them, so that no handler, of
whichever library, gets to see the key.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace

from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
)
from qwq_magic.keys import ApiKey
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.keys.mask import KeyMask


async def masked_events(
    events: AsyncGenerator[Event, None], key: ApiKey
) -> AsyncGenerator[Event, None]:
    """The events with the key masked, even if it is split across deltas of one kind."""
    masks = _Masks(key.mask(), key.redact)
    async with aclosing(events):
        try:
            async for event in events:
                for masked in masks.feed(event):
                    yield masked
        except asyncio.CancelledError:
            # The text held back has arrived before the interrupt, so it belongs to the turn.
            for masked in masks.flush():
                yield masked
            raise
        for masked in masks.flush():
            yield masked


class _Masks:
    """A mask for the kind of text that is arriving."""

    def __init__(self, mask: KeyMask, redact: Callable[[str], str]) -> None:
        self._mask = mask
        self._redact = redact
        self._kind: type[ReasoningDelta] | type[AnswerDelta] = ReasoningDelta

    def feed(self, event: Event) -> Iterator[Event]:
        if isinstance(event, StreamFinished):
            yield from self.flush()
            reason = event.finish_reason and self._redact(event.finish_reason)
            # A signature that holds the key is worthless anyway, once the key is masked.
            signature = self._redact(event.signature) if event.signature else ""
            yield replace(event, finish_reason=reason, signature=signature)
            return
        if isinstance(event, (AnswerBecameReasoning, ReasoningBecameAnswer)):
            # What is held back belongs to the text that moves.
            yield from self.flush()
            yield event
            return
        if not isinstance(event, (ReasoningDelta, AnswerDelta)):
            # Some servers report usage between any two deltas of one text.
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


# A logger's filter does not apply to records of its child loggers, so each gets one.
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
            # Formatted with the arguments already, so they must not be formatted in again.
            record.msg, record.args = masked, ()
        return True


_filter = _KeyFilter()


def mask_in_logs(key: ApiKey | None) -> None:
    """Mask the key while it is in use, and from now on all that looks like a key."""
    if key is not None:
        _filter.watch(key)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_filter)
