"""Patterns that Python and the view in the browser share, read from the view's own modules.

So that neither has a list of its own, in which it could differ.
"""

from __future__ import annotations

import re
from importlib.resources import files

_PATTERN = re.compile(r"^(?:export )?const (\w+) = String\.raw`([^`]+)`;", re.MULTILINE)


def view_patterns(module: str) -> dict[str, str]:
    """The patterns of one of the view's modules, by their names there."""
    source = files("qwq_magic.display").joinpath(f"static/{module}").read_text("utf-8")
    return dict(_PATTERN.findall(source))
