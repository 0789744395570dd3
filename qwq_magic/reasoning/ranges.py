"""Read a range of numbers: `10–15 minutes`, `10 to 15` and `10 bis 15 Minuten` are `10-15`."""

from __future__ import annotations

import re

from qwq_magic.reasoning.exact_numbers import read_number, spelled
from qwq_magic.reasoning.units import has_only_a_unit

_NUMBER = r"[$€£¥₹]?\d(?:[\d.,]{0,14}\d)?"
_BETWEEN = r"(?:\s?[–~～]\s?|\s(?:to|bis|a|à)\s|\s?[至到]\s?)"
# "From 3 to 5" is a change as often as a range.
RANGE = re.compile(
    r"(?<![\w.,$€£¥₹/^*+=(\[-])(?<!from\s)(?<!von\s)(?<!desde\s)(?<!\bde\s)(?<!从)"
    rf"{_NUMBER}\s?[%€]?{_BETWEEN}{_NUMBER}(?![\d/^])"
)
_PARTS = re.compile(
    rf"(?P<least>{_NUMBER})\s?[%€]?(?:(?P<sign>\s?-\s?)|{_BETWEEN})(?P<most>{_NUMBER})"
    r"(?P<unit>[^\d^/*].{0,60})?"
)


def read_range(plain: str, *, is_math: bool) -> str | None:
    """Return a range in its one spelling, without its unit; None for anything else."""
    match = _PARTS.fullmatch(plain)
    if match is None:
        return None
    unit = match["unit"] or ""
    if (match["sign"] or "").strip() != (match["sign"] or "") and not unit:
        return None  # a difference
    least, most = read_number(match["least"]), read_number(match["most"])
    if not least or not most or least[1] or most[1] or least[0] >= most[0]:
        return None
    if not has_only_a_unit(unit, is_math=is_math):
        return None
    return f"{spelled(least[0])}-{spelled(most[0])}"
