"""Tab completion on the option line: flags, and the values of options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from qwq_magic.magics.options import OPTIONS, Option
from qwq_magic.settings.presets import SERVERS

# By an option's name, a function that returns the possible values for the words of the line.
# It is called when Tab is pressed, so it must not wait for a server.
Values = dict[str, Callable[[list[str]], Iterable[str]]]


def known_models() -> list[str]:
    return sorted({name for server in SERVERS.values() for name in server.preferences})


def complete(
    words: list[str], text: str, values: Values, options: Sequence[Option] = OPTIONS
) -> list[str]:
    """Return the completions of `text`.

    Args:
        words: the words of the line up to the cursor.
        text: the unfinished last word; "" after a space.
        values: functions that return the possible values of options.
        options: the options to complete.
    """
    previous = words[-2] if text and len(words) > 1 else (words[-1] if words else "")
    for option in options:
        if previous in option.flags and option.metavar:
            found = _values_of(option, words, values)
            return [value for value in found if value.startswith(text)]
    flags = [flag for option in options for flag in option.flags]
    return [flag for flag in flags if text.startswith("-") and flag.startswith(text)]


def value_in(words: list[str], name: str) -> str | None:
    """Return the value given for an option in the words; or None."""
    flags = next(option.flags for option in OPTIONS if option.name == name)
    following = (words[at + 1] for at, word in enumerate(words[:-1]) if word in flags)
    return next(following, None)


def _values_of(option: Option, words: list[str], values: Values) -> Iterable[str]:
    if option.choices or option.name not in values:
        return option.choices
    return values[option.name](words)


def make_completer(
    values: Values, names: Collection[str] | None = None
) -> Callable[[Any, Any], list[str]]:
    """Return a completer for IPython's `complete_command` hook.

    `names` are the options that the magic accepts; None for all.
    """
    options = [option for option in OPTIONS if names is None or option.name in names]

    def completer(_shell: Any, event: Any) -> list[str]:
        line: str = event.text_until_cursor
        words = line.split()[1:]
        word = words[-1] if words and not line[-1].isspace() else ""
        # IPython treats a colon as the end of a word, but model names such as `qwq:32b` have one.
        head = word.removesuffix(event.symbol)
        return [found[len(head) :] for found in complete(words, word, values, options)]

    return completer
