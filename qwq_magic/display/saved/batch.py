"""A batch as a cell's output: data for our renderer, an inert table, and short plain text.

The data holds a record for each sample (see `batch_lanes`) and, as far as they fit, the turns
themselves, so that a lane opens without a kernel. Its size is bounded whatever the size of the
batch, and neither an API key nor an address is part of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from qwq_magic.batch import Batch
from qwq_magic.display.batch_lanes import turn_fields
from qwq_magic.display.batch_view import BatchView
from qwq_magic.display.captions import analysed
from qwq_magic.display.saved.batch_text import batch_markdown, batch_plain
from qwq_magic.display.saved.bundle import turn_data
from qwq_magic.display.turn_view import TurnView
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import well_formed
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.reasoning.first_seen import FirstSeen

BATCH_MIME: Final = "application/vnd.qwq.batch.v1+json"

MAX_SAMPLES: Final = 500
_MAX_TURN_CHARACTERS: Final = 200_000
# What the data of a turn holds besides its texts, about.
_AROUND_A_TURN: Final = 1_500
# Reading a reasoning step by step takes about a quarter of a second for a million characters.
_MAX_READ_CHARACTERS: Final = 2_000_000


def batch_bundle(
    batch: Batch,
    *,
    name: str = "batch",
    places: Sequence[TurnPosition | None] | None = None,
    batch_id: str = "",
) -> dict[str, Any]:
    """Return the MIME bundle of a batch.

    Args:
        batch: the batch.
        name: the variable that holds it, for the code that shows more of it.
        places: the position of each sample's turn in its conversation, None for those without.
        batch_id: what a page knows the batch by; another one each time by default.
    """
    view = BatchView(batch, name, places or (), batch_id or f"batch {uuid.uuid4().hex}")
    return {
        BATCH_MIME: batch_data(view),
        "text/markdown": batch_markdown(view),
        "text/plain": batch_plain(view),
    }


def batch_data(view: BatchView) -> dict[str, Any]:
    """Return the batch as data for our renderer, schema version 1."""
    samples = view.batch.samples[:MAX_SAMPLES]
    last_row = max((sample.row for sample in samples), default=-1)
    conversations = {well_formed(sample.turn.conversation) for sample in samples}
    return {
        "schema": 1,
        "id": view.id,
        "name": view.name,
        "conversation": conversations.pop() if len(conversations) == 1 else "",
        "rows": len(view.batch.rows),
        "models": view.models,
        "prompt": view.prompt,
        "figures": view.figures.to_dict(),
        "groups": view.groups.to_list(),
        "others": list(view.groups.others),
        "without_value": view.without_value,
        "labels": [view.labels.get(row, "") for row in range(last_row + 1)] if view.labels else [],
        "lanes": _records(view),
        "left_out": len(view.batch) - len(samples),
    }


def _records(view: BatchView) -> list[dict[str, Any]]:
    room = _Room()
    numbers = {model: number for number, model in enumerate(view.models)}
    records = []
    for index, sample in enumerate(view.batch.samples[:MAX_SAMPLES]):
        turn = sample.turn
        records.append(
            {
                "index": index,
                "row": sample.row,
                "number": sample.number,
                **({"model": numbers[well_formed(sample.model)]} if len(numbers) > 1 else {}),
                **turn_fields(turn, value=view.values[index], is_reused=sample.is_reused),
                **room.fields(turn, view.place_of(index), value=view.values[index]),
            }
        )
    return records


class _Room:
    """How much more of the turns is analysed, and how much more is part of the output."""

    def __init__(self) -> None:
        self._characters = _MAX_TURN_CHARACTERS
        self._read_characters = _MAX_READ_CHARACTERS

    def fields(
        self, turn: Turn, place: TurnPosition | None, *, value: str | None
    ) -> dict[str, Any]:
        """Return the fields that need the analysis of a turn, or its whole text."""
        view = TurnView(turn, place)
        return {
            **({"place": f"{place.number}.{place.attempt}"} if place else {}),
            **({} if value is None else self._seen(view)),
            **self._turn(view),
        }

    def _seen(self, view: TurnView) -> dict[str, Any]:
        # Reading stops for good, so that the cost does not depend on the order of the samples.
        self._read_characters -= len(view.turn.reasoning)
        if self._read_characters < 0 or not view.turn.reasoning:
            return {}
        seen = analysed(lambda: _first_seen(view), otherwise=None)
        return {} if seen is None else {"seen": round(seen.share, 4)}

    def _turn(self, view: TurnView) -> dict[str, Any]:
        turn = view.turn
        size = len(turn.reasoning) + len(turn.answer) + _AROUND_A_TURN
        # A shorter one after it may still fit.
        if size > self._characters or not (turn.reasoning or turn.answer or turn.error):
            return {}
        self._characters -= size
        data = analysed(lambda: turn_data(view), otherwise=None)
        return {"turn": data} if data else {}


def _first_seen(view: TurnView) -> FirstSeen | None:
    """Return what the metrics have as `first_seen`, without the cost of the others."""
    from qwq_magic.reasoning.first_seen import first_seen

    steps = [step for step in view.steps or () if step.start >= view.given[0]]
    return first_seen(steps, answer=view.turn.answer)
