"""A variable's text in a prompt: tables as Markdown, functions as source, the rest as `str`."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any

from qwq_magic.errors import ConfigurationError
from qwq_magic.prompts.notebook import Notebook
from qwq_magic.prompts.tables import is_table, markdown_table
from qwq_magic.prompts.tracebacks import traceback_text
from qwq_magic.turns import Turn


def value_text(value: Any, notebook: Notebook) -> str:
    """Return the text of a value.

    Raises:
        ConfigurationError: it is a function or a class whose source is not available.
    """
    if isinstance(value, str):
        # Subclasses, such as a code block, become plain strings.
        return str(value)
    if isinstance(value, Turn):
        return value.answer
    if isinstance(value, BaseException):
        return traceback_text(value, notebook)
    if is_table(value):
        return markdown_table(value)
    if inspect.isclass(value) or inspect.isroutine(value):
        return _source(value, notebook)
    return str(value)


def _source(value: Any, notebook: Notebook) -> str:
    try:
        return textwrap.dedent(inspect.getsource(value)).rstrip("\n")
    except (OSError, TypeError):
        pass  # Built in, or a class defined in a cell, which Python < 3.13 cannot find.
    source = _class_source(value, notebook) if inspect.isclass(value) else None
    if source is None:
        raise ConfigurationError(
            f"The source of {getattr(value, '__qualname__', value)} is not available. "
            "Put its text into a variable."
        )
    return source


def _class_source(value: type, notebook: Notebook) -> str | None:
    """Return the latest definition of the class in a cell, or None."""
    if value.__module__ != "__main__":
        return None
    for code in reversed(notebook.code):
        if f"class {value.__name__}" not in code:
            continue
        try:
            body = ast.parse(code).body
        except SyntaxError:
            continue
        for node in reversed(body):
            if isinstance(node, ast.ClassDef) and node.name == value.__name__:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                return "\n".join(code.split("\n")[first - 1 : node.end_lineno])
    return None
