"""What a conversation may be called: a short line that can be typed, shown and saved."""

from __future__ import annotations

from qwq_magic.errors import ConfigurationError
from qwq_magic.plain_text import one_line

_MOST_CHARACTERS = 200


def is_name(name: object) -> bool:
    """Is it text of one printable line, without blanks that nobody sees?"""
    return isinstance(name, str) and name == one_line(name) and 0 < len(name) <= _MOST_CHARACTERS


def checked_name(name: str) -> str:
    """The name as it stands.

    Raises:
        ConfigurationError: it is none.
    """
    if not is_name(name):
        raise ConfigurationError(
            f"{name!r:.80} is no name for a conversation. Give a short line of text."
        )
    return name
