"""How a record of figures shows itself: its known fields, rounded, as a line or as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_DIGITS = 4


def record_line(record: DataclassInstance) -> str:
    """Return `Usage(input_tokens=19, output_tokens=595)`; fields that are None are left out."""
    values = ", ".join(f"{name}={value}" for name, value in _known(record))
    return f"{type(record).__name__}({values})"


def record_table(record: DataclassInstance) -> str:
    """Return a table in HTML with a row for each known field."""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in _known(record)
    )
    return f"<table>{rows}</table>" if rows else f"<p>{type(record).__name__}: nothing is known</p>"


def _known(record: DataclassInstance) -> Iterator[tuple[str, str]]:
    for field in fields(record):
        value = getattr(record, field.name)
        if value is not None:
            yield field.name, _shown(value)


def _shown(value: Any) -> str:
    # More digits than anyone reads would hide the figure.
    return f"{value:.{_DIGITS}g}" if type(value) is float else repr(value)
