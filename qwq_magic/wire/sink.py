"""The interface between the chunk readers of protocols and a reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from qwq_magic.events import TokenLogprob


class Sink(Protocol):
    """A reply, as the reader of its chunks sees it; see `Reply`."""

    def add_reasoning(self, text: str) -> None: ...

    def add_content(self, text: str) -> None: ...

    def lose_content(self) -> None: ...

    def skip(self, name: str, *, may_be_text: bool) -> None: ...

    def add_logprobs(self, tokens: Sequence[TokenLogprob]) -> None:
        """Add the log-probabilities of the tokens of the latest text."""

    def add_usage(self, counts: Any) -> None: ...

    def end_with(self, reason: Any) -> None: ...

    def sign(self, signature: str) -> None:
        """Keep what the server wants back with the reasoning, in the protocol's own form."""

    def finish(self) -> None: ...

    def takes_message(self) -> bool:
        """Is a message in place of a delta new text, rather than all deltas repeated?"""

    def other(self, index: Any) -> Sink:
        """The sink for the choice with this index, which is not the first."""


class ReadChunk(Protocol):
    """Reads one chunk into a reply."""

    def __call__(self, chunk: dict[str, Any], reply: Sink, /) -> None: ...
