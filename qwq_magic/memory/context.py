"""The context of a request: the earlier turns that are sent with it, oldest first.

Only whole turns are sent. They are taken from the end until the window or the model's
input limit is full, so the cost depends on what is sent, not on the conversation's length.
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
    """The earlier turns for a new request, as the conversation was when it was sent.

    Attributes:
        messages: alternating user and assistant messages, oldest first.
        numbers: the numbers of these turns, from 1.
        above: how many turns precede the new one.
        tokens: the estimated tokens of the messages.
        left_out_by: what caused older turns to be left out; "" if none were.
        revision: the conversation's revision at that time.
        generation: the conversation's generation at that time.
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
        """The turns in words: `turns 4–9`, `no earlier turns`."""
        if not self.numbers:
            return "no earlier turns"
        word = "turn" if len(self.numbers) == 1 else "turns"
        return f"{word} {number_spans(self.numbers)}"


def number_spans(numbers: Iterable[int]) -> str:
    """Format ascending numbers as ranges: `1–3, 5`."""
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
    """Return the context of a request that follows the slots in `above`."""
    taken: list[tuple[int, Attempt]] = []
    tokens = 0.0
    left_out_by: Cause = ""
    for number in range(len(above), 0, -1):
        slot = above[number - 1]
        # A turn that is not sent takes no room in the window.
        if not slot.is_sendable:
            continue
        with_it = tokens + _tokens_of(slot.turn, with_reasoning=with_reasoning)
        # The first turn that does not fit ends the search: sending an older one would leave a gap.
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
