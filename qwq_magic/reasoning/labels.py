"""Hand labels: what people call the steps of a reasoning, as data.

A label belongs to characters of a turn's reasoning and not to the number of a step, so that it
keeps its meaning when a later version cuts the steps elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, overload

from qwq_magic.errors import ConfigurationError
from qwq_magic.plain_text import one_line
from qwq_magic.reasoning.frames import frame_of
from qwq_magic.reasoning.kind_names import Kind

if TYPE_CHECKING:
    import pandas as pd

    from qwq_magic.reasoning.agreement import Agreement

MAX_NAME = 80
MAX_TIME = 40


@dataclass(frozen=True, slots=True)
class StepLabel:
    """What one person calls one step.

    Attributes:
        turn_id: the id of the turn.
        step: the index of the step when it was labelled, from 0.
        start: the start of the step in the reasoning, in characters.
        end: its end, so that `reasoning[start:end] == text`.
        label: the kind.
        annotator: the name of the person.
        labelled_at: when, ISO 8601 in UTC; "" if that is not known.
        text: the text of the step.
    """

    turn_id: str
    step: int
    start: int
    end: int
    label: Kind
    annotator: str
    labelled_at: str = ""
    text: str = ""

    @property
    def unit(self) -> tuple[str, int, int]:
        """What is labelled: the turn and its characters."""
        return self.turn_id, self.start, self.end

    def values(self) -> dict[str, object]:
        """Return the fields by name, as plain values for a row of a table."""
        named = {name: getattr(self, name) for name in LABEL_COLUMNS}
        return {**named, "label": self.label.value}


# The columns of `Labels.to_frame` and the keys of a line of `Labels.export`, in order.
LABEL_COLUMNS = tuple(field.name for field in fields(StepLabel))
_INTEGERS = ("step", "start", "end")


class Labels(Sequence[StepLabel]):
    """Labels of steps by one or more people: what one person called a step last, each once."""

    def __init__(self, labels: Iterable[StepLabel] = ()) -> None:
        self._labels = tuple({(each.annotator, each.unit): each for each in labels}.values())

    @overload
    def __getitem__(self, index: int) -> StepLabel: ...
    @overload
    def __getitem__(self, index: slice) -> Labels: ...
    def __getitem__(self, index: int | slice) -> StepLabel | Labels:
        return Labels(self._labels[index]) if isinstance(index, slice) else self._labels[index]

    def __len__(self) -> int:
        return len(self._labels)

    def __iter__(self) -> Iterator[StepLabel]:
        return iter(self._labels)

    def __eq__(self, other: object) -> bool:
        return self._labels == other._labels if isinstance(other, Labels) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._labels)

    def __repr__(self) -> str:
        # Short, since a notebook shows it.
        turns = len({each.turn_id for each in self._labels})
        names = ", ".join(self.annotators)
        by = f" by {names}" if names else ""
        return f"<Labels: {_many(len(self), 'label')} in {_many(turns, 'turn')}{by}>"

    @property
    def annotators(self) -> tuple[str, ...]:
        """The names of the people, sorted."""
        return tuple(sorted({each.annotator for each in self._labels}))

    def of(self, turn_id: str) -> Labels:
        """Return the labels of one turn."""
        return Labels(each for each in self._labels if each.turn_id == turn_id)

    def agreement(self) -> Agreement:
        """Return how far the people agree, on steps that at least two of them labelled."""
        from qwq_magic.reasoning.agreement import agreement

        return agreement(self)

    def confusion(self, one: str, other: str) -> Mapping[tuple[Kind, Kind], int]:
        """Return how often `one` chose the first kind and `other` the second, for both's steps."""
        from qwq_magic.reasoning.agreement import confusion

        return confusion(self, one, other)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row per label; see `LABEL_COLUMNS`.

        `turn_id`, `start` and `end` are those of `steps_frame`, so that the two can be merged.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        rows = [list(each.values().values()) for each in self._labels]
        return frame_of(LABEL_COLUMNS, rows, integers=_INTEGERS)

    def export(self, path: str | Path) -> None:
        """Write the labels to a file as JSON Lines, one label a line, with the step's text.

        Raises:
            FileError: the file cannot be written.
        """
        from qwq_magic.reasoning.label_file import write_labels

        write_labels(self, Path(path))


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def is_annotator(name: object) -> bool:
    """Whether the name is one printable line of 1 to 80 characters."""
    return isinstance(name, str) and name == one_line(name) and 0 < len(name) <= MAX_NAME


def checked_annotator(name: str) -> str:
    """Return the name unchanged.

    Raises:
        ConfigurationError: the name is not valid.
    """
    if not is_annotator(name):
        raise ConfigurationError(
            f"{name!r:.80} is not a valid name of an annotator. Use one line of at most "
            f"{MAX_NAME} characters."
        )
    return name
