"""Input transformer that sends `%qwq is this right?` as a prompt, not as a request for help.

IPython treats any line that ends in `name?` as its help syntax, line magics included, so this
transformer must run before IPython's. A bare `%qwq?` still shows the help.
"""

from __future__ import annotations

import re
import tokenize
from typing import Any

from IPython.core.inputtransformer2 import TokenTransformBase
from IPython.core.interactiveshell import InteractiveShell

_PROMPT = re.compile(r"%(qwq|qwq_fix)[ \t]+(?!\?{1,2}\s*$)(?=\S)")


class LinePrompt(TokenTransformBase):
    """Replaces a `%qwq` or `%qwq_fix` line by its `run_line_magic` call."""

    # Lower than the 5 of `HelpEnd`, IPython's transformer for help, which would take the line.
    priority = 1

    @classmethod
    def find(cls, tokens_by_line: list[list[Any]]) -> LinePrompt | None:
        """Return the first such line. Tokens are used so that text in strings does not match."""
        for line in tokens_by_line:
            tokens = (t for t in line if t.type not in (tokenize.INDENT, tokenize.DEDENT))
            first = next(tokens, None)
            if first is not None and _PROMPT.match(first.line, first.start[1]):
                return cls(first.start)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        line = lines[self.start_line]
        indent, call = line[: self.start_col], line[self.start_col :]
        match = _PROMPT.match(call)
        assert match is not None
        name, prompt = match[1], call[match.end() :].rstrip("\r\n")
        # The call that IPython makes of every line magic.
        lines[self.start_line] = f"{indent}get_ipython().run_line_magic({name!r}, {prompt!r})\n"
        return lines


def install(shell: InteractiveShell) -> None:
    """Add the transformer to a shell that does not have it yet."""
    transformers = shell.input_transformer_manager.token_transformers
    if LinePrompt not in transformers:
        transformers.append(LinePrompt)
