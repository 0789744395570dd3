"""Batches of turns that tests make, without a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qwq_magic.batch import Batch, Sample
from qwq_magic.events import Usage
from qwq_magic.turns import Message, Timing, Turn

PROMPT = "How many?"


def turn(number: int, reasoning: str = "", answer: str = "", **values: Any) -> Turn:
    """A turn that is complete, unless the values say otherwise."""
    known: dict[str, Any] = {
        "model": "qwq-plus",
        "server": "demo",
        "complete": True,
        "finish_reason": "stop",
        "messages": (Message("system", "Be brief."), Message("user", PROMPT)),
        "parameters": {"temperature": 0.5, "top_k": 3},
        "usage": Usage(30, 20, 50, 15, 10),
        "timing": Timing(0.5, 1.0, 2.0),
        "started_at": f"2026-01-31T12:00:{number:02}.000+00:00",
    }
    return Turn(f"turn-{number}", PROMPT, reasoning, answer, **{**known, **values})


def batch_of(
    turns: Sequence[Turn],
    *,
    rows: Sequence[Mapping[str, Any]] = ({"question": "6 × 7"},),
    models: Sequence[str] = ("qwq-plus",),
    **values: Any,
) -> Batch:
    """A batch that has as many samples of each row and model as there are turns for it."""
    each = len(turns) // (len(rows) * len(models))
    places = [
        (row, model, number)
        for row in range(len(rows))
        for model in models
        for number in range(1, each + 1)
    ]
    samples = [
        Sample(row, number, model, f"key-{index}", turns[index])
        for index, (row, model, number) in enumerate(places)
    ]
    return Batch(samples, rows=rows, template="{{ question }}", **values)


def answering(*values: str) -> list[Turn]:
    """Turns with these final values, and a reasoning that comes to them."""
    return [
        turn(n, f"Hm, let me see. Therefore, the answer is {value}.", f"\\boxed{{{value}}}")
        for n, value in enumerate(values)
    ]
