"""Write turns so that each costs what is new in it, however many turns it was sent with."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

from qwq_magic.store.message_runs import Known, MessageRuns
from qwq_magic.store.schema import has_search
from qwq_magic.store.search import index_turn
from qwq_magic.store.turn_rows import insert_messages, insert_turn, number_of, values_of
from qwq_magic.turns import Message, Turn

# Each writer numbers its messages in blocks of its own, so that the messages of two processes
# that write at the same time stay consecutive.
_BLOCK = 2**20


class TurnWriter:
    """Writes turns over one connection, and knows which messages the file has.

    Changes are made in a transaction; `keep` or `undo` must follow it.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._runs = MessageRuns()
        self._has_search = has_search(connection)
        # The number of this writer, and the end of its block; 0 until it writes.
        self._writer = self._kept_writer = 0
        self._end = self._kept_end = 0

    def writer(self, now: str) -> int:
        """Return the number of this writer in the file."""
        if not self._writer:
            self._writer = self._start_block(now)
        return self._writer

    def write(self, turn: Turn, now: str) -> int:
        """Write the turn, unless the file has it; return the number of its row.

        Raises:
            TypeError, ValueError, LookupError, RecursionError: a value cannot be saved.
        """
        self.writer(now)
        values = values_of(turn)
        number, edition = number_of(self._connection, values)
        if number is None:
            sent = self._write_messages(turn.messages, now)
            number = insert_turn(self._connection, values, edition=edition, sent=sent)
            if self._has_search:
                index_turn(self._connection, number, turn)
        return number

    def _write_messages(self, messages: Sequence[Message], now: str) -> str:
        """Write the new messages; return all of them as runs of numbers."""
        if self._runs.next_number + len(messages) > self._end:
            self._start_block(now)
        runs: list[list[int]] = []
        new: list[tuple[int, Message]] = []
        for item in self._runs.split(messages):
            if isinstance(item, Known):
                first, last = item.first, item.last
            else:
                first = last = item.number
                new.append((item.number, item.message))
            if runs and runs[-1][1] == first - 1:
                runs[-1][1] = last
            else:
                runs.append([first, last])
        insert_messages(self._connection, new)
        return json.dumps(runs, separators=(",", ":"))

    def _start_block(self, now: str) -> int:
        query = "INSERT INTO writers (started_at) VALUES (?)"
        number = self._connection.execute(query, (now,)).lastrowid
        assert number is not None
        self._end = (number + 1) * _BLOCK
        self._runs.start_block(number * _BLOCK)
        return number

    def seed(self, messages: Mapping[int, Message]) -> None:
        """Know messages that were read from the file, so that they are not written again."""
        self._runs.seed(messages)

    def keep(self) -> None:
        """The transaction was committed."""
        self._kept_writer, self._kept_end = self._writer, self._end
        self._runs.mark()

    def undo(self) -> None:
        """The transaction was rolled back."""
        self._writer, self._end = self._kept_writer, self._kept_end
        self._runs.forget()
