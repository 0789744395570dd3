"""A reasoning that a server may send in two places: in a field, and in the content.

Both places carry the same text at their own pace. What one of them is ahead is kept, and the
text of the other is compared with it, so that the text is delivered once.
"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto


class Place(Enum):
    """Where a reasoning arrives."""

    FIELD = auto()
    CONTENT = auto()


class TwoPlaces:
    """Compares the texts of both places, in time proportional to their length."""

    def __init__(self) -> None:
        self._ahead: deque[str] = deque()
        self._leader: Place | None = None
        # White space of the content where the field has ended: it may be before a closing tag.
        self._space: list[str] = []
        self._has_begun = {Place.FIELD: False, Place.CONTENT: False}
        self.has_matched = False
        self._is_closed = False

    @property
    def is_even(self) -> bool:
        """Whether neither place is ahead of the other by more than white space."""
        return not any(text.strip() for text in self._ahead)

    def close(self) -> None:
        """Stop comparing: from here on, all text is new."""
        self._is_closed = True
        self._ahead.clear()

    def add(self, text: str, place: Place) -> str:
        """The part of the text that is new. Texts that differ are both delivered."""
        if self._is_closed:
            return text
        matched, is_equal = self.matched(text, place)
        if not is_equal:
            self.close()
        rest = text[matched:]
        if self._is_closed or not rest:
            return rest
        if place is Place.CONTENT and self._leader is Place.FIELD:
            self._space.append(rest)
            if not rest.strip():
                return ""
            rest = "".join(self._space)
        self._space.clear()
        self._lead(rest, place)
        return rest

    def matched(self, text: str, place: Place) -> tuple[int, bool]:
        """How much of the text repeats the other place, and whether the rest may be new.

        The rest is new where the text continues after all that the other place has sent.
        """
        if self._leader is place or not self._ahead:
            return 0, True
        at = 0
        if not self._has_begun[place]:
            # The places may differ in the white space after an opening tag.
            at = len(text) - len(text.lstrip())
            self._has_begun[place] = at < len(text)
        while at < len(text) and self._ahead:
            known = self._ahead.popleft()
            size = _common(text, at, known)
            at += size
            self.has_matched = self.has_matched or size > 0
            if size < len(known):
                self._ahead.appendleft(known[size:])
                return at, at == len(text)
        return at, True

    def _lead(self, text: str, place: Place) -> None:
        self._leader = place
        if not self._has_begun[place]:
            text = text.lstrip()
            self._has_begun[place] = bool(text)
        if text:
            self._ahead.append(text)


def _common(text: str, at: int, known: str) -> int:
    """How many characters of `text` from `at` are those of `known`."""
    if text.startswith(known, at):
        return len(known)
    size = min(len(known), len(text) - at)
    if text[at : at + size] == known[:size]:
        return size
    return next(i for i in range(size) if text[at + i] != known[i])
