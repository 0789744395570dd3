"""Hand labels in the data of a turn: for each person, the letters of kinds and the steps' numbers.

`U0D1a` are the labels of two steps: the first is called setup, and the one with index 46 (1a in
base 36) doubt. The letters are those of step records.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from qwq_magic.display.saved.bundle import TURN_MIME
from qwq_magic.display.saved.step_records import base36
from qwq_magic.reasoning import StepLabel
from qwq_magic.turns import Turn

_MOST_ANNOTATORS = 20


def label_records(labels: Iterable[StepLabel], turn: Turn) -> list[dict[str, str]]:
    """Return the labels of a turn by person; those of another text are left out.

    A label that was made when the steps were cut elsewhere belongs to the step it begins in.
    """
    starts = [step.start for step in turn.steps]
    by_name: dict[str, dict[int, str]] = {}
    for label in labels:
        # A turn that was edited by hand keeps its id.
        is_here = turn.reasoning[label.start : label.end] == label.text
        if label.turn_id == turn.id and is_here and starts:
            index = bisect_right(starts, label.start) - 1
            by_name.setdefault(label.annotator, {})[index] = label.label.letter
    return [
        {"by": name, "steps": "".join(f"{kinds[i]}{base36(i)}" for i in sorted(kinds))}
        for name, kinds in sorted(by_name.items())[:_MOST_ANNOTATORS]
    ]


def with_labels(
    bundle: dict[str, Any],
    records: list[dict[str, str]],
    *,
    labelling: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Add labels to the bundle of an inspector.

    Args:
        bundle: what `inspector_bundle` returns; it is changed.
        records: what `label_records` returns.
        labelling: who labels, and the id of the pane that takes the labels; None if the labels
            are only shown.
    """
    data = bundle[TURN_MIME]
    if records:
        data["labels"] = records
    if labelling is not None:
        data["view"]["labelling"] = labelling
    return bundle
