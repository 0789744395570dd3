"""A batch: the turns of many samples, in order, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from qwq_magic.batch.budget import Prices
from qwq_magic.batch.votes import Votes, vote_of
from qwq_magic.errors import ConfigurationError
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    import pandas as pd

    from qwq_magic.batch.inspection import BatchInspection, Trail

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a batch.

    Attributes:
        row: the row of the table, from 0.
        number: which sample of its row and model it is, from 1.
        model: the model's name.
        key: what it is known by in a store: the hash of all that was sent, and its number.
        turn: the turn; one without text that is stopped, if it was not asked.
        is_reused: whether the turn was in the store already.
    """

    row: int
    number: int
    model: str
    key: str
    turn: Turn
    is_reused: bool = False


class Batch(Sequence[Turn]):
    """The turns of a batch, by row, then by model, then by sample.

    Attributes:
        samples: the samples, in the same order as the turns.
        rows: the rows of the table.
        template: the prompt, with `{{ column }}` for what differs.
        saved: how many samples need not be asked, since the vote of their row was settled.
        ending: why the batch ended before all was asked; "" if it did not.
        warning: what went wrong beside the replies, such as a store that cannot be written.
        elapsed_s: how long it took, in seconds.
        cost: what it cost; None if that is not known.
        prices: the prices of a million input and output tokens, by model; None if the user named
            none.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        *,
        rows: Sequence[Row],
        template: str,
        saved: int = 0,
        ending: str = "",
        warning: str = "",
        elapsed_s: float = 0.0,
        cost: float | None = None,
        prices: Prices | None = None,
        ask_again: Callable[[], Batch] | None = None,
    ) -> None:
        self.samples = tuple(samples)
        self.rows = tuple(rows)
        self.template = template
        self.saved = saved
        self.ending = ending
        self.warning = warning
        self.elapsed_s = elapsed_s
        self.cost = cost
        self.prices = prices
        # What the reasoning of each sample asserts, by its index, once that is read.
        self._trails: dict[int, Trail] = {}
        self._ask_again = ask_again

    @overload
    def __getitem__(self, index: int) -> Turn: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Turn]: ...
    def __getitem__(self, index: int | slice) -> Turn | Sequence[Turn]:
        if isinstance(index, slice):
            return [sample.turn for sample in self.samples[index]]
        return self.samples[index].turn

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[Turn]:
        return (sample.turn for sample in self.samples)

    @property
    def turns(self) -> list[Turn]:
        """All turns, in order."""
        return list(self)

    @property
    def errors(self) -> list[Turn]:
        """The turns that failed; each has its `error`."""
        return [turn for turn in self if turn.error is not None]

    @property
    def missing(self) -> list[Sample]:
        """The samples to ask again: those that failed, were stopped, or were never asked."""
        from qwq_magic.batch.keys import is_final

        return [sample for sample in self.samples if not is_final(sample.turn)]

    def of_row(self, row: int) -> list[Turn]:
        """Return the turns of one row, from 0.

        Raises:
            ConfigurationError: there is no such row.
        """
        self._require_row(row)
        return [sample.turn for sample in self.samples if sample.row == row]

    def _require_row(self, row: int) -> None:
        if not 0 <= row < len(self.rows):
            raise ConfigurationError(f"There is no row {row}. The batch has {len(self.rows)}.")

    def vote(self) -> Votes:
        """Count the final values of each row's samples."""
        values: dict[int, list[str | None]] = {row: [] for row in range(len(self.rows))}
        for sample in self.samples:
            values[sample.row].append(sample.turn.final_value)
        return Votes(vote_of(found, row=row) for row, found in values.items())

    def inspect(self, row: int | None = None) -> BatchInspection:
        """Show where the samples part: the values that their reasoning asserts, by final value.

        A notebook shows a table, a console the text. With several rows and no `row`, each row is
        one line.

        Args:
            row: the row to inspect, from 0; None for all.

        Raises:
            ConfigurationError: there is no such row.
        """
        from qwq_magic.batch.inspection import BatchInspection

        if row is not None:
            self._require_row(row)
        rows = range(len(self.rows)) if row is None else [row]
        return BatchInspection(self.samples, rows, self._trails)

    def to_frame(self) -> pd.DataFrame:
        """Return a pandas DataFrame with a row per sample.

        Its columns are `BATCH_COLUMNS` of `qwq_magic.batch` and, after `server`, those of the
        table's rows. One whose name is ours has `input_` in front.

        Raises:
            ConfigurationError: pandas is not installed.
        """
        from qwq_magic.batch.table import batch_frame

        return batch_frame(self)

    def export(self, path: str | Path, *, overwrite: bool = False) -> str:
        """Write the batch to a file, in the format of its extension.

        - `.parquet`: the table of `to_frame`; lists and the like in the rows become JSON.
        - `.jsonl`: a line per whole reply, as fine-tuning tools read it: the `messages` that were
          sent and the reply, with its `reasoning_content`; and `row`, `sample`, `model`, `value`
          and `input`.
        - `.json`: an eval log of Inspect, where a row is a sample and a sample is an epoch.

        No file holds an API key or the address of a server.

        Args:
            path: the file.
            overwrite: whether an existing file may be replaced.

        Returns:
            A message with the number of samples written, and of those left out, by reason.

        Raises:
            ConfigurationError: pandas or pyarrow is not installed, which Parquet files require.
            FileError: the extension is not supported, the file exists, or it cannot be written.
        """
        from qwq_magic.batch.exports import export_batch

        return export_batch(self, path, overwrite=overwrite)

    def retry(self) -> Batch:
        """Ask again for all that is missing, and return this batch with what came of it.

        Raises:
            QwqError: the batch is a copy that has no session; a setting is wrong by now.
        """
        if self._ask_again is None:
            raise ConfigurationError("This batch has no session to ask. Run session.map again.")
        self.__dict__.update(self._ask_again().__dict__)
        return self

    def __getstate__(self) -> dict[str, Any]:
        # Neither the session, which holds a key, nor what can be read again leaves this process.
        return {**self.__dict__, "_ask_again": None, "_trails": {}}

    def __repr__(self) -> str:
        states = Counter(turn.state for turn in self)
        counted = ", ".join(f"{count:,} {state}" for state, count in states.most_common())
        rows = f"{len(self.rows):,} row{'' if len(self.rows) == 1 else 's'}"
        return f"<Batch of {len(self):,} turns of {rows}: {counted or 'nothing asked'}>"
