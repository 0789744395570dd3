"""Tab on the option line: flags, and the values an option can take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from qwq_magic.magics.options import OPTIONS, Option
from qwq_magic.servers import SERVERS

# What an option's value may be, by the option's name; asked when Tab is pressed.
Values = dict[str, Callable[[], Iterable[str]]]


def known_models() -> list[str]:
    return sorted({server.model for server in SERVERS.values() if server.model})


def complete(words: list[str], text: str, values: Values) -> list[str]:
    """What may stand in place of `text`, the last of `words` as far as it is typed."""
    previous = words[-2] if text and len(words) > 1 else (words[-1] if words else "")
    for option in OPTIONS:
        if previous in option.flags and option.metavar:
            return [value for value in _values_of(option, values) if value.startswith(text)]
    flags = [flag for option in OPTIONS for flag in option.flags]
    return [flag for flag in flags if text.startswith("-") and flag.startswith(text)]


def _values_of(option: Option, values: Values) -> Iterable[str]:
    return option.choices or values.get(option.name, tuple)()


def make_completer(values: Values) -> Callable[[Any, Any], list[str]]:
    """A completer as IPython's `complete_command` hook wants it."""

    def completer(_shell: Any, event: Any) -> list[str]:
        return complete(event.text_until_cursor.split()[1:], event.symbol, values)

    return completer
