"""A comparison in words: the texts of its table, in every form of output."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.metrics import MetricValue
from qwq_magic.reasoning.reasoned_turn import name_of
from qwq_magic.reasoning.values import committed_value

if TYPE_CHECKING:
    from qwq_magic.reasoning.comparison import Comparison
    from qwq_magic.reasoning.partings import Parting

_MOST_BYTES = 90
_VALUE_BYTES = 40
_ID_BYTES = 12
_SHARES = frozenset(
    ("reasoning_share", "first_seen_share", "post_answer_ratio", "repetition", "language_mix")
)


def names_of(comparison: Comparison) -> tuple[str, str]:
    """Return names for the two sides: their models, with what else differs, and the side."""
    left, right = (name_of(turn) or "a turn" for turn in (comparison.left, comparison.right))
    if left != right:
        return left, right
    # By the beginning of its id, a turn can be found again.
    ids = (comparison.left.id, comparison.right.id)
    marks = [f", {one_line(each, limit_bytes=_ID_BYTES)}" for each in ids]
    first, second = marks if marks[0] != marks[1] else ("", "")
    return f"{left}{first} (left)", f"{right}{second} (right)"


def findings(comparison: Comparison) -> list[tuple[str, str]]:
    """Return the alignment, the divergence and the answers as pairs of name and text."""
    counts = Counter(pair.match for pair in comparison.pairs)
    paired = counts["same"] + counts["similar"]
    alone = [len(turn.steps) - paired for turn in (comparison.left, comparison.right)]
    return [
        (
            "steps",
            f"{counts['same']} the same, {counts['similar']} similar, "
            f"{alone[0]} only on the left, {alone[1]} only on the right",
        ),
        ("divergence", _divergence(comparison)),
        ("answers", _answers(comparison)),
    ]


def _divergence(comparison: Comparison) -> str:
    parting = comparison.parting
    if parting is None:
        return "none: no value is on one side only"
    turn = comparison.left if parting.side == "left" else comparison.right
    text = one_line(turn.steps[parting.step].text, limit_bytes=_MOST_BYTES)
    return f"{parting_text(parting)}, step {parting.step + 1:,}: {text}"


def parting_text(parting: Parting) -> str:
    """Return the value at which the sides part, and which of them has it."""
    return f"{one_line(parting.value, limit_bytes=_VALUE_BYTES)} only on the {parting.side}"


def _answers(comparison: Comparison) -> str:
    if all(part.side == "both" for part in comparison.answer_diff):
        return "the same"
    value = committed_value(comparison.left.answer)
    counts = Counter[str]()
    for part in comparison.answer_diff:
        counts[part.side] += len(part.text.split())
    plural = "" if counts["left"] == 1 else "s"
    words = (
        f"{counts['left']:,} word{plural} only on the left, {counts['right']:,} only on the right"
    )
    if value is not None and value == committed_value(comparison.right.answer):
        return f"the same value, {one_line(value)}; {words}"
    return words


def metric_rows(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    """Return the name, left, right and difference of each metric that a side has."""
    return [
        (
            metric.name,
            _shown(metric.name, _counted(metric.name, metric.left)),
            _shown(metric.name, _counted(metric.name, metric.right)),
            _signed(metric.name, metric.difference),
        )
        for metric in comparison.metrics
        if metric.left is not None or metric.right is not None
    ]


def _counted(name: str, value: MetricValue) -> MetricValue:
    """Return step numbers counted from 1, as readers do; the data counts from 0."""
    return value + 1 if name == "first_seen_step" and isinstance(value, int) else value


def _shown(name: str, value: MetricValue) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case str():
            return one_line(value, limit_bytes=40)
        case float() if name in _SHARES:
            return f"{value:.0%}"
        case float():
            return f"{value:,.1f}"
        case int():
            return f"{value:,}"


def _signed(name: str, difference: float | int | None) -> str:
    if difference is None:
        return ""
    shown = _shown(name, abs(difference))
    if not shown.strip("0.%"):
        return shown  # a difference that rounds to nothing has no sign
    return f"{'+' if difference > 0 else '−'}{shown}"


def comparison_text(comparison: Comparison) -> str:
    """Return the whole table as plain text."""
    names = names_of(comparison)
    lines = [f"Comparison of {names[0]} and {names[1]}"]
    lines += [f"  {name:<11} {text}" for name, text in findings(comparison)]
    rows = [("", "left", "right", "difference"), *metric_rows(comparison)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines += [
        f"  {row[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
