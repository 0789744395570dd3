"""Remove from untrusted text everything that controls a terminal, a log or the reading order.

Kept are printable characters, newlines and tabs. Dropped are C0 and C1 controls, whole
escape sequences (ECMA-48), bidirectional overrides and isolates, and tag characters.
A carriage return becomes a newline, so that no line can be overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

_State: TypeAlias = Literal["ground", "return", "escape", "intermediate", "csi", "string", "st"]

_DROPPED = "\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f"
_ANY_DROPPED = re.compile(f"[{_DROPPED}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_ENDS = re.compile("[\r\n\x0b\x0c\x85\u2028\u2029]+")
# Legitimate in running text, but not in a one-line message: direction marks, byte-order mark.
_MARKS = re.compile("[\u061c\u200e\u200f\ufeff\ud800-\udfff]")

# Invisible to a reader: whole escape sequences, controls, and characters without a width.
_INVISIBLE = re.compile(
    "(?:\x1b\\[|\x9b)[\x20-\x3f]*[\x40-\x7e]?"
    "|(?:\x1b[P\\]X^_]|[\x90\x98\x9d-\x9f])[^\n\r\x07\x18\x1a\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[\x20-\x2f]*[\x30-\x7e]?"
    f"|[{_DROPPED}\xad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)

# The longest quotation of a server's message, in bytes of UTF-8.
SHOWN_BYTES = 1_500

_KEPT_RUN = re.compile(f"[^{_DROPPED}]*")
_CSI_BODY = re.compile("[\x20-\x3f]*")
_INTERMEDIATES = re.compile("[\x20-\x2f]*")
_STRING_BODY = re.compile("[^\n\r\x07\x18\x1a\x1b\x9c]*")

_STRING_OPENERS = "P]X^_"
_C1_OPENERS: dict[str, _State] = {
    "\x9b": "csi",
    "\x90": "string",
    "\x98": "string",
    "\x9d": "string",
    "\x9e": "string",
    "\x9f": "string",
    "\x1b": "escape",
}


class ControlStripper:
    """Strips controls from a text that arrives in deltas; a sequence may be cut anywhere.

    Only the parser's state survives between deltas, so a sequence that never ends uses no
    memory. A newline ends an unterminated string sequence, which would otherwise swallow the
    rest of an answer.
    """

    def __init__(self) -> None:
        self._state: _State = "ground"

    def feed(self, text: str) -> str:
        if self._state == "ground" and not _ANY_DROPPED.search(text):
            return text
        kept: list[str] = []
        at, end = 0, len(text)
        while at < end:
            match self._state:
                case "ground" | "return":
                    at = self._read_text(text, at, kept)
                case "escape":
                    at = self._read_escape(text, at)
                case "intermediate":
                    at = self._read_to_final(text, _INTERMEDIATES.match(text, at), "\x30", "\x7e")
                case "csi":
                    at = self._read_to_final(text, _CSI_BODY.match(text, at), "\x40", "\x7e")
                case "string":
                    at = self._read_string(text, at)
                case "st":
                    self._state = "ground" if text[at] == "\\" else "escape"
                    at += self._state == "ground"
        return "".join(kept)

    def _read_text(self, text: str, at: int, kept: list[str]) -> int:
        if self._state == "return":
            self._state = "ground"
            if text[at] == "\n":
                return at + 1
        run = _KEPT_RUN.match(text, at)
        assert run is not None
        kept.append(run.group())
        if run.end() == len(text):
            return run.end()
        control = text[run.end()]
        if control == "\r":
            kept.append("\n")
            self._state = "return"
        else:
            self._state = _C1_OPENERS.get(control, "ground")
        return run.end() + 1

    def _read_escape(self, text: str, at: int) -> int:
        opener = text[at]
        if opener == "[":
            self._state = "csi"
        elif opener in _STRING_OPENERS:
            self._state = "string"
        elif "\x20" <= opener <= "\x2f":
            self._state = "intermediate"
        else:
            self._state = "ground"
            return at + ("\x30" <= opener <= "\x7e")
        return at + 1

    def _read_to_final(self, text: str, body: re.Match[str] | None, low: str, high: str) -> int:
        """Return the index after the sequence; an invalid final character counts as text."""
        assert body is not None
        at = body.end()
        if at == len(text):
            return at
        self._state = "ground"
        return at + (low <= text[at] <= high)

    def _read_string(self, text: str, at: int) -> int:
        body = _STRING_BODY.match(text, at)
        assert body is not None
        at = body.end()
        if at == len(text):
            return at
        if text[at] == "\x1b":
            self._state = "st"
            return at + 1
        self._state = "ground"
        return at + (text[at] not in "\n\r")


def strip_controls(text: str) -> str:
    """Return the text without control characters and sequences, in linear time."""
    return ControlStripper().feed(text)


def visible(text: str) -> tuple[str, Sequence[int]]:
    """Return the text as a reader sees it, and the index in `text` of each visible character.

    The indices have one more item, the length of `text`.
    """
    if not _INVISIBLE.search(text):
        return text, range(len(text) + 1)
    kept: list[str] = []
    indices: list[int] = []
    at = 0
    for match in _INVISIBLE.finditer(text):
        kept.append(text[at : match.start()])
        indices += range(at, match.start())
        at = match.end()
    return "".join([*kept, text[at:]]), [*indices, *range(at, len(text) + 1)]


def well_formed(text: str) -> str:
    """Return the text with surrogates paired and lone ones replaced by U+FFFD.

    The result can be encoded as UTF-8.
    """
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def one_line(text: str, *, limit_bytes: int | None = None) -> str:
    """Return the text as one printable line of at most `limit_bytes` bytes in UTF-8."""
    text = " ".join(_MARKS.sub("", strip_controls(_LINE_ENDS.sub(" ", text))).split())
    encoded = text.encode()
    if limit_bytes is None or len(encoded) <= limit_bytes:
        return text
    return encoded[: limit_bytes - len("…".encode())].decode("utf-8", "ignore") + "…"


def excerpt(text: str, *, limit_bytes: int) -> str:
    """Return the beginning of the text as one line, without scanning the rest."""
    return one_line(well_formed(text[: 4 * limit_bytes]), limit_bytes=limit_bytes)


class SurrogateJoiner:
    """Joins the halves of a surrogate pair that a server split across two deltas.

    Servers that count UTF-16 units may send half an emoji as `\\ud83d` and the other half in
    the next delta, so a trailing first half is held back. A half that remains alone becomes
    U+FFFD, since it could not be written to a file or a socket.
    """

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
