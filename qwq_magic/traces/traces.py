"""The turns of a file, each with the right answer where the file has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, overload

from qwq_magic.plain_text import excerpt, one_line, well_formed
from qwq_magic.reasoning.gold import (
    Gold,
    Judgement,
    gold_values,
    is_right,
    judged,
    underthinking_score,
)
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    import pandas as pd

# The columns of `Traces.to_frame`, in order; docs/columns.md describes them.
TRACE_COLUMNS = (
    "turn",
    "turn_id",
    "where",
    "model",
    "prompt",
    "reasoning",
    "answer",
    "value",
    "gold",
    "right",
    "first_correct_step",
    "underthinking",
)
_REASON_BYTES = 200
_NAME_BYTES = 120
_SHOWN_SKIPPED = 3


@dataclass(frozen=True, slots=True)
class Trace:
    """One turn of a file.

    Attributes:
        turn: the turn.
        gold: the right answer as the file has it, several if any of them is right; None if the
            file has none.
        where: where it is in the file, such as `line 12`.
    """

    turn: Turn
    gold: Gold | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part of a file that could not be read as a turn.

    Attributes:
        where: where it is in the file, such as `line 12`.
        reason: why it could not be read.
    """

    where: str
    reason: str

    def __str__(self) -> str:
        where = excerpt(self.where, limit_bytes=_NAME_BYTES)
        return f"{where}: {excerpt(self.reason, limit_bytes=_REASON_BYTES)}"


class Traces(Sequence[Turn]):
    """The turns of a file, in its order; a slice is one of its parts.

    Attributes:
        path: the file.
        traces: each turn with the right answer and its place in the file.
        skipped: what could not be read, and why.
    """

    def __init__(
        self, path: Path, traces: Sequence[Trace], skipped: Sequence[Skipped] = ()
    ) -> None:
        self.path = path
        self.traces = tuple(traces)
        self.skipped = tuple(skipped)

    @overload
    def __getitem__(self, index: int) -> Turn: ...
    @overload
    def __getitem__(self, index: slice) -> Traces: ...
    def __getitem__(self, index: int | slice) -> Turn | Traces:
        # Lines that were skipped belong to the file, not to a part of it.
        if isinstance(index, slice):
            return Traces(self.path, self.traces[index])
        return self.traces[index].turn

    def __len__(self) -> int:
        return len(self.traces)

    def __iter__(self) -> Iterator[Turn]:
        return (trace.turn for trace in self.traces)

    @property
    def gold(self) -> tuple[Gold | None, ...]:
        """The right answer of each turn, as the file has it; None where it has none."""
        return tuple(trace.gold for trace in self.traces)

    @cached_property
    def right(self) -> tuple[bool | None, ...]:
        """Whether each turn is right; None without a final value or without a right answer."""
        return tuple(is_right(trace.turn, gold_values(trace.gold)) for trace in self.traces)

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        """Each turn, judged by the right answer; reads the reasoning of all that have one."""
        return tuple(judged(trace.turn, trace.gold) for trace in self.traces)

    @property
    def underthinking(self) -> float | None:
        """The mean underthinking of the wrong turns; see `underthinking_score`."""
        return underthinking_score(self.judgements)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row per turn; its columns are `TRACE_COLUMNS`.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        from qwq_magic.reasoning.frames import frame_of

        pairs = zip(self.traces, self.judgements, strict=True)
        return frame_of(
            TRACE_COLUMNS,
            [_row(number, trace, found) for number, (trace, found) in enumerate(pairs, 1)],
            integers=("turn", "first_correct_step"),
            floats=("underthinking",),
            booleans=("right",),
        )

    def save(self, path: str | Path) -> None:
        """Put the turns into a store, where a search finds them, without the right answers.

        Those that it has already are not written again.

        Raises:
            FileError: the file is not a store, or cannot be written.
        """
        from qwq_magic.store import Store

        with Store(path) as store:
            store.put((), self)

    @property
    def summary(self) -> str:
        """One line: the file, how many turns, how many of them are right, and what was skipped."""
        name = one_line(well_formed(self.path.name), limit_bytes=_NAME_BYTES)
        return f"{name}: {', '.join(self._counts())}"

    def __repr__(self) -> str:
        return f"<Traces of {self.summary}>"

    def _counts(self) -> Iterator[str]:
        yield many(len(self), "turn")
        # Only answers with a value: without one, a turn is neither right nor wrong.
        if any(gold is not None for gold in self.gold):
            known = [right for right in self.right if right is not None]
            yield f"{sum(known):,} of {len(known):,} right"
        if self.skipped:
            yield skipped_text(self.skipped)


def skipped_text(skipped: Sequence[Skipped]) -> str:
    """Return on one line how much was skipped, and why, with the first of it."""
    shown = "; ".join(map(str, skipped[:_SHOWN_SKIPPED]))
    more = "; …" if len(skipped) > _SHOWN_SKIPPED else ""
    return f"{len(skipped):,} skipped ({shown}{more})"


def many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _row(number: int, trace: Trace, found: Judgement) -> tuple[object, ...]:
    turn, gold = trace.turn, trace.gold
    return (
        *(number, turn.id, trace.where, turn.model, turn.prompt, turn.reasoning, turn.answer),
        turn.final_value,
        " | ".join(gold) if isinstance(gold, tuple) else gold,
        *(found.right, found.first_correct, found.underthinking),
    )
