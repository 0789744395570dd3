"""Watch a reasoning for the limits that end it, while it streams and in linear time."""

from __future__ import annotations

import re
from collections import Counter

from qwq_magic.reasoning import LoopDetector
from qwq_magic.reasoning.assertions import asserted_value
from qwq_magic.reasoning.segmenter import StepSegmenter
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Limits, StoppedBy
from qwq_magic.turns.limits import Cause

# How far back a match may begin, in characters: of a short match that is noticed at once, and
# of a long one that is noticed when as much text has arrived again.
_SHORT_MATCH = 200
_LONG_MATCH = 4_000


class LimitWatch:
    """Reads the reasoning of one reply; the first limit that strikes counts."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._tokens = 0.0
        self._detector = LoopDetector() if limits.loops else None
        self._segmenter = StepSegmenter() if limits.same else None
        self._asserted: Counter[str] = Counter()
        self._pattern = re.compile(limits.match) if limits.match else None
        self._window = ""
        self._since_long = 0

    def feed(self, text: str) -> StoppedBy | None:
        """Read a delta; return the limit that strikes, or None."""
        limits = self._limits
        if limits.tokens is not None:
            self._tokens += estimate_tokens(text)
            if self._tokens >= limits.tokens:
                return self.struck("tokens")
        if self._detector is not None and limits.loops is not None:
            self._detector.feed(text)
            if sum(not loop.is_ruler for loop in self._detector.loops) >= limits.loops:
                return self.struck("loops")
        if self._segmenter is not None and self._is_asserted_too_often(text):
            return self.struck("same")
        if self._pattern is not None and self._is_matched(text):
            return self.struck("match")
        return None

    def struck(self, limit: Cause) -> StoppedBy:
        """Return the value that says which limit struck."""
        return StoppedBy(limit, getattr(self._limits, limit), then=self._limits.then)

    def _is_asserted_too_often(self, text: str) -> bool:
        assert self._segmenter is not None
        assert self._limits.same is not None
        for piece in self._segmenter.feed(text):
            value = asserted_value(piece.text)
            if value is None:
                continue
            self._asserted[value] += 1
            if self._asserted[value] >= self._limits.same:
                return True
        return False

    def _is_matched(self, text: str) -> bool:
        assert self._pattern is not None
        self._window += text
        self._since_long += len(text)
        if self._since_long < _LONG_MATCH:
            begin = max(0, len(self._window) - len(text) - _SHORT_MATCH)
            return self._pattern.search(self._window, begin) is not None
        self._since_long = 0
        if self._pattern.search(self._window):
            return True
        self._window = self._window[-_LONG_MATCH:]
        return False
