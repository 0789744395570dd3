"""What is known about a text at its end: whether a tag there is quoted, or a mark.

Models write about tags, too. A tag in a fenced block or in a code span is a quotation, and so
is one in the middle of a sentence, with spaces around it.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Verdict: TypeAlias = Literal["mark", "quoted", "open"]

_FENCES: Final = ("```", "~~~")
_LINE_CHARACTERS: Final = 80
_SENTENCE_ENDS: Final = ".!?…。！？"
_OPENING: Final = "([{<|/=“‘«「『（"
_QUOTES: Final = {'"': '"', "'": "'", "*": "*", "_": "_", "”": "”", "’": "’"}


class TextSoFar:
    """Follows a text as it grows, without keeping it."""

    def __init__(self) -> None:
        self._fence = ""
        # The beginning of the last line, and what decides about a tag at its end.
        self._line = ""
        self._backticks = 0
        self._last = ""
        self._last_visible = ""
        # White space at the end of the text.
        self.space = 0
        self.newlines = 0

    @property
    def is_in_fence(self) -> bool:
        return bool(self._fence)

    @property
    def is_at_line_start(self) -> bool:
        return not self._line

    def add(self, text: str) -> None:
        """Follow more text."""
        if not text:
            return
        first, *others = text.split("\n")
        self._add_to_line(first)
        for line in others:
            self._end_line()
            self._add_to_line(line)
        visible = text.rstrip()
        spaces = text[len(visible) :]
        self.space = len(spaces) + (0 if visible else self.space)
        self.newlines = spaces.count("\n") + (0 if visible else self.newlines)
        self._last = text[-1]
        if visible:
            self._last_visible = visible[-1]

    @property
    def verdict_in_code(self) -> Verdict:
        """The same by one sign alone, whether the tag is in code."""
        return "quoted" if self._fence or self._backticks % 2 else "mark"

    def verdict(self, after: str) -> Verdict:
        """Whether a closing tag here is a mark; `after` is the next character, if it is known."""
        if self.verdict_in_code == "quoted":
            return "quoted"
        if self.is_at_line_start:
            return "mark"
        if self._last in _OPENING:
            return "quoted"
        if self._last.isspace() and self._last_visible not in _SENTENCE_ENDS:
            return _pending(after) or ("mark" if after in "\r\n" else "quoted")
        if self._last in _QUOTES:
            return _pending(after) or ("quoted" if after == _QUOTES[self._last] else "mark")
        if _is_cjk(self._last):
            return _pending(after) or ("quoted" if _is_cjk(after) else "mark")
        return "mark"

    def verdict_at_end(self) -> Verdict:
        """The same where the reply ends after the tag."""
        if self.verdict("") != "open":
            return self.verdict("")
        return "quoted" if self._last.isspace() else "mark"

    def _add_to_line(self, text: str) -> None:
        if len(self._line) < _LINE_CHARACTERS:
            text_there = text if self._line else text.lstrip()
            self._line = (self._line + text_there)[:_LINE_CHARACTERS]
        self._backticks += text.count("`")

    def _end_line(self) -> None:
        start = self._line.rstrip()
        if self._fence:
            if start.startswith(self._fence) and not start.strip(self._fence[0]):
                self._fence = ""
        elif start.startswith(_FENCES):
            character = start[0]
            size = len(start) - len(start.lstrip(character))
            # A line such as "```x```" is a code span.
            if character == "~" or "`" not in start[size:]:
                self._fence = character * size
        self._line, self._backticks = "", 0


def _pending(after: str) -> Verdict | None:
    return None if after else "open"


def _is_cjk(character: str) -> bool:
    return "\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af"
