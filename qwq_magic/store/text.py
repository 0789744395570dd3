"""Texts as SQLite holds them: any Python text comes back exactly as it was.

Half a surrogate pair cannot be part of an SQLite text, so a text that contains one is a BLOB.
"""

from __future__ import annotations

from typing import Any

_SURROGATES = "surrogatepass"


def cell_of(text: str) -> str | bytes:
    """Return the value to write for a text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors=_SURROGATES)
    return text


def text_of(cell: Any) -> str:
    """Return the text of a cell.

    Raises:
        TypeError, ValueError: the cell is not a text.
    """
    if isinstance(cell, bytes):
        return cell.decode(errors=_SURROGATES)
    if not isinstance(cell, str):
        raise TypeError("a value of the wrong type")
    return cell
