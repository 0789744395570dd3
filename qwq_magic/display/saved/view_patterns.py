"""Patterns shared by Python and the view in the browser, read from the view's modules.

Each pattern is written only once, so that the two sides cannot differ.
"""

from __future__ import annotations

import re
from importlib.resources import files

_PATTERN = re.compile(r"^(?:export )?const (\w+) = String\.raw`([^`]+)`;", re.MULTILINE)


def view_patterns(module: str) -> dict[str, str]:
    """Return the patterns of one of the view's modules by name."""
    source = files("qwq_magic.display").joinpath(f"static/{module}").read_text("utf-8")
    return dict(_PATTERN.findall(source))
