"""The columns that docs/columns.md promises, and those that a table has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_DOCS = Path(__file__).parents[2] / "docs" / "columns.md"
_TYPES = {"Int64": "integer", "Float64": "float", "boolean": "boolean", "object": "text"}


def documented_columns(section: str) -> list[tuple[str, str]]:
    """The names and types of the columns in a section of the page."""
    page = _DOCS.read_text("utf-8")
    text = page.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.MULTILINE)


def columns_of(frame: Any) -> list[tuple[str, str]]:
    """The names and types of the columns of a DataFrame, in the words of the page."""
    return [(name, _TYPES[str(dtype)]) for name, dtype in frame.dtypes.items()]
