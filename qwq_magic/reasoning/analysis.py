"""The cached analysis of a turn.

A turn is a value and stores only its texts, so results derived from them are cached here. Steps
take six times the memory of their text. They are cached only while something references them,
and this module keeps the steps of the last two turns that were requested, enough to compare
two turns.
"""

from __future__ import annotations

import functools
from collections import deque
from typing import Protocol
from weakref import WeakValueDictionary

from qwq_magic.events import Usage
from qwq_magic.reasoning.arrivals import Mark
from qwq_magic.reasoning.candidates import Candidate, candidates_of
from qwq_magic.reasoning.logprobs import LogprobMark, Logprobs
from qwq_magic.reasoning.loops import Loop, loops_of
from qwq_magic.reasoning.metrics import Metrics, measure
from qwq_magic.reasoning.steps import Steps, received, steps_of
from qwq_magic.token_estimate import split_tokens


# Protocols, because `turns` is in a layer above this one.
class Seconds(Protocol):
    """The timing of a turn, in seconds; see `qwq_magic.turns.Timing`."""

    @property
    def ttft_s(self) -> float | None: ...
    @property
    def thinking_s(self) -> float | None: ...
    @property
    def total_s(self) -> float | None: ...
    # Needed, since `_metrics` is cached by its arguments.
    def __hash__(self) -> int: ...


class FinishedTurn(Protocol):
    """The parts of a turn that its analysis depends on."""

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
    @property
    def logprobs(self) -> Logprobs | None: ...
    @property
    def given(self) -> tuple[int, int]: ...


_cached_steps: WeakValueDictionary[tuple[object, ...], Steps] = WeakValueDictionary()
_recent_steps: deque[Steps] = deque(maxlen=2)


def steps_in(turn: FinishedTurn) -> Steps:
    """Return the steps of the reasoning, and keep them for later calls."""
    steps = passing_steps(turn)
    _recent_steps.append(steps)
    return steps


def passing_steps(turn: FinishedTurn) -> Steps:
    """Return the steps of the reasoning, cached only while they are referenced."""
    marks = turn.logprobs.reasoning if turn.logprobs else ()
    return _steps(turn.reasoning, turn.arrivals, reasoning_tokens_in(turn), turn.given[0], marks)


def metrics_in(turn: FinishedTurn) -> Metrics:
    """Return the metrics; `Metrics` gives their units."""
    # By its parts, since a turn has a dictionary of parameters and cannot be hashed.
    return _metrics(turn.reasoning, turn.answer, turn.arrivals, turn.timing, turn.usage, turn.given)


def candidates_in(turn: FinishedTurn) -> tuple[Candidate, ...]:
    """Return the candidate answers of the reasoning, in order; given text asserts none."""
    tokens = reasoning_tokens_in(turn)
    return _candidates(turn.reasoning, turn.answer, turn.arrivals, tokens, turn.given[0])


@functools.lru_cache(maxsize=8)
def loops_in(reasoning: str) -> tuple[Loop, ...]:
    """Return the loops of a reasoning, in order."""
    return loops_of(reasoning)


def reasoning_tokens_in(turn: FinishedTurn) -> int:
    """Return the server's count of reasoning tokens, or an estimate without one.

    Text that was given is not counted.
    """
    given, given_answer = turn.given
    return _reasoning_tokens(turn.reasoning[given:], turn.answer[given_answer:], turn.usage)


def _steps(
    reasoning: str,
    arrivals: tuple[Mark, ...],
    reasoning_tokens: int,
    given: int,
    logprobs: tuple[LogprobMark, ...] = (),
) -> Steps:
    key = (reasoning, arrivals, reasoning_tokens, given, logprobs)
    steps = _cached_steps.get(key)
    if steps is None:
        steps = steps_of(
            reasoning,
            arrivals=arrivals,
            reasoning_tokens=reasoning_tokens,
            given=given,
            logprobs=logprobs,
        )
        _cached_steps[key] = steps
    return steps


@functools.lru_cache(maxsize=8)
def _candidates(
    reasoning: str, answer: str, arrivals: tuple[Mark, ...], reasoning_tokens: int, given: int
) -> tuple[Candidate, ...]:
    steps = _steps(reasoning, arrivals, reasoning_tokens, given)
    return candidates_of(received(steps, given), answer=answer)


def _reasoning_tokens(reasoning: str, answer: str, usage: Usage) -> int:
    if usage.reasoning_tokens is not None:
        return usage.reasoning_tokens
    return split_tokens(
        reasoning, answer, output_tokens=usage.output_tokens, reasoning_tokens=None
    )[0]


@functools.lru_cache(maxsize=8)
def _metrics(
    reasoning: str,
    answer: str,
    arrivals: tuple[Mark, ...],
    timing: Seconds,
    usage: Usage,
    given: tuple[int, int],
) -> Metrics:
    own = reasoning[given[0] :]
    tokens = _reasoning_tokens(own, answer[given[1] :], usage)
    steps = _steps(reasoning, arrivals, tokens, given[0])
    return measure(
        reasoning,
        answer,
        steps=steps,
        given=given,
        loops=loops_in(own),
        candidates=_candidates(reasoning, answer, arrivals, tokens, given[0]),
        ttft_s=timing.ttft_s,
        thinking_s=timing.thinking_s,
        total_s=timing.total_s,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )
