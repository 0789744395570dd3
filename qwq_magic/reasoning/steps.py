"""The steps of a reasoning: its text in pieces, and what each piece probably does.

Steps can also be read while the reasoning streams. A step never changes once it is emitted, and
the finished turn has the same steps: cut in the same places and of the same kinds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, overload

from qwq_magic.reasoning.arrivals import Mark, seconds_between
from qwq_magic.reasoning.frames import frame_of
from qwq_magic.reasoning.kind_names import Group, Kind
from qwq_magic.reasoning.kinds import LOOKAHEAD, guess
from qwq_magic.reasoning.logprobs import LogprobMark, Sureness, sureness_between
from qwq_magic.reasoning.segmenter import Piece, StepSegmenter, pieces_of
from qwq_magic.reasoning.sum_checks import Check, checks_of
from qwq_magic.token_estimate import estimate_tokens

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a reasoning.

    Attributes:
        index: its index in the reasoning, from 0.
        start: its start in the reasoning, in characters.
        end: its end, so that `reasoning[start:end] == text`.
        text: its text, including the blanks after it.
        kind: what it probably does.
        cue: the cue for the kind; "" if no single cue determines it.
        group: the group of the kind.
        episode: the index of its episode, from 0; each switch starts a new one.
        seconds: ≈ the time the model spent on it; None if arrival times are unknown.
        tokens: ≈ its tokens; None if they were not estimated.
        logprob: ≈ the mean log-probability of its tokens; None unless the server sent them.
        entropy: ≈ the mean entropy of its tokens in nats, over the likeliest ones at each place;
            None unless the server sent these.
    """

    index: int
    start: int
    end: int
    text: str
    kind: Kind
    cue: str
    group: Group
    episode: int
    seconds: float | None = None
    tokens: int | None = None
    logprob: float | None = None
    entropy: float | None = None

    @property
    def checks(self) -> tuple[Check, ...]:
        """The equalities between numbers in its text, recomputed; calculated at each call."""
        return checks_of(self.text)

    def values(self) -> tuple[object, ...]:
        """Return the fields in order, as plain values for a row of a table."""
        named = (getattr(self, name) for name in STEP_FIELDS)
        return tuple(value.value if isinstance(value, Enum) else value for value in named)


STEP_FIELDS = tuple(field.name for field in fields(Step))
STEP_INTEGERS = ("index", "start", "end", "episode", "tokens")
STEP_FLOATS = ("seconds", "logprob", "entropy")


class Steps(Sequence[Step]):
    """The steps in order; their texts join to the original reasoning."""

    # `analysis` caches steps by weak references, which `__slots__` alone would prevent.
    __slots__ = ("__weakref__", "_steps")

    def __init__(self, steps: Iterable[Step] = ()) -> None:
        self._steps = tuple(steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Steps: ...
    def __getitem__(self, index: int | slice) -> Step | Steps:
        return Steps(self._steps[index]) if isinstance(index, slice) else self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __eq__(self, other: object) -> bool:
        return self._steps == other._steps if isinstance(other, Steps) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._steps)

    def __repr__(self) -> str:
        # Short, since a notebook shows it and there may be thousands of steps.
        episodes = len({step.episode for step in self._steps})
        steps = f"{len(self):,} step{'' if len(self) == 1 else 's'}"
        return f"<Steps: {steps} in {episodes:,} episode{'' if episodes == 1 else 's'}>"

    @property
    def text(self) -> str:
        """The whole reasoning, unchanged."""
        return "".join(step.text for step in self._steps)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row per step and a column per field, in order.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        rows = [step.values() for step in self._steps]
        return frame_of(STEP_FIELDS, rows, integers=STEP_INTEGERS, floats=STEP_FLOATS)


# The length of a reasoning is unknown while it streams, but kinds must not change when it has
# ended. So the position of a step is always relative to this many characters.
_TYPICAL_LENGTH = 10_000


class StepBuilder:
    """Makes steps from consecutive pieces; every switch but the first step starts an episode."""

    def __init__(self) -> None:
        self._index = self._episode = 0
        self._previous = ""
        self._kind: Kind | None = None

    def step(
        self,
        piece: Piece,
        *,
        following: str,
        seconds: float | None,
        tokens: int,
        sureness: Sureness | None = None,
    ) -> Step:
        """Return the step of a piece; `following` is the text after it."""
        best = guess(
            piece.text,
            position=piece.start / _TYPICAL_LENGTH,
            previous=self._previous,
            following=following,
            previous_kind=self._kind,
        )
        if best.kind is Kind.SWITCH and self._index:
            self._episode += 1
        step = Step(
            index=self._index,
            start=piece.start,
            end=piece.end,
            text=piece.text,
            kind=best.kind,
            cue=best.cue,
            group=best.kind.group,
            episode=self._episode,
            seconds=seconds,
            tokens=tokens,
            logprob=sureness.logprob if sureness else None,
            entropy=sureness.entropy if sureness else None,
        )
        self._index += 1
        self._previous = piece.text
        self._kind = best.kind
        return step


def steps_of(
    reasoning: str,
    *,
    arrivals: Sequence[Mark] = (),
    reasoning_tokens: int | None = None,
    given: int = 0,
    logprobs: Sequence[LogprobMark] = (),
) -> Steps:
    """Return the steps of a whole reasoning.

    Args:
        reasoning: the whole text.
        arrivals: marks of how many characters had arrived after how many seconds, from which
            the time of each step is calculated.
        reasoning_tokens: the server's count, which is divided among the steps in proportion
            to their estimates; None uses the estimates.
        given: how many characters at the start were given, and so cost no tokens.
        logprobs: the log-probabilities of its tokens, in marks.
    """
    pieces = pieces_of(reasoning)
    ends = [0, *(piece.end for piece in pieces)]
    known = seconds_between(ends, sorted(arrivals))
    times: Sequence[float | None] = known or [None] * len(pieces)
    tokens = _tokens(pieces, reasoning_tokens, given)
    unknown: list[Sureness | None] = [None] * len(pieces)
    sureness = sureness_between(ends, logprobs) if logprobs else unknown
    builder = StepBuilder()
    return Steps(
        builder.step(
            piece,
            following=reasoning[piece.end : piece.end + LOOKAHEAD],
            seconds=seconds,
            tokens=count,
            sureness=sure,
        )
        for piece, seconds, count, sure in zip(pieces, times, tokens, sureness, strict=True)
    )


def received(steps: Steps, given: int) -> Steps:
    """Return the steps after the first `given` characters.

    A step that has begun before them was given, even if it ends in received text.
    """
    return Steps(step for step in steps if step.start >= given) if given else steps


def _tokens(pieces: Sequence[Piece], counted: int | None, given: int) -> Sequence[int]:
    """Return whole tokens per step, rounded so that they add up to the total."""
    estimates = [estimate_tokens(piece.text[max(0, given - piece.start) :]) for piece in pieces]
    total = sum(estimates)
    counted = round(total) if counted is None else counted
    scale = counted / total if total else 1.0
    shares: list[int] = []
    exact, assigned = 0.0, 0
    for estimate in estimates:
        exact += estimate * scale
        shares.append(round(exact) - assigned)
        assigned += shares[-1]
    return shares


class StepReader:
    """Turns deltas and their arrival times into steps, while a reasoning streams.

    A step is returned when a few characters after it have arrived, since they affect its kind.
    """

    def __init__(self) -> None:
        self._segmenter = StepSegmenter()
        self._length = 0
        self._marks: deque[Mark] = deque()
        self._builder = StepBuilder()
        self._pieces: deque[Piece] = deque()
        # The text after the last step, in the deltas that brought it.
        self._open: list[str] = []
        self._open_start = 0

    def feed(self, delta: str, *, at_s: float | None = None) -> list[Step]:
        """Read a delta that arrived at `at_s`, on any clock; return the steps it settles."""
        self._length += len(delta)
        if delta:
            self._open.append(delta)
        if at_s is not None and delta:
            self._marks.append((self._length, at_s))
        self._pieces += self._segmenter.feed(delta)
        return self._steps(self._length - LOOKAHEAD)

    def close(self) -> list[Step]:
        """Return the remaining steps."""
        self._pieces += self._segmenter.close()
        return self._steps(self._length)

    def _steps(self, settled: int) -> list[Step]:
        """Return the steps that end before `settled` or there."""
        if not self._pieces or self._pieces[0].end > settled:
            return []
        text, start = "".join(self._open), self._open_start
        steps: list[Step] = []
        while self._pieces and self._pieces[0].end <= settled:
            piece = self._pieces.popleft()
            at = piece.end - start
            steps.append(self._step(piece, text[at : at + LOOKAHEAD]))
        self._open_start = steps[-1].end
        self._open = [text[self._open_start - start :]]
        return steps

    def _step(self, piece: Piece, following: str) -> Step:
        return self._builder.step(
            piece,
            following=following,
            seconds=self._seconds(piece),
            tokens=round(estimate_tokens(piece.text)),
        )

    def _seconds(self, piece: Piece) -> float | None:
        # Steps come in order, so marks before this step are no longer needed.
        while len(self._marks) > 2 and self._marks[1][0] <= piece.start:
            self._marks.popleft()
        seconds = seconds_between([piece.start, piece.end], self._marks)
        return seconds[0] if seconds else None
