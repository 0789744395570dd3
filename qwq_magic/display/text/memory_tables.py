"""A conversation as a table: its turns with their states, or all attempts at one turn."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from qwq_magic.display.captions import (
    act_caption,
    ending_caption,
    plain_state,
    spoken_seconds,
    turn_tokens,
)
from qwq_magic.display.tables import Table
from qwq_magic.memory.conversation import Entry
from qwq_magic.plain_text import excerpt
from qwq_magic.turns import Turn

_EXCERPT_BYTES = 90
# The headings for `_facts`; "started" is the time at which the attempt was sent.
_FACTS = ("started", "prompt", "parameters", "model", "tokens", "thought", "total")
_PROSE = frozenset(("prompt", "answer"))
# The states that need an explanation, in the order of `_marks`.
LEGEND = {
    "hidden": "hidden: kept, but not sent",
    "outdated": "outdated: a turn above it has been re-run since",
    "not in a cell": "not in a cell: its cell has changed since, or has not run in this kernel; "
    "%qwq_memory prune removes these turns",
}


def conversation_table(
    entries: Iterable[Entry],
    *,
    sent: Collection[int],
    bracket_of: Callable[[Turn], str],
    is_gone: Callable[[Turn], bool],
) -> Table:
    """Return the table of the turns of a conversation.

    Args:
        entries: the turns.
        sent: the numbers of the turns that the next prompt will include.
        bracket_of: returns the execution count of a turn's cell, such as `[3]`.
        is_gone: whether a turn's cell has changed since, or has not run in this kernel.
    """
    rows = [
        (
            str(entry.number),
            bracket_of(entry.turn),
            _short(entry.turn.prompt),
            _short(entry.turn.answer),
            entry.turn.model,
            turn_tokens(entry.turn),
            ", ".join(_marks(entry, is_gone=is_gone(entry.turn))),
            "yes" if entry.number in sent else "",
        )
        for entry in entries
    ]
    headings = ("turn", "cell", "prompt", "answer", "model", "tokens", "state", "sent")
    return Table(headings, rows, prose=_PROSE)


def legend_of(table: Table) -> list[str]:
    """Return explanations of the states that occur in a conversation table."""
    states = " ".join(row[6] for row in table.rows)
    return [text for mark, text in LEGEND.items() if mark in states]


def _marks(entry: Entry, *, is_gone: bool) -> list[str]:
    """Return the states of a turn; `complete` if there is nothing else to note."""
    marks: list[str] = [] if entry.turn.complete else [plain_state(entry.turn)]
    if not entry.turn.answer.strip():
        marks.append("no answer")
    if entry.attempts > 1:
        marks.append(f"attempt {entry.attempts}")
    marks += (
        mark
        for mark, applies in zip(LEGEND, (entry.is_hidden, entry.is_outdated, is_gone), strict=True)
        if applies
    )
    return marks or ["complete"]


def attempts_table(attempts: Sequence[Turn]) -> Table:
    """Return all attempts at one turn, one per row."""
    rows = [
        (
            str(number),
            _origin(turn, attempts),
            *_facts(turn),
            _short(turn.answer),
            plain_state(turn),
        )
        for number, turn in enumerate(attempts, 1)
    ]
    table = Table(("attempt", "from", *_FACTS, "answer", "state"), rows, prose=_PROSE)
    return table.without_empty_columns()


def attempts_side_by_side(attempts: Sequence[Turn]) -> Table:
    """Return all attempts at one turn, one per column, with their whole answers."""
    headings = ("", *(f"attempt {number}" for number in range(1, len(attempts) + 1)))
    columns = [
        (
            _origin(turn, attempts),
            *_facts(turn, whole=True),
            turn.answer or ending_caption(turn),
        )
        for turn in attempts
    ]
    rows = [row for row in zip(("from", *_FACTS, "answer"), *columns, strict=True) if any(row[1:])]
    return Table(headings, rows, prose=headings[1:])


def _origin(turn: Turn, attempts: Sequence[Turn]) -> str:
    """Return where an attempt came from: `attempt 1, edited at step 3`; "" for the prompt."""
    act = act_caption(turn)
    parent = turn.parent.id if turn.parent else ""
    numbers = (number for number, other in enumerate(attempts, 1) if other.id == parent)
    number = next(numbers, None)
    return f"attempt {number}, {act}" if number else act


def _facts(turn: Turn, *, whole: bool = False) -> tuple[str, ...]:
    return (
        _clock_time(turn.started_at),
        turn.prompt if whole else _short(turn.prompt),
        ", ".join(f"{name}={json.dumps(value)}" for name, value in turn.parameters.items()),
        turn.model,
        turn_tokens(turn),
        _seconds(turn.timing.thinking_s),
        _seconds(turn.timing.total_s),
    )


def _short(text: str) -> str:
    return excerpt(text, limit_bytes=_EXCERPT_BYTES)


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else spoken_seconds(seconds)


def _clock_time(started_at: str) -> str:
    """Return an ISO 8601 time in the local time zone; "" for an invalid one from a file."""
    try:
        return f"{datetime.fromisoformat(started_at).astimezone():%b %d, %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return ""
