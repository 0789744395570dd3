"""Input transformer that sends `%qwq is this right?` as a prompt, not as a request for help.

IPython treats any line that ends in `name?` as its help syntax, line magics and assignments
such as `x = %qwq_fix why?` included, so this transformer must run before IPython's. A bare
`%qwq?` still shows the help. The value of an assigned prompt is its turn; a prompt alone has
no value, since IPython would print the turn that is already shown.
"""

from __future__ import annotations

import re
import tokenize
from itertools import pairwise
from typing import Any

from IPython.core.inputtransformer2 import TokenTransformBase
from IPython.core.interactiveshell import InteractiveShell

_FORK = re.compile(r"%%qwq[ \t](?:.*[ \t])?--from[ \t=]")
_PROMPT = re.compile(r"%(qwq|qwq_fix)[ \t]+(?!\?{1,2}\s*$)(?=\S)")
# A search ends in a question mark as often, but has no value that could be assigned.
_LINE = re.compile(_PROMPT.pattern.replace("qwq_fix", "qwq_fix|qwq_search"))
# The magic that runs another one, and returns its turn.
VALUE_MAGIC = "qwq_turn"
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
# What begins a line that is not Python: shell commands, magics, help, quoting calls.
_ESCAPES = frozenset("!%?,;/")


class LinePrompt(TokenTransformBase):
    """Replaces a `%qwq`, `%qwq_fix` or `%qwq_search` line by its `run_line_magic` call."""

    # Lower than the 5 of `HelpEnd`, IPython's transformer for help, which would take the line.
    priority = 1

    def __init__(self, start: tuple[int, int], call: tuple[int, int]) -> None:
        """`start` is that of the whole statement, where IPython's help syntax begins too."""
        super().__init__(start)  # type: ignore[no-untyped-call]  # IPython has no types here
        self._line, self._column = call[0] - 1, call[1]

    @classmethod
    def find(cls, tokens_by_line: list[list[Any]]) -> LinePrompt | None:
        """Return the first such line. Tokens are used so that text in strings does not match."""
        for line in tokens_by_line:
            tokens = [t for t in line if t.type not in (tokenize.INDENT, tokenize.DEDENT)]
            if not tokens:
                continue
            first = tokens[0]
            if _LINE.match(first.line, first.start[1]):
                return cls(first.start, first.start)
            if first.string[:1] not in _ESCAPES and (call := _assigned_prompt(tokens)):
                return cls(first.start, call)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        line = lines[self._line]
        before, call = line[: self._column], line[self._column :]
        match = _LINE.match(call)
        if match is None:
            # IPython then tries the other transformers.
            raise SyntaxError("not a prompt")
        name, prompt = match[1], call[match.end() :].rstrip("\r\n")
        if before.strip():
            name, prompt = VALUE_MAGIC, f"{name} {prompt}"
        # The call that IPython makes of every line magic.
        lines[self._line] = f"{before}get_ipython().run_line_magic({name!r}, {prompt!r})\n"
        return lines


def _assigned_prompt(tokens: list[Any]) -> tuple[int, int] | None:
    """Return the position of a prompt after the `=` of an assignment; None without one."""
    depth = 0
    for token, following in pairwise(tokens):
        if token.string in _OPENING:
            depth += 1
        elif token.string in _CLOSING:
            depth -= 1
        elif token.string == "=" and depth == 0 and following.string == "%":
            start: tuple[int, int] = following.start
            return start if _PROMPT.match(_line_of(following), start[1]) else None
    return None


def _line_of(token: Any) -> str:
    """The line in which the token begins; a token's `line` may have several."""
    return str(token.line).splitlines(keepends=True)[0] if token.line else ""


def install(shell: InteractiveShell) -> None:
    """Add the transformer to a shell that does not have it yet."""
    transformers = shell.input_transformer_manager.token_transformers
    if LinePrompt not in transformers:
        transformers.append(LinePrompt)
    cleanup = shell.input_transformers_cleanup
    if fill_empty_fork not in cleanup:
        cleanup.append(fill_empty_fork)


def fill_empty_fork(lines: list[str]) -> list[str]:
    """Give `%%qwq --from 3:17` a body: IPython rejects a cell magic without any.

    An empty body samples the step again.
    """
    if lines and _FORK.match(lines[0]) and not any(line.strip() for line in lines[1:]):
        first = lines[0] if lines[0].endswith("\n") else f"{lines[0]}\n"
        return [first, "\n"]
    return lines
