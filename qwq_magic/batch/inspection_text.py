"""Where the samples of a batch part, in words: the texts of every form of output.

All values are the model's own text, so each is cut to a short line without control characters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from qwq_magic.plain_text import excerpt, one_line

if TYPE_CHECKING:
    from qwq_magic.batch.inspection import (
        Assertion,
        BatchInspection,
        Group,
        RowInspection,
        Trail,
    )

# A table of thousands of rows is slow in every notebook, and each row has to be read first.
SHOWN_ROWS = 50
# More values than these do not group; a reader would only see a list of them.
SHOWN_GROUPS = 12
SHOWN_SAMPLES = 20  # of a group
# Of the values that a reasoning asserts, the first and the last are shown.
_FIRST_VALUES = 5
_LAST_VALUES = 2
_VALUE_BYTES = 60
_MODEL_BYTES = 40
NO_VALUE = "no final value"


def inspection_text(inspection: BatchInspection) -> str:
    """Return the inspection as plain text: of one row its samples, of several a line each."""
    rows = inspection.row_numbers
    if len(rows) == 1:
        return "\n".join(_row_lines(inspection.row(rows[0]), inspection))
    lines = [f"Where the samples of {_many(len(rows), 'row')} part"]
    lines += [f"  row {row}: {row_line(inspection.row(row))}" for row in rows[:SHOWN_ROWS]]
    left = len(rows) - SHOWN_ROWS
    return "\n".join([*lines, *([f"  … {left:,} more: see to_frame()"] if left > 0 else [])])


def _row_lines(row: RowInspection, inspection: BatchInspection) -> Iterator[str]:
    yield f"Where the samples of row {row.row} part"
    for group in row.groups[:SHOWN_GROUPS]:
        yield ""
        yield f"{shown(group.value)}: {votes_of(group, row)}{_own_parting(group, row)}"
        labels = [label_of(trail, inspection) for trail in group.trails[:SHOWN_SAMPLES]]
        width = max(map(len, labels))
        for label, trail in zip(labels, group.trails, strict=False):
            yield f"  {label:>{width}}  {trail_text(trail)}"
        if len(group.trails) > SHOWN_SAMPLES:
            yield f"  … {len(group.trails) - SHOWN_SAMPLES:,} more"
    if len(row.groups) > SHOWN_GROUPS:
        yield f"\n… {_many(len(row.groups) - SHOWN_GROUPS, 'more group')}: see to_frame()"
    yield f"\n{parting_line(row)}"


def _own_parting(group: Group, row: RowInspection) -> str:
    """Return where a group parts from all others; of two groups, the last line has it."""
    # From a single other group it parts where the two part from each other.
    groups = sum(other.value is not None for other in row.groups)
    return f", parts at {place_text(group.parting)}" if group.parting and groups > 2 else ""


def votes_of(group: Group, row: RowInspection) -> str:
    """Return `5 of 8`: how many samples have the final value, of those that have one."""
    count = len(group.trails)
    if group.value is None:
        return _many(count, "sample")
    return f"{count:,} of {_many(row.vote.total, 'sample')}"


def label_of(trail: Trail, inspection: BatchInspection) -> str:
    """Return the number of a sample, and its model if there are several."""
    number = str(trail.sample.number)
    if not inspection.has_models:
        return number
    return f"{number} {one_line(trail.sample.model, limit_bytes=_MODEL_BYTES)}"


def trail_text(trail: Trail) -> str:
    """Return `20 at step 4 (12 %) → 19 at step 31 (70 %)`."""
    found = trail.assertions
    if not found:
        return "asserts no value" if trail.sample.turn.reasoning else "no reasoning"
    left = len(found) - _FIRST_VALUES - _LAST_VALUES
    # A mark in place of a single value would not be shorter.
    if left <= 1:
        return " → ".join(map(place_text, found))
    first, last = found[:_FIRST_VALUES], found[-_LAST_VALUES:]
    parts = [*map(place_text, first), f"… {left:,} more", *map(place_text, last)]
    return " → ".join(parts)


def place_text(found: Assertion) -> str:
    """Return `20 at step 4 (12 %)`."""
    return f"{shown(found.value)} at step {found.step:,} ({percent(found.share)})"


def parting_line(row: RowInspection) -> str:
    """Return where the leading group and the next part, as a sentence."""
    values = [shown(group.value) for group in row.groups if group.value is not None]
    if not values:
        return "No sample has a final value."
    if len(values) == 1:
        return f"All samples with a final value reach {values[0]}."
    names = f"{values[0]} and {values[1]}"
    parts = [
        f"samples of {value} first assert {place_text(found)}"
        for value, found in zip(values, row.partings, strict=False)
        if found is not None
    ]
    if not parts:
        return f"{names} do not part at any value: most samples assert the same ones."
    return f"{names} part: {', '.join(parts)}."


def row_line(row: RowInspection) -> str:
    """Return the leading value of a row, its votes, and where it is first seen on median."""
    vote = row.vote
    if vote.value is None:
        return NO_VALUE
    tied = ", tied" if vote.is_tied else ""
    return (
        f"{shown(vote.value)}: {vote.count:,} of {vote.total:,} ({percent(vote.share)}{tied}), "
        f"{seen_text(row)}"
    )


def seen_text(row: RowInspection) -> str:
    """Return `first seen at 70 % on median`."""
    return (
        "not seen in the reasoning"
        if row.seen is None
        else f"first seen at {percent(row.seen)} on median"
    )


def shown(value: str | None) -> str:
    """Return a value as a short line."""
    return NO_VALUE if value is None else excerpt(value, limit_bytes=_VALUE_BYTES)


def percent(share: float) -> str:
    # Halves are rounded up, as the view rounds them.
    return f"{math.floor(100 * share + 0.5)} %"


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
