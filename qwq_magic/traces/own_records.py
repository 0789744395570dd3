"""Records that this package wrote: whole turns, and tables of the steps of turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from qwq_magic.store.saved_turn import DAMAGE, checked, require_keys, require_message, turn_from
from qwq_magic.traces.json_text import Unreadable
from qwq_magic.turns import Message, Turn

_OWN = frozenset({"id", "prompt", "reasoning", "answer", "usage", "timing", "arrivals"})
_MESSAGE = frozenset({"role", "text", "reasoning", "signature"})
_STEP = frozenset({"turn", "turn_id", "index", "start", "end", "text", "kind"})


def is_own_turn(record: dict[str, Any]) -> bool:
    """Whether the record is the result of `Turn.to_dict`."""
    return record.keys() >= _OWN


def own_turn(record: dict[str, Any]) -> Turn:
    """Return the turn as it was.

    Raises:
        Unreadable: a value is damaged.
    """
    try:
        messages = record.get("messages") or []
        return turn_from(record, [_message(item) for item in checked(messages, list)])
    except DAMAGE as error:
        raise Unreadable("it is a turn with a damaged value") from error


def _message(data: Any) -> Message:
    require_keys(data, _MESSAGE)
    values = (data["role"], data["text"], data.get("reasoning", ""), data.get("signature", ""))
    require_message(*values)
    return Message(*values)


def steps_joined(rows: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield records; consecutive steps of a turn, as `export_steps` writes them, are one."""
    for key, group in groupby(rows, key=lambda row: _turn_of_step(row[1])):
        if key is None:
            yield from group
            continue
        where, first = next(group)
        # A group is read once: this is the rest of it.
        texts = [first["text"], *(record["text"] for _, record in group)]  # noqa: B031
        about = {name: first.get(name) for name in ("turn_id", "conversation", "model", "server")}
        yield where, {**about, "reasoning": "".join(texts)}


def _turn_of_step(record: Any) -> tuple[str, str] | None:
    if not isinstance(record, dict) or not record.keys() >= _STEP:
        return None
    is_step = isinstance(record["text"], str) and isinstance(record["turn_id"], str)
    return (str(record["turn"])[:40], record["turn_id"]) if is_step else None
