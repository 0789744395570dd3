"""What a prompt may be made of: a notebook's variables and its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


def _no_cell(_file: str) -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as it stands.

    Attributes:
        names: its variables.
        inputs: the cells that ran, as typed, by number; the first is number 1.
        code: the same as Python, without magics.
        cell_at: the number of the cell that Python knows under this file name, if it is one.
    """

    names: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[str] = ("",)
    code: Sequence[str] = ("",)
    cell_at: Callable[[str], int | None] = _no_cell
