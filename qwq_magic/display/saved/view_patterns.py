"""Patterns shared by Python and the view in the browser, read from the view's modules.

Each pattern is written only once, so that the two sides cannot differ.
"""

from __future__ import annotations

import re
from importlib.resources import files

_PATTERN = re.compile(r"^(?:export )?const (\w+) = String\.raw`([^`]+)`;", re.MULTILINE)
_INSERTED = re.compile(r"\$\{(\w+)\}")
_CODE_POINT = re.compile(r"\\u\{([0-9a-f]+)\}")


def view_patterns(*modules: str) -> dict[str, str]:
    """Return the patterns of some of the view's modules by name.

    A pattern may insert another one of these modules that comes before it, as `${NAME}`.
    """
    found: dict[str, str] = {}
    for module in modules:
        source = files("qwq_magic.display").joinpath(f"static/{module}").read_text("utf-8")
        for name, pattern in _PATTERN.findall(source):
            found[name] = _INSERTED.sub(lambda match: found[match[1]], pattern)
    return {name: _as_python(pattern) for name, pattern in found.items()}


def _as_python(pattern: str) -> str:
    pattern = _CODE_POINT.sub(lambda match: f"\\U{match[1]:0>8}", pattern)
    return pattern.replace(r"[\p{L}\p{N}]", r"[^\W_]").replace(r"\p{L}\p{N}", r"\w")
