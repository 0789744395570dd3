"""Split inline `<think>` text into reasoning and answer, delta by delta.

A tag can straddle two deltas, so any tail that might begin a tag is held back until
the next delta settles it. Only a tag at the very start opens reasoning, and the first
closing tag ends it for good: later tags are text of the model's.
"""

from __future__ import annotations

from enum import Enum, auto

from qwq_magic.settings.layers import InlineThink

OPEN = "<think>"
CLOSE = "</think>"

# White space may precede the opening tag, but is not held back without a limit.
_MAX_LEADING_SPACE = 256


class _State(Enum):
    START = auto()
    REASONING = auto()
    ANSWER = auto()


class ThinkTagSplitter:
    """Turns each delta of inline text into a pair of reasoning and answer."""

    def __init__(self, mode: InlineThink) -> None:
        """`mode`: see `Settings.inline_think`."""
        # Only `auto` reports it: `open` splits at this tag, and `off` keeps tags as text.
        self._lone_close = CLOSE if mode == "auto" else None
        self._state = _State.ANSWER if mode == "off" else _State.START
        self._begins_inside = mode == "open"
        self._held = ""

    def meets_lone_close(self, answer: str) -> bool:
        """Does the answer close reasoning that was never opened? True at most once.

        The closing tag is a single token of the models that send it, so no delta splits it.
        """
        if self._lone_close is None or self._lone_close not in answer:
            return False
        self._lone_close = None
        return True

    def split(self, text: str) -> tuple[str, str]:
        if self._state is _State.ANSWER:
            return "", text
        text, self._held = self._held + text, ""
        if self._state is _State.START:
            settled = self._settle_start(text)
            if settled is None:
                self._held = text
                return "", ""
            text = settled
        return self._split_reasoning(text) if self._state is _State.REASONING else ("", text)

    def _settle_start(self, text: str) -> str | None:
        """The text after a possible opening tag; None while it may still be one."""
        stripped = text.lstrip()
        if stripped.startswith(OPEN):
            self._state = _State.REASONING
            return stripped[len(OPEN) :]
        # Also true of an empty `stripped`, so that leading white space is held back.
        if OPEN.startswith(stripped) and len(text) <= _MAX_LEADING_SPACE:
            return None
        self._state = _State.REASONING if self._begins_inside else _State.ANSWER
        return text

    def _split_reasoning(self, text: str) -> tuple[str, str]:
        self._lone_close = None
        reasoning, tag, answer = text.partition(CLOSE)
        if tag:
            self._state = _State.ANSWER
            return reasoning, answer
        held = _tail_that_may_begin(CLOSE, text)
        self._held = text[len(text) - held :]
        return text[: len(text) - held], ""

    def flush(self) -> tuple[str, str]:
        """The text held back, at the end of the stream."""
        # The stream may end inside what looked like a tag, which then is text.
        held, self._held = self._held, ""
        if self._state is _State.REASONING or (self._state is _State.START and self._begins_inside):
            return held, ""
        return "", held

    def stop_splitting(self) -> tuple[str, str]:
        """Treat tags as text, since the server splits by itself; returns the text held back."""
        self._lone_close = None
        if self._state is _State.START:
            self._begins_inside = False
        held = self.flush()
        self._state = _State.ANSWER
        return held


def _tail_that_may_begin(tag: str, text: str) -> int:
    """How many characters at the end of `text` may be the beginning of `tag`."""
    for size in range(min(len(tag) - 1, len(text)), 0, -1):
        if text.endswith(tag[:size]):
            return size
    return 0
