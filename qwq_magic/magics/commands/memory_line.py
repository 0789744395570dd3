"""The command line of `%qwq_memory`: the table of commands, and a parser for it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qwq_magic.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table; `least` and `most` limit the number of arguments."""

    name: str
    arguments: str
    help: str
    least: int = 0
    most: int = 0


_ANY = 1_000
# At most five digits: ranges are expanded, and no conversation has more turns.
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
# IPython treats a question mark at the end of a line as a request for help.
_PLAIN_WORD = re.compile(r"""[^\s"'?]+""")
COMMANDS = (
    Command("list", "[all]", "list the turns; `all` includes the oldest ones", 0, 1),
    Command("show", "N", "show turn N in full, with its reasoning", 1, 1),
    Command("attempts", "N [side]", "show all attempts at turn N; `side`: side by side", 1, 2),
    Command("undo", "", "undo the latest change; otherwise remove the latest turn"),
    Command("drop", "N …", "remove turns, such as 3 or 2-4", 1, _ANY),
    Command("hide", "N …", "keep turns, but do not send them", 1, _ANY),
    Command("unhide", "N …", "send hidden turns again", 1, _ANY),
    Command("prune", "", "remove turns that no longer belong to a cell"),
    Command("clear", "", "remove all turns; `undo` restores them until the next turn"),
    Command(
        "window", "[SIZE]", "set what is sent: the last 6 turns, 20msg or 8000tok, or all", 0, 2
    ),
    Command("fork", "NAME [N]", "copy the conversation, or its first N turns, to a new name", 1, 2),
    Command("switch", "NAME", "continue or start another conversation", 1, 1),
    Command("rename", "NAME", "rename the conversation", 1, 1),
    Command("save", "FILE", "save the conversation as JSON Lines, with every attempt", 1, 1),
    Command(
        "load", "FILE", "replace the conversation with a saved one, or with those of a store", 1, 1
    ),
    Command(
        "export",
        "FILE [--overwrite]",
        "write .md to read, .json for OpenAI messages, or .jsonl for data",
        *(1, 2),
    ),
)
# Only these commands create the conversation they name; a typing error must not create one.
STARTING = frozenset({"load", "switch", "window"})
_CONVERSATION = ("-c", "--conversation")
# The fixed words that a command accepts as arguments, for completion.
_WORDS = {"list": ("all",), "attempts": ("side",), "window": ("all",), "export": ("--overwrite",)}
_BY_NAME = {command.name: command for command in COMMANDS}


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A parsed line; `conversation` is the value of `-c`, None without it."""

    command: str
    arguments: tuple[str, ...] = ()
    conversation: str | None = None


def words_of(line: str) -> list[str]:
    """Split a line into words; a quoted name may contain spaces.

    Raises:
        ConfigurationError: a quote is not closed.
    """
    try:
        # Backslashes are not escapes, since Windows paths contain them.
        scanner = shlex.shlex(line, posix=True, punctuation_chars=False)
        scanner.whitespace_split, scanner.escape, scanner.commenters = True, "", ""
        return list(scanner)
    except ValueError as error:
        raise ConfigurationError("A quote is not closed. Add the closing quote.") from error


def as_word(text: str) -> str:
    """Return the text, quoted if necessary so that `words_of` reads it as one word."""
    if _PLAIN_WORD.fullmatch(text):
        return text
    return shlex.quote(text) if '"' in text else f'"{text}"'


def parse_command(line: str) -> CommandLine:
    """Parse the line of `%qwq_memory`.

    Raises:
        ConfigurationError: the command is unknown, or has too few or too many arguments.
    """
    words = words_of(line)
    conversation, words = _conversation_in(words), _without_conversation(words)
    name, *arguments = words or ["list"]
    if name == "all" and not arguments:
        name, arguments = "list", ["all"]
    command = _BY_NAME.get(name)
    if command is None:
        raise ConfigurationError(f"Unknown command {name!r}. Commands: {', '.join(_BY_NAME)}.")
    if not command.least <= len(arguments) <= command.most:
        usage = f"%qwq_memory {command.name} {command.arguments}".rstrip()
        raise ConfigurationError(
            f"Wrong number of arguments ({len(arguments)}). Use {usage}: {command.help}."
        )
    return CommandLine(name, tuple(arguments), conversation)


def _conversation_in(words: Sequence[str]) -> str | None:
    """Return the name after `-c`, anywhere in the line; None without it."""
    at = _option_at(words)
    if at == len(words) - 1 and words:
        raise ConfigurationError("-c needs a value: -c NAME.")
    return words[at + 1] if at < len(words) else None


def _without_conversation(words: Sequence[str]) -> list[str]:
    at = _option_at(words)
    return [*words[:at], *words[at + 2 :]]


def _option_at(words: Sequence[str]) -> int:
    """Return the index of `-c`, or the number of words if it is missing."""
    return next((at for at, word in enumerate(words) if word in _CONVERSATION), len(words))


def complete_command(words: Sequence[str], text: str, names: Iterable[str]) -> list[str]:
    """Return the completions of `text` after the finished `words` of the line.

    `names` are the names of the conversations.
    """
    if words and words[-1] in _CONVERSATION:
        found = [as_word(name) for name in names]
    else:
        words = _without_conversation(words)
        if not words:
            found = [*_BY_NAME, "all"]
        elif words[0] == "switch" and len(words) == 1:
            found = [as_word(name) for name in names]
        else:
            found = [*_WORDS.get(words[0], ())]
    return [word for word in found if word.startswith(text)]


def numbers_of(arguments: tuple[str, ...]) -> tuple[int, ...]:
    """Return the turn numbers in arguments such as `3 5-7` or `3,5-7`.

    Raises:
        ConfigurationError: an argument is not a number or an ascending range.
    """
    numbers: list[int] = []
    for word in " ".join(arguments).replace(",", " ").split():
        span = _RANGE.fullmatch(word)
        if span is None:
            raise ConfigurationError(f"{word!r} is not a turn number. Use 3 or 2-4, for example.")
        first, last = int(span[1]), int(span[2] or span[1])
        if last < first:
            raise ConfigurationError(f"{word} ends before it begins. Use {last}-{first}.")
        numbers += range(first, last + 1)
    return tuple(numbers)


def describe_commands() -> str:
    """Return the table as text for `%qwq_memory?`."""
    rows = [(f"{c.name} {c.arguments}".rstrip(), c.help) for c in COMMANDS]
    width = max(len(usage) for usage, _ in rows)
    return "\n".join(f"  {usage:<{width}}  {text}" for usage, text in rows)
