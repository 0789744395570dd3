"""The outline of a reasoning for front ends without our renderer: its turning points.

An outline of every step would be as long as the reasoning. So the number of lines depends on
its length, which adds a few percent to the file, and the most significant kinds of steps come
first. The outline is HTML inside the saved Markdown's `<details>`: no line is blank, and each
begins with a tag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.turn_view import TurnView
from qwq_magic.plain_text import one_line
from qwq_magic.reasoning import Group, Kind, Step

# A reasoning with fewer steps is short enough without an outline.
_FEWEST_STEPS = 8
_CHARACTERS_A_LINE = 3_000
_FEWEST_LINES, _MOST_LINES = 4, 20
_MOST_QUOTED_BYTES = 56
_VALUE_BYTES = 40
# The kinds that get a line, the most significant first.
_SIGNIFICANT = (
    Kind.SWITCH,
    Kind.ANSWER,
    Kind.DOUBT,
    Kind.CHECK,
    Kind.CONCLUDE,
    Kind.SETUP,
    Kind.PLAN,
)


def outline(view: TurnView) -> str:
    """Return the outline as HTML; "" for a short reasoning."""
    steps = view.steps or ()
    if len(steps) < _FEWEST_STEPS:
        return ""
    seen = view.metrics.first_seen if view.metrics else None
    first = seen.step if seen else None
    flag = f", answer first seen ({one_line(seen.value, limit_bytes=_VALUE_BYTES)})" if seen else ""
    lines = [_line(step, flag if step.index == first else "") for step in _selected(steps, first)]
    return "\n".join([f"<p><em>{_counts(steps)}</em></p>", "<ul>", *lines, "</ul>"])


def _counts(steps: Sequence[Step]) -> str:
    counts = Counter(step.group for step in steps)
    groups = ", ".join(
        f"{counts[group]:,} {group.value}"
        for group in Group
        if counts[group] and group is not Group.UNCLASSIFIED
    )
    switches = steps[-1].episode
    switched = f"; {switches} switch{'' if switches == 1 else 'es'}" if switches else ""
    return f"{len(steps):,} steps, likely {groups}{switched}. Turning points:"


def _selected(steps: Sequence[Step], first_seen: int | None) -> list[Step]:
    """Return the steps that get a line: the first, the first with the answer, key ones."""
    room = min(_MOST_LINES, _FEWEST_LINES + steps[-1].end // _CHARACTERS_A_LINE)
    chosen = {0} if first_seen is None else {0, first_seen}
    for kind in _SIGNIFICANT:
        indices = [step.index for step in steps if step.kind is kind and step.index not in chosen]
        left = room - len(chosen)
        if left <= 0:
            break
        # If there is no room for all steps of a kind, take them evenly from the whole text.
        every = max(1, -(-len(indices) // left))
        chosen.update(indices[::every])
    return [steps[index] for index in sorted(chosen)]


def _line(step: Step, flag: str) -> str:
    kind = step.kind.value
    quote = one_line(step.text, limit_bytes=_MOST_QUOTED_BYTES)
    return f"<li>step {step.index + 1:,}, {kind}{escape_span(flag)}: {escape_span(quote)}</li>"
