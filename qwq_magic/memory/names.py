"""Valid names of conversations: one short line that can be typed, displayed and saved."""

from __future__ import annotations

from qwq_magic.errors import ConfigurationError
from qwq_magic.plain_text import one_line

MAX_CHARACTERS = 200


def is_name(name: object) -> bool:
    """Whether the name is one printable line without leading, trailing or repeated spaces."""
    return isinstance(name, str) and name == one_line(name) and 0 < len(name) <= MAX_CHARACTERS


def checked_name(name: str) -> str:
    """Return the name unchanged.

    Raises:
        ConfigurationError: the name is not valid.
    """
    if not is_name(name):
        raise ConfigurationError(
            f"{name!r:.80} is not a valid conversation name. Use one short line of text."
        )
    return name
