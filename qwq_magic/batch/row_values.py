"""The values of a table's rows as plain data, whatever library the table came from."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from qwq_magic.plain_text import well_formed

# Readers of JSON refuse data that are nested much deeper.
_MOST_LEVELS = 16
# Readers in other languages have no larger integers.
_MOST_BITS = 63


def is_missing(value: object) -> bool:
    """Whether a value is missing: None, NaN, or what pandas has for them."""
    if isinstance(value, float):
        return math.isnan(value)
    # By name, so that pandas need not be imported.
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def plain_value(value: Any) -> Any:
    """Return None for a missing value, and Python's own value for one of numpy."""
    # By name, since a table need not have come from numpy.
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        value = value.tolist()
    return None if is_missing(value) else value


def json_value(value: object, *, levels: int = _MOST_LEVELS) -> Any:
    """Return a value as JSON: what is missing as None, and what JSON does not have as its text."""
    value = plain_value(value)
    match value:
        case None | bool():
            return value
        case int() if value.bit_length() <= _MOST_BITS:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case str():
            return well_formed(value)
        case Mapping() if levels:
            return {
                text_of(key): json_value(item, levels=levels - 1) for key, item in value.items()
            }
        # No other kind of collection is certain to have an order.
        case list() | tuple() if levels:
            return [json_value(item, levels=levels - 1) for item in value]
        case _:
            return text_of(value)


def text_of(value: object) -> str:
    """Return a value as text that can be encoded."""
    try:
        return well_formed(str(value))
    except (RecursionError, ValueError):
        # It is nested too deeply, or it is a number of thousands of digits.
        return f"<{type(value).__name__}>"


def cell_of(value: object) -> str | None:
    """Return a value as the text of a cell: a text as it is, lists and the like as JSON."""
    value = plain_value(value)
    if value is None or isinstance(value, str):
        return None if value is None else well_formed(value)
    found = json_value(value)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
