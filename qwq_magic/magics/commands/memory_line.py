"""The commands of `%qwq_memory`: a table, and how a line is read by it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qwq_magic.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table; `least` and `most` are how many arguments it takes."""

    name: str
    arguments: str
    help: str
    least: int = 0
    most: int = 0


_ANY = 1_000
# Five digits: more turns no conversation has, and a range is written out.
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
# A question mark at the end of a line would ask IPython for help.
_PLAIN_WORD = re.compile(r"""[^\s"'?]+""")
COMMANDS = (
    Command("list", "[all]", "the turns as a table; `all`: not only the latest", 0, 1),
    Command("show", "N", "turn N, whole, with its reasoning", 1, 1),
    Command("attempts", "N [side]", "all attempts at turn N; `side`: side by side", 1, 2),
    Command("undo", "", "take the latest change back; without one since the last turn, that turn"),
    Command("drop", "N …", "take these turns out, such as 3 or 2-4", 1, _ANY),
    Command("hide", "N …", "keep these turns, but do not send them", 1, _ANY),
    Command("unhide", "N …", "send them again", 1, _ANY),
    Command("prune", "", "take out turns that no cell asks any more"),
    Command("clear", "", "forget all turns; until the next turn, `undo` brings them back"),
    Command("window", "[SIZE]", "send the last 6 turns, 20msg or 8000tok, or all", 0, 2),
    Command("fork", "NAME [N]", "copy the conversation, or its first N turns, to a new name", 1, 2),
    Command("switch", "NAME", "go on with another conversation", 1, 1),
    Command("rename", "NAME", "give the conversation another name", 1, 1),
    Command("save", "FILE", "write it as JSON Lines, every attempt included", 1, 1),
    Command("load", "FILE", "replace it by what a file holds", 1, 1),
    Command(
        "export",
        "FILE [--overwrite]",
        "write .md to read, .json as OpenAI messages, .jsonl as data",
        *(1, 2),
    ),
)
# Only these may name a conversation that is not there yet: a typing error must not make one.
STARTING = frozenset({"load", "switch", "window"})
_CONVERSATION = ("-c", "--conversation")
# What may follow a command, where that is no number, no file and no new name.
_WORDS = {"list": ("all",), "attempts": ("side",), "window": ("all",), "export": ("--overwrite",)}
_BY_NAME = {command.name: command for command in COMMANDS}


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What was typed: the command, its arguments, and `-c`'s conversation, None without."""

    command: str
    arguments: tuple[str, ...] = ()
    conversation: str | None = None


def words_of(line: str) -> list[str]:
    """The words of a line; quotes hold together a name of several.

    Raises:
        ConfigurationError: a quote is not closed.
    """
    try:
        # No escapes: a path on Windows has backslashes.
        scanner = shlex.shlex(line, posix=True, punctuation_chars=False)
        scanner.whitespace_split, scanner.escape, scanner.commenters = True, "", ""
        return list(scanner)
    except ValueError as error:
        raise ConfigurationError("A quote is not closed. Close it.") from error


def as_word(text: str) -> str:
    """As it must be typed to be one word of a line; see `words_of`."""
    if _PLAIN_WORD.fullmatch(text):
        return text
    return shlex.quote(text) if '"' in text else f'"{text}"'


def parse_command(line: str) -> CommandLine:
    """Read the line of `%qwq_memory`.

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
        raise ConfigurationError(f"Write {usage}: {command.help}.")
    return CommandLine(name, tuple(arguments), conversation)


def _conversation_in(words: Sequence[str]) -> str | None:
    """The name behind `-c`, wherever that stands; None without one."""
    at = _option_at(words)
    if at == len(words) - 1 and words:
        raise ConfigurationError("-c needs a value: NAME.")
    return words[at + 1] if at < len(words) else None


def _without_conversation(words: Sequence[str]) -> list[str]:
    at = _option_at(words)
    return [*words[:at], *words[at + 2 :]]


def _option_at(words: Sequence[str]) -> int:
    """Where `-c` stands; the end where it does not."""
    return next((at for at, word in enumerate(words) if word in _CONVERSATION), len(words))


def complete_command(words: Sequence[str], text: str, names: Iterable[str]) -> list[str]:
    """What may stand in place of `text`, after the finished `words` of the line."""
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
    """Turn numbers, such as `3 5-7` or `3,5-7`.

    Raises:
        ConfigurationError: one of them is no number.
    """
    numbers: list[int] = []
    for word in " ".join(arguments).replace(",", " ").split():
        span = _RANGE.fullmatch(word)
        if span is None:
            raise ConfigurationError(f"{word!r} is no turn number. Write 3, or 2-4.")
        first, last = int(span[1]), int(span[2] or span[1])
        if last < first:
            raise ConfigurationError(f"{word} ends before it begins. Write {last}-{first}.")
        numbers += range(first, last + 1)
    return tuple(numbers)


def describe_commands() -> str:
    """The table as text, for `%qwq_memory?`."""
    rows = [(f"{c.name} {c.arguments}".rstrip(), c.help) for c in COMMANDS]
    width = max(len(usage) for usage, _ in rows)
    return "\n".join(f"  {usage:<{width}}  {text}" for usage, text in rows)
