"""The options of `%%qwq` and `%qwq`: their table, and a scanner that preserves the prompt.

The line is not split as a shell would: the prompt after the options keeps every quote,
brace, backslash and space. The value of an option may be quoted, and inside quotes only an
escaped quote is special.
"""

from __future__ import annotations

import json
import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from qwq_magic.display.panel import Show, Start
from qwq_magic.errors import ConfigurationError
from qwq_magic.session.call_options import CallOptions
from qwq_magic.settings.layers import closest
from qwq_magic.turns import Limits


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the table; `metavar` is "" for a flag without a value."""

    flags: tuple[str, ...]
    name: str
    metavar: str
    help: str
    choices: tuple[str, ...] = ()


OPTIONS = (
    Option(("-o", "--out"), "out", "NAME", "also bind the turn to this variable"),
    Option(
        ("-m", "--model"), "model", "MODEL", "the model for this cell; repeated: ask each of them"
    ),
    Option(("-s", "--server"), "server", "SERVER", "the server for this cell"),
    Option(("-c", "--conversation"), "conversation", "NAME", "the conversation to continue"),
    Option(("--fresh",), "fresh", "", "send no earlier turns"),
    Option(("--history",), "history", "N", "send the last N turns, ignoring the window"),
    Option(
        ("-t", "--template"),
        "template",
        "",
        "expand {{ expression }} with the notebook's variables",
    ),
    Option(("--blocks",), "blocks", "", "like -t, with {% for … %}, {% if … %} and {# … #}"),
    Option(("--dry-run",), "dry_run", "", "show what would be sent, without sending it"),
    Option(("--background",), "background", "", "return at once; %qwq_jobs lists the jobs"),
    Option(("--code",), "code", "", "put the answer's code into the next cell"),
    Option(
        ("--from",),
        "source",
        "TURN:STEP",
        "continue turn TURN from this step, 3:17 or 3:end; a text takes the place of the step",
    ),
    Option(("-n",), "n", "N", "ask for N replies at once, and count their final values"),
    Option(
        ("--over",),
        "over",
        "TABLE",
        "ask for each row of this DataFrame or list; {{ column }} in the text is its value",
    ),
    Option(("--settle",), "settle", "P", "stop asking once a vote is this sure, such as 0.95"),
    Option(("--store",), "store", "FILE", "keep the replies of -n, -m and --over in this file"),
    Option(("--again",), "again", "", "ask again for replies that are known, too"),
    Option(
        ("-l", "--limit"),
        "limits",
        "KEY=VALUE",
        "end the reasoning at tokens, seconds, loops, same or match; then=stop stops instead",
    ),
    Option(("--append",), "append", "", "add a turn instead of replacing the cell's turn"),
    Option(("--system",), "system", "TEXT", "a system message"),
    Option(("-p", "--param"), "parameters", "KEY=VALUE", "a server parameter; may be repeated"),
    Option(
        ("--show",),
        "show",
        "WHAT",
        "both (the default), reasoning or answer",
        choices=get_args(Show),
    ),
    Option(("--open",), "open", "", "reasoning starts open and stays open"),
    Option(("--auto",), "auto", "", "reasoning closes when the answer starts (the default)"),
    Option(("--closed",), "closed", "", "reasoning starts closed"),
)

# JSON spells these `true`, `false` and `null`, but a notebook's user writes Python.
_PYTHON_WORDS = {"True": True, "False": False, "None": None}

_BY_FLAG = {flag: option for option in OPTIONS for flag in option.flags}
_STARTS = get_args(Start)
# Options with a number: of what, and the lowest one.
_COUNTED = {"history": ("turns", 0), "n": ("replies", 1)}
_EXAMPLES = {"parameters": "-p max_tokens=2000", "limits": "-l tokens=2000"}


@dataclass(frozen=True, slots=True)
class CellOptions:
    """The options of one cell; None if an option is not given."""

    out: str | None = None
    model: str | None = None
    models: tuple[str, ...] = ()
    server: str | None = None
    conversation: str | None = None
    fresh: bool = False
    history: int | None = None
    append: bool = False
    template: bool = False
    blocks: bool = False
    dry_run: bool = False
    background: bool = False
    code: bool = False
    system: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    n: int = 1
    over: str | None = None
    settle: float | None = None
    store: str | None = None
    again: bool = False
    limits: Limits | None = None
    show: Show | None = None
    start: Start | None = None

    @property
    def asks_many(self) -> bool:
        """Whether the cell asks for more than one reply."""
        return self.n > 1 or len(self.models) > 1 or self.over is not None

    def call(self, *, cell_id: str | None) -> CallOptions:
        """Return the options for `Session.start`; `cell_id` is the key of the cell's prompt."""
        call = CallOptions(
            server=self.server,
            model=self.model,
            conversation=self.conversation,
            history=self.history,
            fresh=self.fresh,
            append=self.append,
            cell_id=cell_id,
            system=self.system,
            parameters=self.parameters,
        )
        if self.limits is not None:
            call["limits"] = self.limits
        return call


def parse_options(line: str) -> tuple[CellOptions, str]:
    """Return the options at the start of a line, and the rest of the line unchanged.

    Raises:
        ConfigurationError: an option is unknown, or its value is missing or invalid.
    """
    found: dict[str, Any] = {}
    position = _skip_blanks(line, 0)
    while _is_option(line, position):
        word, position = _read_word(line, position)
        if word == "--":
            position = _skip_blanks(line, position)
            break
        flag, has_value, value = word.partition("=")
        option = _option(flag)
        if option.metavar and not has_value:
            position = _skip_blanks(line, position)
            value, position = _read_value(line, position, option)
        elif has_value and not option.metavar:
            raise ConfigurationError(f"{flag} does not accept a value. Use {flag} alone.")
        elif has_value:
            value = _unquoted(value)
        _check(option, value)
        _add(option, value, found)
        position = _skip_blanks(line, position)
    if len(found.get("models", ())) > 1:
        del found["model"]
    else:
        found.pop("models", None)
    if "limits" in found:
        found["limits"] = Limits.of(found["limits"])
    options = CellOptions(**found)
    _require_consistent(options)
    return options, line[position:]


def _require_consistent(options: CellOptions) -> None:
    if options.fresh and options.history is not None:
        raise ConfigurationError("--fresh and --history cannot be combined. Use one of them.")
    if options.over is not None and options.source is not None:
        raise ConfigurationError("--over and --from cannot be combined. Use one of them.")
    if options.asks_many:
        for flag, is_given in (("--background", options.background), ("--code", options.code)):
            if is_given:
                raise ConfigurationError(
                    f"{flag} is for a single reply. Remove it, or -n and --over."
                )
    elif options.settle is not None or options.store is not None or options.again:
        raise ConfigurationError(
            "--settle, --store and --again are for many replies. Use them with -n or --over."
        )


def _add(option: Option, value: str, found: dict[str, Any]) -> None:
    """Add the value of an option to those that were found before it."""
    if option.name in _EXAMPLES:
        # These may be repeated.
        key, parsed = _named_value(option, value)
        found.setdefault(option.name, {})[key] = parsed
    elif option.name == "model":
        found["model"] = value
        found["models"] = tuple(dict.fromkeys((*found.get("models", ()), value)))
    elif option.name == "settle":
        found["settle"] = _probability(value)
    elif option.name in _COUNTED:
        found[option.name] = _count(value, option)
    elif option.name in _STARTS:
        # Three flags set this one field, and the last one counts.
        found["start"] = option.name
    else:
        found[option.name] = value if option.metavar else True


def describe_options() -> str:
    """Return the table as text for `%%qwq?`."""
    rows = [(", ".join(o.flags) + (f" {o.metavar}" if o.metavar else ""), o.help) for o in OPTIONS]
    width = max(len(flags) for flags, _ in rows)
    return "\n".join(f"  {flags:<{width}}  {text}" for flags, text in rows)


def _is_option(line: str, position: int) -> bool:
    """Whether an option starts here; `-5` and the list item `- a` belong to the prompt."""
    following = line[position + 1 : position + 2]
    return line.startswith("-", position) and (following == "-" or following.isalpha())


def _option(flag: str) -> Option:
    option = _BY_FLAG.get(flag)
    if option is None:
        known = ", ".join(o.flags[-1] for o in OPTIONS)
        # Without the dashes, which all have in common.
        names = [known_flag.lstrip("-") for known_flag in _BY_FLAG]
        hint = closest(flag.lstrip("-"), names).replace("mean ", "mean --")
        raise ConfigurationError(
            f"Unknown option {flag}.{hint} Options: {known}. Put -- before a prompt that starts "
            "with -."
        )
    return option


def _check(option: Option, value: str) -> None:
    if option.choices and value not in option.choices:
        raise ConfigurationError(
            f"{option.flags[-1]} cannot be {value!r}. Choose one of {', '.join(option.choices)}."
        )
    if option.name == "out" and (not value.isidentifier() or keyword.iskeyword(value)):
        raise ConfigurationError(
            f"{value!r} is not a valid variable name. Use a name such as --out reply."
        )


def _count(value: str, option: Option) -> int:
    noun, least = _COUNTED[option.name]
    # At most five digits: no conversation has more turns.
    if not (value.isdecimal() and len(value) <= 5 and int(value) >= least):
        flag = option.flags[-1]
        raise ConfigurationError(
            f"{flag} needs a number of {noun}, not {value!r}. Use, for example, {flag} 3."
        )
    return int(value)


def _probability(value: str) -> float:
    try:
        probability = float(value)
    except ValueError:
        probability = 0.0
    if not 0.5 < probability < 1.0:
        raise ConfigurationError(
            f"--settle needs a probability between 0.5 and 1, not {value!r}. Use --settle 0.95."
        )
    return probability


def _named_value(option: Option, value: str) -> tuple[str, Any]:
    key, equals, text = value.partition("=")
    if not key or not equals:
        flag, example = option.flags[0], _EXAMPLES[option.name]
        raise ConfigurationError(f"{flag} {value} is not KEY=VALUE. Use, for example, {example}.")
    text = _unquoted(text)
    if option.name == "limits" and key == "match":
        # A regular expression, whatever it looks like.
        return key, text
    if text in _PYTHON_WORDS:
        return key, _PYTHON_WORDS[text]
    try:
        # Python's decoder accepts NaN and Infinity, which are not JSON.
        return key, json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        if text.startswith(("[", "{")):
            raise ConfigurationError(
                f"The value of -p {key} is not valid JSON: {text}. "
                'Lists and objects must be JSON, such as ["a", "b"].'
            ) from None
        # Anything else is text, so that `-p effort=high` needs no quotes.
        return key, text


def _refuse_constant(name: str) -> None:
    raise ConfigurationError(f"-p cannot send {name}. Use a finite number.")


def _skip_blanks(line: str, position: int) -> int:
    while position < len(line) and line[position].isspace():
        position += 1
    return position


def _read_value(line: str, position: int, option: Option) -> tuple[str, int]:
    if position == len(line):
        flag = option.flags[-1]
        raise ConfigurationError(f"{flag} needs a value: {flag} {option.metavar}.")
    word, position = _read_word(line, position)
    return _unquoted(word), position


def _read_word(line: str, start: int) -> tuple[str, int]:
    """Return the word at `start`, including quoted blanks, and the position after it."""
    quote = ""
    position = start
    while position < len(line):
        character = line[position]
        if quote:
            if character == "\\" and line[position + 1 : position + 2] == quote:
                position += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            # A quote may begin within a word: `-p stop="a b"`.
            quote = character
        elif character.isspace():
            break
        position += 1
    if quote:
        raise ConfigurationError(
            f"The quote in {line[start:]!r} is not closed. Add the closing quote."
        )
    return line[start:position], position


def _unquoted(word: str) -> str:
    """Return the word without the quotes around it, and with escaped quotes unescaped."""
    quote = word[:1]
    if len(word) >= 2 and quote in "\"'" and word.endswith(quote):
        return word[1:-1].replace(f"\\{quote}", quote)
    return word
