"""Tab completion on the option line: flags, and the values of options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)
from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.magics.options import OPTIONS, Option
from qwq_magic.settings.presets import SERVERS

# Completes a word of a line: from the finished words after the magic, and the unfinished one.
Complete = Callable[[list[str], str], list[str]]
# By an option's name, a function that returns the possible values for the words of the line.
# It is called when Tab is pressed, so it must not wait for a server.
Values = dict[str, Callable[[list[str]], Iterable[str]]]

_FLAGS_WITH_VALUE = {flag for option in OPTIONS if option.metavar for flag in option.flags}


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


def make_completer(values: Values, names: Collection[str] | None = None) -> Complete:
    """Return a completer of options and their values.

    `names` are the options that the magic accepts; None for all.
    """
    options = [option for option in OPTIONS if names is None or option.name in names]

    def completer(words: list[str], text: str) -> list[str]:
        return complete([*words, text] if text else words, text, values, options)

    return completer


def with_turns(completer: Complete, numbers: Callable[[list[str]], Iterable[str]]) -> Complete:
    """Return the completer of a magic that accepts turns as well, besides options."""

    def completer_of_turns(words: list[str], text: str) -> list[str]:
        found = completer(words, text)
        # A turn is neither an option nor the value of one.
        if found or text.startswith("-") or (words and words[-1] in _FLAGS_WITH_VALUE):
            return found
        return [number for number in numbers(words) if number.startswith(text)]

    return completer_of_turns


def install_completion(shell: InteractiveShell, completers: Mapping[str, Complete]) -> None:
    """Complete the lines of our magics, by name, with what they accept and nothing else.

    IPython would add files, variables and attributes, none of which a magic of ours accepts.
    """
    completer = shell.Completer
    if completer is None:
        return

    @context_matcher(identifier="qwq_magic")  # type: ignore[untyped-decorator]  # IPython has no types here
    def matcher(context: CompletionContext) -> SimpleMatcherResult:
        name, blank, rest = context.text_until_cursor.lstrip().partition(" ")
        complete_line = completers.get(name)
        is_prompt = name.startswith("%%") and context.cursor_line > 0
        if complete_line is None or not blank or is_prompt:
            return SimpleMatcherResult(completions=[])
        words = rest.split()
        text = words.pop() if words and not rest[-1].isspace() else ""
        found = [SimpleCompletion(word, type="magic") for word in complete_line(words, text)]
        # The whole word: IPython would take a colon, as in `qwq:32b`, for the beginning of one.
        return SimpleMatcherResult(
            completions=found, suppress=True, ordered=True, matched_fragment=text
        )

    completer.custom_matchers.append(matcher)
