"""The store: one SQLite file that several threads and several processes may write to.

Every write is one transaction, so a process may be killed at any instant: the file opens and
holds every write that had ended.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from qwq_magic.errors import FileError
from qwq_magic.reasoning.labels import Labels, StepLabel
from qwq_magic.store import batches
from qwq_magic.store.batches import StoredSample
from qwq_magic.store.connection import (
    Connection,
    damage_errors,
    file_errors,
    open_to_write,
    real_path,
)
from qwq_magic.store.conversation_rows import read_conversations, utc_now, write_conversation
from qwq_magic.store.file_kind import file_id
from qwq_magic.store.held import Held, Written
from qwq_magic.store.label_rows import checked_labels, put_label, read_labels, remove_labels
from qwq_magic.store.search import Hit, index_missing, search
from qwq_magic.store.turn_rows import turns_with_id
from qwq_magic.store.turn_writer import TurnWriter
from qwq_magic.turns import Turn

_all_stores: weakref.WeakSet[Store] = weakref.WeakSet()
# A child process must neither use nor close the connections of its parent.
_abandoned: list[Connection] = []


class Store:
    """An open store. Any thread may use it; a forked process opens the file again.

    Attributes:
        path: the file.
        opened: how many times the file was opened. What was written before the last time may be
            in another file, or belong to the parent process.
    """

    def __init__(self, path: str | Path) -> None:
        """Open the file, or create it.

        Raises:
            FileError: it is a file of another kind, damaged, or cannot be written.
        """
        self.path = real_path(path)
        self.opened = 0
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._is_closed = False
        _all_stores.add(self)
        self._open()

    def _open(self) -> None:
        self._connection = open_to_write(self.path)
        self._turns = TurnWriter(self._connection)
        self.opened += 1
        # Also at exit, so that no log is left beside the file.
        self._closing = weakref.finalize(self, _close_own, self._connection, self._pid)
        try:
            with file_errors(self.path, "write"), damage_errors(self.path):
                index_missing(self._connection)
        except BaseException:
            self._closing()
            raise

    @contextmanager
    def _writing(self) -> Iterator[TurnWriter]:
        """Hold the lock and a transaction, which is committed at the end of the block."""
        with self._lock, file_errors(self.path, "write"), _unsavable(self.path):
            self._reopen_if_needed()
            self._roll_back()
            connection, turns = self._connection, self._turns
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield turns
                connection.execute("COMMIT")
            except BaseException as error:
                # After some errors SQLite has ended the transaction itself. An interrupt that
                # comes after the commit finds none either, but what was written is there.
                if connection.in_transaction:
                    self._roll_back()
                elif isinstance(error, sqlite3.Error):
                    turns.undo()
                else:
                    turns.keep()
                if isinstance(error, sqlite3.IntegrityError):
                    # What is known of the file is wrong, so start over as a new writer.
                    self._turns = TurnWriter(connection)
                raise
            turns.keep()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Hold the lock and one consistent look at the file."""
        with self._lock, file_errors(self.path, "read"), damage_errors(self.path):
            self._reopen_if_needed()
            self._roll_back()
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._roll_back()

    def _roll_back(self) -> None:
        """End a transaction that is open, also one whose own end was interrupted."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
            self._turns.undo()

    def _reopen_if_needed(self) -> None:
        if self._is_closed:
            raise FileError(f"The store {self.path} is closed. Open it again.")
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self._closing.detach()
            _abandoned.append(self._connection)
            self._open()
        elif self._connection.file is None or file_id(self.path) != self._connection.file:
            # The file was removed or replaced; what is written there now would be lost.
            self._closing()
            self._open()

    def refresh(self) -> int:
        """Open the file again if it was removed or replaced, or after a fork; return `opened`.

        Raises:
            FileError: the file is of another kind, damaged, or cannot be written.
        """
        with self._lock, file_errors(self.path, "write"):
            self._reopen_if_needed()
            return self.opened

    def begin_batch(
        self, template: str, rows: Sequence[Mapping[str, object]], *, started_at: str
    ) -> int:
        """Write a batch with its rows, and return its id.

        A value of a row that is not JSON is written as text.

        Raises:
            FileError: the file cannot be written.
        """
        with self._writing():
            return batches.insert_batch(self._connection, template, rows, started_at=started_at)

    def add_sample(
        self, batch: int, *, row: int, number: int, model: str, key: str, turn: Turn
    ) -> None:
        """Write a turn of a batch; see `add_samples`.

        Args:
            batch: the batch's id.
            row: the index of its row, from 0.
            number: the number of the sample of this row.
            model: the model that was asked.
            key: what `finished` and `known` find the turn by.
            turn: the turn.
        """
        self.add_samples(batch, [StoredSample(row, number, model, key, turn)])

    def add_samples(self, batch: int, samples: Iterable[StoredSample]) -> None:
        """Write turns of a batch in one transaction, also those that the store has already.

        Raises:
            FileError: the file cannot be written, or a turn has a value that cannot be saved.
        """
        with self._writing() as turns:
            for sample in samples:
                number = turns.write(sample.turn, utc_now())
                batches.insert_sample(self._connection, batch, sample, turn=number)

    def finished(self, keys: Iterable[str]) -> dict[str, Turn]:
        """Return the turns that need not be asked again: complete, or ended by the server.

        Raises:
            FileError: the file is damaged.
        """
        with self._reading() as connection:
            return batches.turns_of(connection, keys, is_finished=True)

    def known(self, keys: Iterable[str]) -> dict[str, Turn]:
        """Return the latest turn of each key, in whatever state.

        Raises:
            FileError: the file is damaged.
        """
        with self._reading() as connection:
            return batches.turns_of(connection, keys, is_finished=False)

    def put(
        self, conversations: Sequence[tuple[Held, Written | None]], turns: Iterable[Turn] = ()
    ) -> tuple[Written, ...]:
        """Write what has changed in conversations, and return what the file then holds of each.

        Args:
            conversations: each with what `put` or `conversations` returned for it before; None
                for a new one.
            turns: further turns, which are in none of them.

        Raises:
            FileError: the file cannot be written, or a turn has a value that cannot be saved.
        """
        with self._writing() as writer:
            now = utc_now()
            for turn in turns:
                writer.write(turn, now)
            return tuple(
                write_conversation(
                    self._connection,
                    held,
                    before,
                    writer=writer.writer(now),
                    number_of=lambda turn: writer.write(turn, now),
                )
                for held, before in conversations
            )

    def conversations(self) -> list[Written]:
        """Return all conversations, the one that changed last first.

        Raises:
            FileError: the file is damaged.
        """
        with self._reading() as connection:
            found, messages = read_conversations(connection)
            self._turns.seed(messages)
            return found

    def label(self, turn: Turn, labels: Iterable[StepLabel]) -> None:
        """Write labels of a turn, and the turn unless the file has it, in one transaction.

        A label replaces those of the same person that begin in the same step.

        Raises:
            FileError: the file cannot be written, or a label is not one of this turn.
        """
        labels = checked_labels(labels, turn)
        with self._writing() as turns:
            number = turns.write(turn, utc_now())
            for label in labels:
                put_label(self._connection, number, label)

    def unlabel(self, turn: Turn, labels: Iterable[StepLabel]) -> None:
        """Remove labels of a turn: those of the same people that begin in the same steps.

        Raises:
            FileError: the file cannot be written.
        """
        with self._writing() as turns:
            number = turns.write(turn, utc_now())
            for label in labels:
                remove_labels(self._connection, number, label)

    def labels(self, turn_id: str | None = None) -> Labels:
        """Return the labels of one turn, or of all.

        Raises:
            FileError: the file is damaged.
        """
        with self._reading() as connection:
            return Labels(read_labels(connection, turn_id))

    def search(self, text: str, *, limit: int = 20) -> list[Hit]:
        """Return where turns have these words, the latest turn first; see `search`.

        Raises:
            FileError: the file is damaged, or SQLite has no full-text search here.
        """
        with self._reading() as connection:
            return search(connection, text, limit=limit)

    def turns_with_id(self, prefix: str, *, limit: int = 2) -> list[Turn]:
        """Return turns whose id begins with the text, the latest first.

        Raises:
            FileError: the file is damaged.
        """
        with self._reading() as connection:
            return turns_with_id(connection, prefix, limit=limit)

    def close(self) -> None:
        """Close the file; nothing can be written any more."""
        with self._lock:
            self._is_closed = True
            if self._pid == os.getpid():
                self._closing()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Store {str(self.path)!r}>"


@contextmanager
def _unsavable(path: Path) -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError, LookupError, RecursionError) as error:
        raise FileError(
            f"Cannot write {path}: a turn contains a value that cannot be saved ({error}). "
            "Drop that turn."
        ) from error


def _close_own(connection: Connection, pid: int) -> None:
    if pid == os.getpid():
        connection.close()


def _renew_locks() -> None:
    # A lock that another thread holds at a fork would never be released in the child.
    for store in _all_stores:
        store._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
