"""The parts of a notebook that a prompt can use: its variables and its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


def _no_cell(_file: str) -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Notebook:
    """The state of a notebook when the prompt is made.

    Attributes:
        names: the variables.
        inputs: the cells that ran, as typed, by number; item 0 is not a cell.
        code: the same cells as Python code, with magics transformed.
        cell_at: returns the number of the cell that was compiled under a file name, or None.
    """

    names: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[str] = ("",)
    code: Sequence[str] = ("",)
    cell_at: Callable[[str], int | None] = _no_cell
