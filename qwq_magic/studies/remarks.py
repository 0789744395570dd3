"""What a reader of a study has to know of its replies: which are missing, how they were asked.

A reply that failed or broke off shows nothing about the answer, and one that was asked in the
quoted way, or of another model, shows something else. So each result of a study has remarks, and so
has each view of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from qwq_magic.plain_text import one_line
from qwq_magic.turns import Turn

_QUOTED = (
    "The server cannot continue a given text, so the reasoning was quoted in a new prompt: the "
    "answers show what the model makes of that text."
)


def failure_in(replies: Sequence[Turn], noun: str) -> str:
    """Return how many replies have failed, and why the first one did; "" if none has."""
    errors = [reply.error for reply in replies if reply.error is not None]
    if not errors:
        return ""
    return f"{len(errors):,} of {len(replies):,} {noun} failed. The first: {errors[0]}"


def remarks_on(
    turn: Turn, replies: Sequence[Turn], noun: str, notes: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return what has to be known about the replies, a sentence or two each.

    Args:
        turn: the turn that is studied.
        replies: the replies of the study.
        noun: what they are called, in the plural.
        notes: what is known of them as a whole, such as why the rest was not asked.
    """
    failure, missing = failure_in(replies, noun), _number_missing(replies)
    remarks = [failure] if failure else []
    if missing:
        remarks.append(f"{missing:,} of {len(replies):,} {noun} were not asked, or did not end.")
    # What ended a batch may be the error of its first reply.
    remarks += [note for note in notes if note and note not in failure]
    others = {reply.model for reply in replies if reply.complete} - {turn.model}
    if turn.model and others:
        # Names come from files and servers.
        asked, own = (one_line(name, limit_bytes=80) for name in (min(others), turn.model))
        remarks.append(f"The {noun} are from {asked}, and the turn is from {own}.")
    return (*remarks, _QUOTED) if _is_quoted(replies) else tuple(remarks)


def marks_on(replies: Sequence[Turn]) -> str:
    """Return the remarks in a few words, such as " (quoted, 2 failed)"; "" without any."""
    failed = sum(reply.error is not None for reply in replies)
    missing = _number_missing(replies)
    marks = ["quoted"] if _is_quoted(replies) else []
    marks += [f"{failed:,} failed"] if failed else []
    marks += [f"{missing:,} missing"] if missing else []
    return f" ({', '.join(marks)})" if marks else ""


def _number_missing(replies: Sequence[Turn]) -> int:
    return sum(not reply.complete and reply.error is None for reply in replies)


def _is_quoted(replies: Sequence[Turn]) -> bool:
    return any(reply.parent is not None and reply.parent.way == "quoted" for reply in replies)
