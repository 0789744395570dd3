"""A choice other than the first, kept until it is known whether the first has any text.

Of several choices the reply is the first. But some servers number their only choice
differently, and only the end of the stream shows that there was no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from qwq_magic.events import TokenLogprob
from qwq_magic.wire.sink import Sink

# A bound on memory, for a server that sends many choices or never ends.
_MOST_CHARACTERS = 4_000_000
_MOST_TEXTS = 400_000
_MOST_NAMES = 20


class OtherChoice:
    """A `Sink` for the chunks of the choice with this index."""

    def __init__(self, index: Any) -> None:
        self.index = index
        self._texts: list[tuple[bool, str]] = []
        self._characters = 0
        self._is_lossy = False
        self._unread: dict[str, bool] = {}
        self._reason: Any = None

    def add_reasoning(self, text: str) -> None:
        self._keep(text, is_reasoning=True)

    def add_content(self, text: str) -> None:
        self._keep(text, is_reasoning=False)

    def lose_content(self) -> None:
        self._is_lossy = True

    def skip(self, name: str, *, may_be_text: bool) -> None:
        if len(self._unread) < _MOST_NAMES:
            self._unread.setdefault(name, may_be_text)

    def add_logprobs(self, tokens: Sequence[TokenLogprob]) -> None:
        """Ignored: the choice may never count."""

    def add_usage(self, counts: Any) -> None:
        """Ignored: usage belongs to the reply, not to a choice."""

    def end_with(self, reason: Any) -> None:
        self._reason = reason or self._reason

    def sign(self, signature: str) -> None:
        """Ignored: protocols with signatures have one choice."""

    def finish(self) -> None:
        """Ignored: the end belongs to the reply, too."""

    def takes_message(self) -> bool:
        return not self._texts

    def other(self, index: Any) -> Sink:
        return OtherChoice(index)

    def replay(self, reply: Sink) -> None:
        """Add everything to the reply."""
        for is_reasoning, group in groupby(self._texts, key=lambda kept: kept[0]):
            text = "".join(text for _, text in group)
            (reply.add_reasoning if is_reasoning else reply.add_content)(text)
        if self._is_lossy:
            reply.lose_content()
        for name, may_be_text in self._unread.items():
            reply.skip(name, may_be_text=may_be_text)
        reply.end_with(self._reason)

    def _keep(self, text: str, *, is_reasoning: bool) -> None:
        if self._characters > _MOST_CHARACTERS or len(self._texts) >= _MOST_TEXTS:
            self._is_lossy = True
            return
        self._characters += len(text)
        self._texts.append((is_reasoning, text))
