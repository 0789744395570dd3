"""What protocols read their chunks into."""

from __future__ import annotations

from typing import Any, Protocol


class Sink(Protocol):
    """What a chunk is read into; see `Reply`."""

    def add_reasoning(self, text: str) -> None: ...

    def add_content(self, text: str) -> None: ...

    def lose_content(self) -> None: ...

    def add_usage(self, counts: Any) -> None: ...

    def end_with(self, reason: Any) -> None: ...

    def finish(self) -> None: ...

    def takes_message(self) -> bool:
        """Is a message in place of a delta new, rather than all deltas once more?"""

    def other(self, index: Any) -> Sink:
        """What takes the choice with this index, which is not the first."""


class ReadChunk(Protocol):
    """Takes one chunk into a reply."""

    def __call__(self, chunk: dict[str, Any], reply: Sink, /) -> None: ...
