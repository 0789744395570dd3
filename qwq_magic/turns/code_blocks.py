"""Code blocks in an answer, which run only when the user calls `run`.

In a notebook, a block runs with the notebook's variables and magics, as if it were part of
the cell that calls `run`: exceptions propagate to that cell, and the value of the last line
is returned. Outside a notebook it runs in a new namespace.
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
    """The text of a fenced block, with its `language` ("" if none)."""

    __slots__ = ("language",)
    language: str

    def __new__(cls, text: str, language: str = "") -> CodeBlock:
        block = super().__new__(cls, text)
        block.language = language
        return block

    @property
    def is_python(self) -> bool:
        """Whether the block is labelled as Python."""
        return self.language.lower() in _PYTHON

    def run(self) -> Any:
        """Run the block and return the value of its last line, if that is an expression.

        A block without a language is run as Python.

        Raises:
            ConfigurationError: the block is not Python, or uses top-level `await`; nothing
                was run.
        """
        if self.language and not self.is_python:
            raise ConfigurationError(
                f"The block is {self.language}, but only Python blocks can be run. "
                "Print it and run it elsewhere."
            )
        shell = _running_shell()
        if shell is None:
            return _run(str(self), {"__name__": "__main__"})
        # Magics and `!` commands in a block work as they do in a cell.
        return _run(shell.transform_cell(str(self)), shell.user_ns)


def code_for_cell(blocks: Iterable[CodeBlock]) -> str:
    """Join the Python blocks or, if there are none, the blocks without a language."""
    blocks = list(blocks)
    chosen = [block for block in blocks if block.is_python] or [b for b in blocks if not b.language]
    return "\n\n".join(text for block in chosen if (text := block.rstrip()))


def _running_shell() -> Any:
    """Return IPython's shell, or None; if there is one, IPython is already imported."""
    module = sys.modules.get("IPython.core.getipython")
    return module.get_ipython() if module is not None else None


def _run(source: str, namespace: dict[str, Any]) -> Any:
    # The name depends on the source alone, so running a block again adds no second entry below.
    file = f"<code block {hashlib.sha256(source.encode()).hexdigest()[:12]}>"
    # A traceback and `inspect.getsource` find the lines here.
    # Without a modification time, `linecache` never looks for the file.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    tree = ast.parse(source, file)
    # The block must not inherit this module's `from __future__` imports.
    compiled = functools.partial(compile, filename=file, dont_inherit=True)
    # The whole block is compiled before any line runs, so that an `await` in it is found in time.
    whole = compiled(tree, mode="exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if whole.co_flags & inspect.CO_COROUTINE:
        raise ConfigurationError("The block uses top-level await. Paste it into a cell.")
    # As in a cell, the value of a last expression is the result; the rest is executed first.
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compiled(tree, mode="exec"), namespace)  # noqa: S102  # the user called `run`
    if last is None:
        return None
    assert isinstance(last, ast.Expr)
    return eval(compiled(ast.Expression(last.value), mode="eval"), namespace)  # noqa: S307
