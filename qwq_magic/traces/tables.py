"""Tables: Parquet, CSV and TSV, a record per row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qwq_magic.errors import FileError
from qwq_magic.traces.arrow import arrow
from qwq_magic.traces.bounded_file import DAMAGE, MAX_LINE, opened
from qwq_magic.traces.json_text import Unreadable
from qwq_magic.traces.records import Row, Source, read_rows
from qwq_magic.traces.traces import Skipped, Trace

_ROWS_AT_ONCE = 64


def read_parquet(path: Path, source: Source) -> Iterator[Trace | Skipped]:
    """Yield the turns of a Parquet file, some rows at a time.

    Raises:
        ConfigurationError: pyarrow is not installed.
        FileError: the file is damaged.
        OSError: it cannot be read.
    """
    arrow()
    return read_rows(_parquet_rows(path), source)


def _parquet_rows(path: Path) -> Iterator[Row]:
    import pyarrow.parquet

    number = 0
    try:
        # A few rows at a time: a file of a gigabyte has a few large groups of rows.
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
                for record in batch.to_pylist():
                    number += 1
                    yield f"row {number}", record
    except (pyarrow.ArrowException, ValueError, OverflowError) as error:
        cause = str(error).splitlines()[0].rstrip(".")
        raise FileError(
            f"Cannot read {path} after row {number:,}: {cause:.200}. Write it again with pyarrow."
        ) from error


def read_csv(path: Path, source: Source) -> Iterator[Trace | Skipped]:
    """Yield the turns of a CSV or TSV file with a first row of names.

    Raises:
        OSError: it cannot be read.
    """
    return read_rows(_csv_rows(path), source)


def _csv_rows(path: Path) -> Iterator[Row]:
    delimiter = "\t" if ".tsv" in [suffix.lower() for suffix in path.suffixes] else ","
    # The limit is that of the process; others rely on what it was.
    before = csv.field_size_limit(MAX_LINE)
    number = 0
    try:
        with opened(path) as file:
            text = io.TextIOWrapper(file, "utf-8-sig", "strict", newline="")
            for number, record in enumerate(csv.DictReader(text, delimiter=delimiter), 1):
                yield f"row {number}", _record(record)
    except (csv.Error, UnicodeDecodeError, *DAMAGE) as error:
        yield f"row {number + 1}", Unreadable(f"the file is damaged from here on ({error})")
    finally:
        csv.field_size_limit(before)


def _record(record: dict[str | Any, str | Any]) -> Any:
    # The reader collects cells that have no name under None.
    if None in record:
        return Unreadable("it has more cells than the first row")
    return {name: value for name, value in record.items() if value is not None}
