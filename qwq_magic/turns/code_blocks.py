"""Code that an answer holds; it runs when the user says so, and never otherwise.

In a notebook a block runs among its variables, magics included, as if it stood in the
cell that calls `run`: what it raises is raised there, and the value of its last line is
returned. Anywhere else it gets a fresh namespace.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import linecache
import sys
from collections.abc import Iterable
from typing import Any

from qwq_magic.errors import ConfigurationError

_PYTHON = frozenset({"python", "py", "python3", "py3", "ipython", "ipython3"})


class CodeBlock(str):
    """A fenced block of an answer: its text, which also knows its `language` ("" if none)."""

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, language: str = "") -> CodeBlock:
        block = super().__new__(cls, text)
        block.language = language
        return block

    @property
    def is_python(self) -> bool:
        """Is it said to be Python?"""
        return self.language.lower() in _PYTHON

    def run(self) -> Any:
        """Run the block, and return the value of its last line, if that is an expression.

        Raises:
            ConfigurationError: the block is of another language than Python, or awaits at its
                top level; none of it has run.
        """
        if self.language and not self.is_python:
            raise ConfigurationError(
                f"The block is {self.language}, and only Python can run here. "
                "Print it, and run it where it belongs."
            )
        shell = _running_shell()
        if shell is None:
            return _run(str(self), {"__name__": "__main__"})
        return _run(shell.transform_cell(str(self)), shell.user_ns)


def code_for_cell(blocks: Iterable[CodeBlock]) -> str:
    """The blocks that a cell could hold: those in Python or, without any, those of no language."""
    blocks = list(blocks)
    chosen = [block for block in blocks if block.is_python] or [b for b in blocks if not b.language]
    return "\n\n".join(text for block in chosen if (text := block.rstrip()))


def _running_shell() -> Any:
    """IPython's shell; whoever has one has imported IPython."""
    module = sys.modules.get("IPython.core.getipython")
    return module.get_ipython() if module is not None else None


def _run(source: str, namespace: dict[str, Any]) -> Any:
    file = f"<code block {hashlib.sha256(source.encode()).hexdigest()[:12]}>"
    # So that a traceback, or `inspect.getsource`, finds the lines.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    tree = ast.parse(source, file)
    # The block has no part in what this module imports from `__future__`.
    compiled = functools.partial(compile, filename=file, dont_inherit=True)
    whole = compiled(tree, mode="exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if whole.co_flags & inspect.CO_COROUTINE:
        raise ConfigurationError("The block awaits at its top level: paste it into a cell.")
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compiled(tree, mode="exec"), namespace)  # noqa: S102  # the user has just asked for it
    if last is None:
        return None
    assert isinstance(last, ast.Expr)
    return eval(compiled(ast.Expression(last.value), mode="eval"), namespace)  # noqa: S307
