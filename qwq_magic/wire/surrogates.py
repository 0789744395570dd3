"""Join surrogate halves that a server cut over two deltas.

Servers that count UTF-16 units send half an emoji as `\\ud83d` and the other half in the
next delta. A half that stays alone becomes U+FFFD: no file and no socket could take it.
"""

from __future__ import annotations

from qwq_magic.plain_text import well_formed


class SurrogateJoiner:
    """Holds a trailing first half back until the next delta of the same text."""

    def __init__(self) -> None:
        self._held = ""

    def join(self, text: str) -> str:
        if text.isascii() and not self._held:
            return text
        text, self._held = self._held + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return well_formed(text)

    def flush(self) -> str:
        held, self._held = self._held, ""
        return well_formed(held)
