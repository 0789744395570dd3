"""Votes as a cell's output: which final value the samples of each prompt agree on."""

from __future__ import annotations

import math
from typing import Any, Final

from qwq_magic.batch import Vote, Votes
from qwq_magic.batch.votes import wilson_interval
from qwq_magic.display.batch_groups import Groups, groups_of, shown_value
from qwq_magic.display.captions import counted
from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.tables import Table

_SHOWN_VOTES: Final = 20


def votes_bundle(votes: Votes) -> dict[str, Any]:
    """Return the MIME bundle of votes, which is inert."""
    return {"text/markdown": _markdown(votes), "text/plain": repr(votes)}


def _markdown(votes: Votes) -> str:
    if len(votes) == 1:
        (vote,) = votes
        groups = groups_of(vote.groups, is_one_prompt=True)
        sentence = f"<p><strong>{escape_span(vote_sentence(vote))}</strong></p>"
        return f"{sentence}\n\n{groups_table(groups, vote.without_value).markdown()}"
    # A table of thousands of rows is slow in every notebook; a DataFrame pages.
    left = len(votes) - _SHOWN_VOTES
    more = f"\n\n<p>{counted(left, 'more vote')}: see to_frame()</p>" if left > 0 else ""
    return f"{_rows_table(votes).markdown()}{more}"


def _rows_table(votes: Votes) -> Table:
    headings = ("row", "value", "votes", "share", "95 % interval")
    return Table(headings, [_row_of(vote) for vote in votes[:_SHOWN_VOTES]])


def _row_of(vote: Vote) -> tuple[str, ...]:
    if vote.value is None:
        return str(vote.row), "no final value", "", "", ""
    low, high = vote.interval
    value = f"{shown_value(vote.value)}{' (tied)' if vote.is_tied else ''}"
    votes, interval = f"{vote.count:,} of {vote.total:,}", f"{percent(low)} to {percent(high)}"
    return str(vote.row), value, votes, percent(vote.share), interval


def vote_sentence(vote: Vote) -> str:
    """Return the vote as a sentence: `9.9 leads with 5 of 8 (63 %, …).`."""
    if vote.value is None:
        return "No sample has a final value."
    value = shown_value(vote.value)
    low, high = vote.interval
    shares = f"{percent(vote.share)}, 95 % interval {percent(low)} to {percent(high)}"
    tied = "is tied" if vote.is_tied else "leads"
    verb = f"{tied} with" if len(vote.groups) > 1 else "has"
    return f"{value} {verb} {vote.count:,} of {counted(vote.total, 'final value')} ({shares})."


def percent(share: float) -> str:
    # Halves are rounded up, as the view rounds them.
    return f"{math.floor(100 * share + 0.5)} %"


def groups_table(groups: Groups, without_value: int) -> Table:
    """Return the final values of one prompt's samples as a table."""
    rows = []
    for value, count in groups.values:
        low, high = wilson_interval(count, groups.total)
        interval = f"{percent(low)} to {percent(high)}"
        shown = shown_value(value)
        rows.append((shown, f"{count:,}", percent(count / groups.total), interval))
    if groups.others[0]:
        rows.append((counted(groups.others[0], "other value"), f"{groups.others[1]:,}", "", ""))
    if without_value:
        rows.append(("no final value", f"{without_value:,}", "", ""))
    return Table(("final value", "samples", "share", "95 % interval"), rows)
