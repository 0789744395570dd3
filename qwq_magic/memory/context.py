"""The context of an ask: which earlier turns are sent along, whole turns only, oldest first.

Turns are taken from the end until the window or the model's input limit is full, so
the work grows with what is sent, not with the conversation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from qwq_magic.memory.contents import Attempt, Slot
from qwq_magic.memory.window import Window
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Message, Turn

Cause: TypeAlias = Literal["", "window", "limit"]


@dataclass(frozen=True, slots=True)
class Context:
    """What a new turn is reminded of, as the conversation stood when it was asked.

    Attributes:
        messages: user and assistant in turn, oldest first.
        numbers: the turns they are of, from 1.
        above: how many turns stand before the new one.
        tokens: ≈ tokens of the messages.
        left_out_by: why older turns were left out; "" where none was.
        revision: the conversation's, when it was asked.
        generation: the conversation's, when it was asked.
    """

    messages: tuple[Message, ...] = ()
    numbers: tuple[int, ...] = ()
    above: int = 0
    tokens: int = 0
    left_out_by: Cause = ""
    revision: int = 0
    generation: int = 0

    @property
    def spans(self) -> str:
        """The turns in words: `turns 4–9 of 9`, `no turn of 3`."""
        if not self.numbers:
            return f"no turn of {self.above}"
        word = "turn" if len(self.numbers) == 1 else "turns"
        return f"{word} {number_spans(self.numbers)} of {self.above}"


def number_spans(numbers: Iterable[int]) -> str:
    """Ascending numbers in short: `1–3, 5`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans)


def context_of(
    above: Sequence[Slot],
    *,
    window: Window,
    max_tokens: float = math.inf,
    with_reasoning: bool = False,
    revision: int = 0,
    generation: int = 0,
) -> Context:
    """The context of an ask that has the slots `above` it."""
    taken: list[tuple[int, Attempt]] = []
    tokens = 0.0
    left_out_by: Cause = ""
    for number in range(len(above), 0, -1):
        slot = above[number - 1]
        if not slot.is_sendable:
            continue
        with_it = tokens + _tokens_of(slot.turn, with_reasoning=with_reasoning)
        if not window.holds(turns=len(taken) + 1, tokens=with_it):
            left_out_by = "window"
            break
        if with_it > max_tokens:
            left_out_by = "limit"
            break
        tokens = with_it
        taken.append((number, slot.attempts[-1]))
    taken.reverse()
    return Context(
        messages=tuple(
            message
            for _, attempt in taken
            for message in attempt.messages(with_reasoning=with_reasoning)
        ),
        numbers=tuple(number for number, _ in taken),
        above=len(above),
        tokens=round(tokens),
        left_out_by=left_out_by,
        revision=revision,
        generation=generation,
    )


def _tokens_of(turn: Turn, *, with_reasoning: bool) -> float:
    reasoning = estimate_tokens(turn.reasoning) if with_reasoning else 0.0
    return estimate_tokens(turn.prompt) + estimate_tokens(turn.answer) + reasoning
