"""Make a server's words fit for one line of an error message.

Whatever a server sends may end in a terminal: control characters, escape sequences,
direction overrides and tag characters are removed, white space is one space.
"""

from __future__ import annotations

import re

SHOWN_BYTES = 1_500

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS
    r"|\x1b."
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


def one_line(text: str, *, limit_bytes: int = SHOWN_BYTES) -> str:
    """`text` as one printable line of at most `limit_bytes` in UTF-8."""
    text = _INVISIBLE.sub("", _ESCAPE_SEQUENCE.sub("", text))
    text = " ".join(text.split())
    encoded = text.encode()
    if len(encoded) <= limit_bytes:
        return text
    return encoded[: limit_bytes - 3].decode("utf-8", "ignore") + "…"
