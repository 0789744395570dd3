"""The hand labels of a notebook: those in its store, and those made in this kernel.

Without a store, or while it cannot be written, labels are kept in memory, and written to the
store as soon as that is possible.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from qwq_magic.errors import FileError
from qwq_magic.magics.notebook_store import NotebookStore
from qwq_magic.reasoning import Kind, Labels, StepLabel
from qwq_magic.turns import Turn

_NO_STORE = 'Kept in this kernel only. %config QwqMagics.store = "notes.db" keeps them in a file.'


@dataclass(frozen=True, slots=True)
class _Change:
    """A label that was made, or removed."""

    turn: Turn
    label: StepLabel
    is_removed: bool


def _what_of(change: _Change) -> tuple[int, bool]:
    return id(change.turn), change.is_removed


class LabelBook:
    """All labels that this notebook knows; any thread may use it."""

    def __init__(self, store: NotebookStore) -> None:
        self._store = store
        self._labels: list[StepLabel] = []
        self._unwritten: list[_Change] = []
        self._failure = ""
        self._lock = threading.Lock()

    @property
    def labels(self) -> Labels:
        """All labels, as of the last `refresh` and with those made since."""
        with self._lock:
            return Labels(self._labels)

    def where(self, file: str) -> str:
        """Return a line about where labels are kept; `file` is the setting `store`."""
        if not file:
            return _NO_STORE
        return self._failure or f"Saved in {file}."

    def refresh(self, file: str, *, turn_id: str | None = None) -> None:
        """Read the labels in the store again, which other kernels may have written.

        Args:
            file: the setting `store`; "" without one.
            turn_id: the turn whose labels are read; None for all.

        Raises:
            FileError: the store is damaged, or of another kind.
        """
        with self._lock:
            self._write(file)
            if not file:
                return
            is_there = self._store.exists(file)
            found = [*self._store.labels(file=file, turn_id=turn_id)] if is_there else []
            if turn_id is not None:
                found += (each for each in self._labels if each.turn_id != turn_id)
            for change in self._unwritten:
                found = _changed(found, change)
            self._labels = found

    def put(self, turn: Turn, step: int, kind: Kind | None, *, annotator: str, file: str) -> None:
        """Label a step of a turn, or remove its label, and write that to the store.

        Args:
            turn: the turn.
            step: the index of the step, from 0.
            kind: what it is called; None removes the label.
            annotator: the name of the person.
            file: the setting `store`; "" without one.
        """
        at = turn.steps[step]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        label = StepLabel(
            *(turn.id, step, at.start, at.end, kind or at.kind, annotator, now),
            text=at.text,
        )
        change = _Change(turn, label, is_removed=kind is None)
        with self._lock:
            self._labels = _changed(self._labels, change)
            self._unwritten.append(change)
            self._write(file)

    def _write(self, file: str) -> None:
        """Write what is not in the store yet; a failure is kept for `where`."""
        self._failure = ""
        if not file:
            return
        try:
            # Those that have waited, in as few transactions as their order allows.
            for _, group in groupby(tuple(self._unwritten), _what_of):
                changes = list(group)
                self._store.label(
                    changes[0].turn,
                    [change.label for change in changes],
                    file=file,
                    are_removed=changes[0].is_removed,
                )
                del self._unwritten[: len(changes)]
        except FileError as error:
            # Not raised: the label is kept, and the next one may be written.
            self._failure = f"Not saved in the store, and kept in memory: {error}"


def _changed(labels: list[StepLabel], change: _Change) -> list[StepLabel]:
    """Return the labels after a change, as the store has them."""
    new = change.label
    kept = [
        each
        for each in labels
        if each.turn_id != new.turn_id
        or each.annotator != new.annotator
        or not new.start <= each.start < new.end
    ]
    return kept if change.is_removed else [*kept, new]
