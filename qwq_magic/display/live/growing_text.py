"""A text that grows at its end, and may be read in another thread between two deltas."""

from __future__ import annotations

import threading


class GrowingText:
    """All that was sent of something so far."""

    def __init__(self) -> None:
        self._chunks: list[str] = []
        self._length = 0
        self._lock = threading.Lock()

    def append(self, delta: str) -> int:
        """Add a delta; returns where it begins, in code points."""
        with self._lock:
            offset = self._length
            self._chunks.append(delta)
            self._length += len(delta)
        return offset

    def __str__(self) -> str:
        with self._lock:
            self._chunks[:] = ["".join(self._chunks)]
            return self._chunks[0]
