"""The outline of a reasoning for readers without our renderer: where its thinking turned.

An outline of every step would be as long as the reasoning, so the telling kinds come first
and a line is spent per so many characters: the file grows by a few per cent. It is HTML
inside the saved Markdown's `<details>`: no line is blank, and each begins with a tag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.turn_view import TurnView
from qwq_magic.plain_text import one_line
from qwq_magic.reasoning import Group, Kind, Step

# A reasoning of fewer steps is its own outline.
_FEWEST_STEPS = 8
_CHARACTERS_A_LINE = 3_000
_FEWEST_LINES, _MOST_LINES = 4, 20
_MOST_QUOTED_BYTES = 56
# The kinds worth a line, the most telling first.
_TELLING = (Kind.SWITCH, Kind.ANSWER, Kind.DOUBT, Kind.CHECK, Kind.CONCLUDE, Kind.SETUP, Kind.PLAN)


def outline(view: TurnView) -> str:
    """The outline as HTML; empty for a reasoning that needs none."""
    steps = view.steps or ()
    if len(steps) < _FEWEST_STEPS:
        return ""
    seen = view.metrics.first_seen if view.metrics else None
    first = seen.step if seen else None
    lines = [_line(step, is_first_seen=step.index == first) for step in _told(steps, first)]
    return "\n".join([f"<p><em>{_counts(steps)}</em></p>", "<ul>", *lines, "</ul>"])


def _counts(steps: Sequence[Step]) -> str:
    counts = Counter(step.group for step in steps)
    groups = ", ".join(
        f"{counts[group]:,} {group.value}"
        for group in Group
        if counts[group] and group is not Group.UNCLASSIFIED
    )
    switches = steps[-1].episode
    turned = f"; {switches} switch{'' if switches == 1 else 'es'}" if switches else ""
    return f"{len(steps):,} steps, likely {groups}{turned}. Where it turned:"


def _told(steps: Sequence[Step], first_seen: int | None) -> list[Step]:
    """The steps with a line: the first, the one that first says the answer, the telling ones."""
    room = min(_MOST_LINES, _FEWEST_LINES + steps[-1].end // _CHARACTERS_A_LINE)
    chosen = {0} if first_seen is None else {0, first_seen}
    for kind in _TELLING:
        indices = [step.index for step in steps if step.kind is kind and step.index not in chosen]
        left = room - len(chosen)
        if left <= 0:
            break
        # Where not all have room, some from everywhere.
        every = max(1, -(-len(indices) // left))
        chosen.update(indices[::every])
    return [steps[index] for index in sorted(chosen)]


def _line(step: Step, *, is_first_seen: bool) -> str:
    kind = step.kind.value
    flag = ", answer first seen" if is_first_seen else ""
    quote = one_line(step.text, limit_bytes=_MOST_QUOTED_BYTES)
    return f"<li>step {step.index + 1:,}, {kind}{flag}: {escape_span(quote)}</li>"
