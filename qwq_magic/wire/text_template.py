"""Recognise chunks that differ from an earlier one in nothing but their text.

In a chunk without a backslash, a string ends at the next quote. The bytes before and after
the text can then be compared instead of parsed, since they would give the same values.
Nearly all chunks of a reply are like that, and parsing is most of their cost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from qwq_magic.events import TokenLogprob
from qwq_magic.wire.sink import ReadChunk, Sink

# Chunks may differ in more than their text, such as a time: stop compiling patterns then.
_MAX_TRIES = 32


class TextTemplate:
    """Reads the text of events that match a pattern, without parsing them."""

    def __init__(self, read_chunk: ReadChunk) -> None:
        """`read_chunk` must not depend on earlier chunks."""
        self._read_chunk = read_chunk
        self._pattern: re.Pattern[bytes] | None = None
        self._is_reasoning = False
        self._tries_left = _MAX_TRIES

    def take(self, data: bytes, at: int, reply: Sink) -> int:
        """Read the matching events that begin at `at`; returns where they end."""
        if self._pattern is None:
            return at
        add = reply.add_reasoning if self._is_reasoning else reply.add_content
        match = self._pattern.match
        while found := match(data, at):
            add(found[1].decode("utf-8", "replace"))
            at = found.end()
        return at

    def learn(self, event: bytes, chunk: dict[str, Any]) -> None:
        """Match events like this one from here on, if it contains nothing but one text."""
        if not self._tries_left or not _is_one_line(event) or b"\\" in event:
            return
        self._tries_left -= 1
        recorder = _Recorder()
        self._read_chunk(chunk, recorder)
        if len(recorder.texts) != 1 or recorder.is_more:
            return
        [(is_reasoning, text)] = recorder.texts
        literal = b'"%s"' % text.encode()
        start = event.find(literal)
        if start < 0 or start != event.rfind(literal):
            # An equal string elsewhere in the chunk: either could be the text.
            return
        before, after = event[: start + 1], event[start + len(literal) - 1 :]
        self._pattern = re.compile(re.escape(before) + rb'([^"\\\x00-\x1f]+)' + re.escape(after))
        self._is_reasoning = is_reasoning


def _is_one_line(event: bytes) -> bool:
    has_one_end = event.find(b"\n") == len(event) - 2 and event.endswith(b"\n\n")
    return has_one_end and event.startswith(b"data:") and b"\r" not in event


class _Recorder:
    """A `Sink` that records what is in a chunk."""

    def __init__(self) -> None:
        self.texts: list[tuple[bool, str]] = []
        self.is_more = False

    def add_reasoning(self, text: str) -> None:
        self.texts.append((True, text))

    def add_content(self, text: str) -> None:
        self.texts.append((False, text))

    def lose_content(self) -> None:
        self.is_more = True

    def skip(self, name: str, *, may_be_text: bool) -> None:  # noqa: ARG002  # see `Sink`
        self.is_more = True

    def add_logprobs(self, tokens: Sequence[TokenLogprob]) -> None:
        self.is_more = self.is_more or bool(tokens)

    def add_usage(self, counts: Any) -> None:
        self.is_more = self.is_more or bool(counts)

    def end_with(self, reason: Any) -> None:
        self.is_more = self.is_more or bool(reason)

    def sign(self, signature: str) -> None:  # noqa: ARG002  # see `Sink`
        self.is_more = True

    def finish(self) -> None:
        self.is_more = True

    def takes_message(self) -> bool:
        # The result depends on earlier chunks.
        self.is_more = True
        return True

    def other(self, index: Any) -> Sink:  # noqa: ARG002  # see `Sink`
        self.is_more = True
        return self
