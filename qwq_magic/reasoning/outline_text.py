"""The outline of a reasoning as plain text: its metrics, its episodes and a line per step.

In a long reasoning, consecutive steps of one group share a line. Control characters and line
breaks are removed from the model's text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.kind_names import Kind
from qwq_magic.reasoning.metrics import Metrics
from qwq_magic.reasoning.reasoned_turn import ReasonedTurn, name_of
from qwq_magic.reasoning.steps import Step

# Long reasonings have hundreds of steps and up to some 2,000, too many for a terminal.
_MOST_SINGLE_STEPS = 80
_MOST_LINES = 300
_LINE_BYTES = 90
_VALUE_BYTES = 40


def outline_text(turn: ReasonedTurn) -> str:
    """Return the outline of a turn, for a terminal or a log."""
    steps = turn.steps
    head = f"Reasoning of {name_of(turn) or 'a turn'}"
    if not steps:
        return f"{head}: none"
    lines = [line for run in _episodes(steps) for line in _episode_lines(run, turn.metrics)]
    left = len(lines) - _MOST_LINES
    if left > 0:
        lines[_MOST_LINES:] = [f"… {left:,} more lines: see turn.steps"]
    return "\n".join([head, *_metric_lines(turn.metrics), *lines])


def _episodes(steps: Sequence[Step]) -> Iterator[tuple[int, list[list[Step]]]]:
    """Yield the number of each episode, and the steps of each of its lines."""
    is_short = len(steps) <= _MOST_SINGLE_STEPS
    for episode, group in groupby(steps, key=lambda step: step.episode):
        run = list(group)
        if is_short:
            yield episode, [[step] for step in run]
        else:
            yield episode, [list(line) for _, line in groupby(run, key=lambda step: step.group)]


def _episode_lines(episode: tuple[int, list[list[Step]]], metrics: Metrics) -> Iterator[str]:
    number, runs = episode
    count = sum(map(len, runs))
    yield f"\nEpisode {number + 1} · {_many(count, 'step')}"
    for run in runs:
        yield _run_line(run, metrics)


def _run_line(run: Sequence[Step], metrics: Metrics) -> str:
    first, last = run[0].index + 1, run[-1].index + 1
    span = f"{first}" if first == last else f"{first}–{last}"
    # A single step is labelled with its kind, several with their common group.
    word = run[0].kind if first == last else run[0].group
    seen = metrics.first_seen
    flag = "⚑ " if seen and any(step.index == seen.step for step in run) else ""
    return f"{span:>11}  {word:<12}  {flag}{one_line(run[0].text, limit_bytes=_LINE_BYTES)}"


def _metric_lines(metrics: Metrics) -> Iterator[str]:
    about = "≈ " if metrics.tokens_estimated else ""
    parts = [f"{_many(metrics.steps, 'step')}, ≈ {_many(metrics.episodes, 'episode')}"]
    if metrics.thinking_s is not None:
        parts.append(f"thought for {metrics.thinking_s:,.1f} s")
    parts.append(f"{about}{metrics.reasoning_tokens:,} tokens")
    if metrics.reasoning_share is not None:
        parts.append(f"{about}{metrics.reasoning_share:.0%} of the output")
    yield "  " + " · ".join(parts)
    parts = [f"≈ {_many(metrics.checks, 'check')}"]
    if metrics.switches_per_100_steps is not None:
        parts.append(f"≈ {metrics.switches_per_100_steps:.1f} switches per 100 steps")
    parts.append(f"repetition {metrics.repetition:.0%}")
    parts.append(_many(metrics.loops, "loop"))
    yield "  " + " · ".join(parts)
    if seen := metrics.first_seen:
        value = one_line(seen.value, limit_bytes=_VALUE_BYTES)
        yield f"  ⚑ answer first seen: {value}, at ≈ {seen.share:.0%}, in step {seen.step + 1}"
    yield f"  kinds are likely, not certain; {Kind.UNCLASSIFIED}: no likely kind"


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True, repr=False)
class Inspection:
    """The value of `turn.inspect()`: a notebook shows the inspector, a console the outline."""

    turn: ReasonedTurn

    def __repr__(self) -> str:
        return outline_text(self.turn)
