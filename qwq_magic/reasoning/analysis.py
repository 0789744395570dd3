"""The analysis of a turn, made once for everything that asks for it.

A turn is a value and keeps nothing beside its texts, so what follows from them is kept here.
Steps take six times the memory of their text: they live as long as someone holds them, and
the steps of the two turns that were asked for last, enough to compare, are held here.
"""

from __future__ import annotations

import functools
from collections import deque
from typing import Protocol
from weakref import WeakValueDictionary

from qwq_magic.events import Usage
from qwq_magic.reasoning.arrivals import Mark
from qwq_magic.reasoning.loops import Loop, loops_of
from qwq_magic.reasoning.metrics import Metrics, measure
from qwq_magic.reasoning.steps import Steps, steps_of
from qwq_magic.token_estimate import split_tokens


class Seconds(Protocol):
    """How long a reply took; see `qwq_magic.turns.Timing`."""

    @property
    def ttft_s(self) -> float | None: ...
    @property
    def thinking_s(self) -> float | None: ...
    @property
    def total_s(self) -> float | None: ...
    def __hash__(self) -> int: ...


class FinishedTurn(Protocol):
    """A turn as far as its analysis depends on it."""

    @property
    def reasoning(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def arrivals(self) -> tuple[Mark, ...]: ...
    @property
    def timing(self) -> Seconds: ...
    @property
    def usage(self) -> Usage: ...


_living: WeakValueDictionary[tuple[object, ...], Steps] = WeakValueDictionary()
_asked_for: deque[Steps] = deque(maxlen=2)


def steps_in(turn: FinishedTurn) -> Steps:
    """The steps of its reasoning, held for the next call."""
    steps = passing_steps(turn)
    _asked_for.append(steps)
    return steps


def passing_steps(turn: FinishedTurn) -> Steps:
    """The same for a short use: they are dropped with the last reference."""
    return _steps(turn.reasoning, turn.arrivals, reasoning_tokens_in(turn))


def metrics_in(turn: FinishedTurn) -> Metrics:
    """Its metrics, each with its unit in `Metrics`."""
    return _metrics(turn.reasoning, turn.answer, turn.arrivals, turn.timing, turn.usage)


@functools.lru_cache(maxsize=8)
def loops_in(reasoning: str) -> tuple[Loop, ...]:
    """The loops of a reasoning, in order."""
    return loops_of(reasoning)


def reasoning_tokens_in(turn: FinishedTurn) -> int:
    """Tokens of the reasoning: the server's count, else ≈ its share of what was counted."""
    return _reasoning_tokens(turn.reasoning, turn.answer, turn.usage)


def _steps(reasoning: str, arrivals: tuple[Mark, ...], reasoning_tokens: int) -> Steps:
    key = (reasoning, arrivals, reasoning_tokens)
    steps = _living.get(key)
    if steps is None:
        steps = steps_of(reasoning, arrivals=arrivals, reasoning_tokens=reasoning_tokens)
        _living[key] = steps
    return steps


def _reasoning_tokens(reasoning: str, answer: str, usage: Usage) -> int:
    if usage.reasoning_tokens is not None:
        return usage.reasoning_tokens
    return split_tokens(
        reasoning, answer, output_tokens=usage.output_tokens, reasoning_tokens=None
    )[0]


@functools.lru_cache(maxsize=8)
def _metrics(
    reasoning: str, answer: str, arrivals: tuple[Mark, ...], timing: Seconds, usage: Usage
) -> Metrics:
    return measure(
        reasoning,
        answer,
        steps=_steps(reasoning, arrivals, _reasoning_tokens(reasoning, answer, usage)),
        loops=loops_in(reasoning),
        ttft_s=timing.ttft_s,
        thinking_s=timing.thinking_s,
        total_s=timing.total_s,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )
