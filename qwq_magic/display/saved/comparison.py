"""A comparison as a cell's output: data for our renderer, an inert table, and plain text.

The data contains both texts once. `pairs` has one letter per pair of steps: `S` same, `M`
similar, `L` only on the left, `R` only on the right. Every step is in exactly one pair, in
order, so no indices are needed. `diff` lists the parts of the answers as a letter and a length
in base 36: in `B`oth answers, or only in the `L`eft or `R`ight one.
"""

from __future__ import annotations

from typing import Any, Final

from qwq_magic.display.saved.step_records import base36, loop_spans, step_records
from qwq_magic.display.saved.text import escape_span
from qwq_magic.plain_text import well_formed
from qwq_magic.reasoning import Comparison, loops_of
from qwq_magic.reasoning.comparison import StepPair
from qwq_magic.reasoning.comparison_text import (
    comparison_text,
    findings,
    metric_rows,
    names_of,
    parting_text,
)
from qwq_magic.reasoning.reasoned_turn import ReasonedTurn
from qwq_magic.turns import Turn

COMPARISON_MIME: Final = "application/vnd.qwq.comparison.v1+json"

_SIDES: Final = {"both": "B", "left": "L", "right": "R"}


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as data for our renderer, schema version 1."""
    parts = comparison.answer_diff
    return {
        "schema": 1,
        "names": list(names_of(comparison)),
        "findings": [list(finding) for finding in findings(comparison)],
        "metrics": [list(row) for row in metric_rows(comparison)],
        "left": _side(comparison.left),
        "right": _side(comparison.right),
        "pairs": "".join(map(_letter, comparison.pairs)),
        **_divergence(comparison),
        "diff": "".join(_SIDES[p.side] + base36(len(well_formed(p.text))) for p in parts),
    }


def _divergence(comparison: Comparison) -> dict[str, Any]:
    """Where the turns part: where one of them was forked from the other, or else by the steps."""
    turns = comparison.left, comparison.right
    for turn, other in (turns, turns[::-1]):
        if isinstance(turn, Turn) and turn.parent is not None and turn.parent.id == other.id:
            begins = _first_own(turn)
            own = "left" if turn is comparison.left else "right"
            for index, pair in enumerate(comparison.pairs):
                step = getattr(pair, own)
                if step is not None and step >= begins:
                    return {"divergence": index, "is_fork": True}
    parting = comparison.parting
    return {
        "divergence": comparison.divergence,
        **({"parting": parting_text(parting)} if parting else {}),
    }


def _first_own(turn: Turn) -> int:
    """Return the index of the first step that differs from the parent: edited, or received."""
    parent, steps = turn.parent, turn.steps
    if parent is not None and parent.kind == "edit" and parent.step is not None:
        return parent.step - 1
    return next((step.index for step in steps if step.start >= turn.given[0]), len(steps))


def _letter(pair: StepPair) -> str:
    if pair.left is None:
        return "R"
    if pair.right is None:
        return "L"
    return "S" if pair.match == "same" else "M"


def _side(turn: ReasonedTurn) -> dict[str, Any]:
    seen = turn.metrics.first_seen
    return {
        "reasoning": well_formed(turn.reasoning),
        "answer": well_formed(turn.answer),
        "steps": step_records(turn.steps),
        "loops": loop_spans(loops_of(turn.reasoning)),
        "seen": seen and seen.step,
    }


def comparison_bundle(comparison: Comparison) -> dict[str, Any]:
    """Return the MIME bundle of a comparison."""
    return {
        COMPARISON_MIME: comparison_data(comparison),
        "text/markdown": comparison_markdown(comparison),
        "text/plain": comparison_text(comparison),
    }


def comparison_markdown(comparison: Comparison) -> str:
    left, right = map(escape_span, names_of(comparison))
    lines = [f"**{left}** and **{right}**", ""]
    lines += [f"- {name}: {escape_span(text)}" for name, text in findings(comparison)]
    lines += ["", f"| | {left} | {right} | difference |", "|---|---:|---:|---:|"]
    lines += ["| " + " | ".join(map(escape_span, row)) + " |" for row in metric_rows(comparison)]
    return "\n".join(lines)
