"""The steps of a reasoning: what it says piece by piece, and what each piece probably does.

Classified steps while a reasoning still streams.

A step that was given never changes, and the finished turn has the same: cut in the same
places, of the same kinds.
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
from qwq_magic.reasoning.kinds import guess
from qwq_magic.reasoning.segmenter import Piece, StepSegmenter, pieces_of
from qwq_magic.token_estimate import estimate_tokens

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a reasoning.

    Attributes:
        index: its number, from 0.
        start: where it begins in the reasoning, in characters.
        end: where it ends, so that `reasoning[start:end] == text`.
        text: what it says, with the blanks behind it.
        kind: what it probably does.
        cue: the cue that speaks for the kind; "" where its words and form together do.
        group: the kind's coarse family.
        episode: the number of its episode, from 0; each switch begins one.
        seconds: ≈ how long the model spent on it; None where no arrival times are known.
        tokens: ≈ its tokens; None only if nobody estimated them.
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

    def values(self) -> tuple[object, ...]:
        """Its fields in order, as plain values: a row of a table."""
        named = (getattr(self, name) for name in STEP_FIELDS)
        return tuple(value.value if isinstance(value, Enum) else value for value in named)


STEP_FIELDS = tuple(field.name for field in fields(Step))
STEP_INTEGERS = ("index", "start", "end", "episode", "tokens")


class Steps(Sequence[Step]):
    """The steps in order; their texts join to the exact reasoning."""

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
        """Short: a notebook shows it, and there may be two thousand."""
        episodes = len({step.episode for step in self._steps})
        return f"<Steps: {len(self):,} steps in {episodes:,} episodes>"

    @property
    def text(self) -> str:
        """The reasoning, every character of it."""
        return "".join(step.text for step in self._steps)

    def to_frame(self) -> pd.DataFrame:
        """A pandas DataFrame with a row per step and a column per field, in that order."""
        rows = [step.values() for step in self._steps]
        return frame_of(STEP_FIELDS, rows, integers=STEP_INTEGERS, floats=("seconds",))


# How long a reasoning will be is not known while it streams, and a kind is not to change when
# it has ended: so where a step stands is measured on this many characters.
_TYPICAL_LENGTH = 10_000


class StepBuilder:
    """Makes steps of the pieces as they come; a switch begins an episode, unless at the start."""

    def __init__(self) -> None:
        self._index = self._episode = 0
        self._previous = ""

    def step(self, piece: Piece, *, seconds: float | None, tokens: int) -> Step:
        position = piece.start / _TYPICAL_LENGTH
        best = guess(piece.text, position=position, previous=self._previous)
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
        )
        self._index += 1
        self._previous = piece.text
        return step


def steps_of(
    reasoning: str,
    *,
    arrivals: Sequence[Mark] = (),
    reasoning_tokens: int | None = None,
) -> Steps:
    """The steps of a whole reasoning.

    `arrivals` are marks (offset, seconds): so many characters were there by then; they
    time the steps. `reasoning_tokens`, where a server counted them, are shared out among
    the steps in the measure of their estimates.
    """
    pieces = pieces_of(reasoning)
    ends = [0, *(piece.end for piece in pieces)]
    known = seconds_between(ends, sorted(arrivals))
    times: Sequence[float | None] = known or [None] * len(pieces)
    tokens = _tokens(pieces, reasoning_tokens)
    builder = StepBuilder()
    return Steps(
        builder.step(piece, seconds=seconds, tokens=count)
        for piece, seconds, count in zip(pieces, times, tokens, strict=True)
    )


def _tokens(pieces: Sequence[Piece], counted: int | None) -> Sequence[int]:
    """Whole tokens per step, rounded so that they add up."""
    estimates = [estimate_tokens(piece.text) for piece in pieces]
    total = sum(estimates)
    counted = round(total) if counted is None else counted
    scale = counted / total if total else 1.0
    shares: list[int] = []
    so_far, given = 0.0, 0
    for estimate in estimates:
        so_far += estimate * scale
        shares.append(round(so_far) - given)
        given += shares[-1]
    return shares


class StepReader:
    """Takes deltas and the time they arrived at, gives the steps they settle."""

    def __init__(self) -> None:
        self._segmenter = StepSegmenter()
        self._length = 0
        self._marks: deque[Mark] = deque()
        self._builder = StepBuilder()

    def feed(self, delta: str, *, at_s: float | None = None) -> list[Step]:
        """The steps that are settled now; `at_s` is any clock's time, if it is known."""
        self._length += len(delta)
        if at_s is not None and delta:
            self._marks.append((self._length, at_s))
        return self._steps(self._segmenter.feed(delta))

    def close(self) -> list[Step]:
        """The steps that were still open."""
        return self._steps(self._segmenter.close())

    def _steps(self, pieces: Iterable[Piece]) -> list[Step]:
        return [self._step(piece) for piece in pieces]

    def _step(self, piece: Piece) -> Step:
        return self._builder.step(
            piece,
            seconds=self._seconds(piece),
            tokens=round(estimate_tokens(piece.text)),
        )

    def _seconds(self, piece: Piece) -> float | None:
        # Steps come in order, so what lies before this one is never asked for again.
        while len(self._marks) > 2 and self._marks[1][0] <= piece.start:
            self._marks.popleft()
        seconds = seconds_between([piece.start, piece.end], self._marks)
        return seconds[0] if seconds else None
