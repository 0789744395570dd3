"""Recognise the chunk that differs from an earlier one in nothing but its text.

Where a chunk holds no backslash, a string of it ends at the next quote. What stands before
and after the text can then be compared as bytes: parsing it again would give the same
again. Nearly all chunks of a reply are such, and parsing is most of what they cost.
"""

from __future__ import annotations

import re
from typing import Any

from qwq_magic.wire.sink import ReadChunk, Sink

# A server whose chunks always differ elsewhere is not to cost a pattern for each.
_MAX_TRIES = 32


class TextTemplate:
    """Takes the texts of server-sent events that it knows, without parsing them."""

    def __init__(self, read_chunk: ReadChunk) -> None:
        """`read_chunk` must keep nothing from chunk to chunk."""
        self._read_chunk = read_chunk
        self._pattern: re.Pattern[bytes] | None = None
        self._is_reasoning = False
        self._tries_left = _MAX_TRIES

    def take(self, data: bytes, at: int, reply: Sink) -> int:
        """Take the known events that stand at `at`, one after the other; where they end."""
        if self._pattern is None:
            return at
        add = reply.add_reasoning if self._is_reasoning else reply.add_content
        match = self._pattern.match
        while found := match(data, at):
            add(found[1].decode("utf-8", "replace"))
            at = found.end()
        return at

    def learn(self, event: bytes, chunk: dict[str, Any]) -> None:
        """Know events like this one from here on, if its text is all there is to it."""
        if not self._tries_left or not _is_one_line(event) or b"\\" in event:
            return
        self._tries_left -= 1
        recorder = _Recorder()
        self._read_chunk(chunk, recorder)
        if len(recorder.texts) != 1 or recorder.is_more:
            return
        [(is_reasoning, text)] = recorder.texts
        literal = b'"%s"' % text.encode()
        place = event.find(literal)
        if place < 0 or place != event.rfind(literal):
            # It cannot be told which of them is the text.
            return
        before, after = event[: place + 1], event[place + len(literal) - 1 :]
        self._pattern = re.compile(re.escape(before) + rb'([^"\\\x00-\x1f]+)' + re.escape(after))
        self._is_reasoning = is_reasoning


def _is_one_line(event: bytes) -> bool:
    has_one_end = event.find(b"\n") == len(event) - 2 and event.endswith(b"\n\n")
    return has_one_end and event.startswith(b"data:") and b"\r" not in event


class _Recorder:
    """Notes what a chunk holds."""

    def __init__(self) -> None:
        self.texts: list[tuple[bool, str]] = []
        self.is_more = False

    def add_reasoning(self, text: str) -> None:
        self.texts.append((True, text))

    def add_content(self, text: str) -> None:
        self.texts.append((False, text))

    def lose_content(self) -> None:
        self.is_more = True

    def add_usage(self, counts: Any) -> None:
        self.is_more = self.is_more or bool(counts)

    def end_with(self, reason: Any) -> None:
        self.is_more = self.is_more or bool(reason)

    def finish(self) -> None:
        self.is_more = True

    def takes_message(self) -> bool:
        # It depends on what came before.
        self.is_more = True
        return True

    def other(self, index: Any) -> Sink:  # noqa: ARG002  # a seam's
        self.is_more = True
        return self
