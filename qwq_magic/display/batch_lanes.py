"""The records of a batch's lanes: what a list shows of each sample, live and saved.

A record is plain JSON with the fields that are not empty:

    index, row, number  which sample it is: among all, of which row, and which of that row
    model               the index of its model, if there are several
    state               as in `Lane.state`
    value               the final value of its answer
    line                one line of its answer or its error; while it streams, the last one
    tokens              how many were received, such as `≈ 1,203`
    length              the characters of its reasoning
    seconds             how long it took
    began_s             when it began, on the clock of the batch, while it streams
    reused              whether the store held its turn already
    seen                the share of the reasoning where its value is first asserted
    place               its position in the conversation, such as `3.1`
    turn                its data for the view of a turn
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from qwq_magic.batch import Lane
from qwq_magic.batch.progress import LaneState
from qwq_magic.display.batch_figures import received_tokens
from qwq_magic.display.batch_groups import shown_value
from qwq_magic.display.captions import ending_caption, state_caption
from qwq_magic.plain_text import excerpt, well_formed
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Turn, is_cut

_LINE_BYTES: Final = 240
_LABEL_BYTES: Final = 100
# Signs of emphasis and headings, which only disturb in a single line.
_EMPHASIS: Final = re.compile(r"\*\*|__|`|^\s{0,3}(?:#{1,6}|>)\s+", re.MULTILINE)


def lane_record(lane: Lane) -> dict[str, Any]:
    """Return the record of a lane whose state is known to the display alone, at first."""
    return {
        "index": lane.index,
        "row": lane.row,
        "number": lane.number,
        **changing_fields(lane),
    }


def changing_fields(lane: Lane) -> dict[str, Any]:
    """Return the fields of a lane that change while the batch runs."""
    turn, state = lane.turn, lane.state
    if turn is not None:
        return turn_fields(turn, value=lane.value, is_reused=lane.is_reused)
    # One that waits has no line: the one of an attempt before it is gone.
    return {"state": state, **(_running_fields(lane) if lane.is_running else {})}


def _running_fields(lane: Lane) -> dict[str, Any]:
    tail = well_formed(lane.tail)
    # What arrives now is like what arrived before, so that no text is read twice.
    tokens = lane.characters * (estimate_tokens(tail) / len(tail)) if tail else 0.0
    return {"line": tail, "length": lane.characters, **_tokens(tokens, is_estimate=True)}


def turn_fields(turn: Turn, *, value: str | None, is_reused: bool) -> dict[str, Any]:
    """Return what a list shows of a turn that has ended."""
    tokens, is_estimate = received_tokens(turn)
    total_s = turn.timing.total_s
    return {
        "state": _state_of(turn),
        "line": turn_line(turn),
        "length": len(turn.reasoning),
        **_tokens(tokens, is_estimate=is_estimate),
        **({} if value is None else {"value": shown_value(value)}),
        **({} if total_s is None else {"seconds": round(total_s, 1)}),
        **({"reused": True} if is_reused else {}),
    }


def _state_of(turn: Turn) -> LaneState:
    # A reply that used up its tokens is complete, but its reader misses the end.
    return "cut" if state_caption(turn) else turn.state


def turn_line(turn: Turn) -> str:
    """Return one line of the answer; without one, how the turn ended."""
    answer = turn.answer.lstrip()
    if turn.error is None and answer:
        return excerpt(_EMPHASIS.sub("", answer[: 8 * _LINE_BYTES]), limit_bytes=_LINE_BYTES)
    # The word for it is in the mark of the lane; the line tells what is missing.
    if turn.state == "stopped" and not is_cut(turn):
        return "not asked" if not turn.reasoning else "stopped before the answer"
    return excerpt(ending_caption(turn), limit_bytes=_LINE_BYTES)


def _tokens(count: float, *, is_estimate: bool) -> dict[str, Any]:
    return {"tokens": f"{'≈ ' if is_estimate else ''}{round(count):,}"} if count >= 0.5 else {}


def models_of(names: Iterable[str]) -> list[str]:
    """Return the models of a batch, in order of appearance."""
    return list(dict.fromkeys(map(well_formed, names)))


def row_labels(prompts: Sequence[str]) -> list[str]:
    """Return what differs in the prompts of the rows, as a line for each; none if nothing does."""
    # What all prompts begin with is what the first and the last one in order begin with.
    one, other = min(prompts, default=""), max(prompts, default="")
    if one == other:
        return []
    pairs = enumerate(zip(one, other, strict=False))
    same = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
    # A word that only begins alike is shown whole.
    begin = 1 + max(one.rfind(blank, 0, same) for blank in " \n\t")
    return [excerpt(prompt[begin:], limit_bytes=_LABEL_BYTES) for prompt in prompts]
