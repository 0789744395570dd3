"""Load turns from a file, in whichever format it is."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.plain_text import excerpt, one_line
from qwq_magic.store import is_store
from qwq_magic.traces.columns import Columns
from qwq_magic.traces.inspect_log import read_archive
from qwq_magic.traces.json_files import read_json_file
from qwq_magic.traces.own_files import read_store
from qwq_magic.traces.records import Source
from qwq_magic.traces.step_folders import read_folder
from qwq_magic.traces.tables import read_csv, read_parquet
from qwq_magic.traces.traces import Skipped, Trace, Traces, skipped_text

_logger = logging.getLogger("qwq_magic")
_Reader: TypeAlias = Callable[[Path, Source], Iterator[Trace | Skipped]]

# A compressed file may unpack to texts that do not fit in memory.
_MOST_CHARACTERS = 2_000_000_000
_MOST_SKIPPED = 1_000_000
_NAME_BYTES = 120
_PARQUET, _ZIP = b"PAR1", b"PK\x03\x04"


def load_turns(
    path: str | Path,
    *,
    prompt: str | None = None,
    response: str | None = None,
    reasoning: str | None = None,
    gold: str | None = None,
    limit: int | None = None,
) -> Traces:
    """Load the replies of any model from a file, as turns that can be inspected and compared.

    Read are JSON Lines and JSON (texts with `<think>`, `reasoning_content`, OpenAI's messages,
    completions and batch output, lists of steps), also compressed with gzip or Zstandard; Parquet,
    CSV and TSV; eval logs of Inspect (`.eval`, `.json`); folders of Thought Anchors; and all that
    this package writes. What cannot be read is skipped: a line of the log says how much, and
    `Traces.skipped` has the reasons. Neither a model nor a key nor a session is needed.

    Args:
        path: the file, or a folder with lists of steps.
        prompt: the column with the prompt; None looks for the usual names.
        response: the column with the reply, or its answer if the reasoning has another column.
        reasoning: the column with the reasoning; None looks for the usual names, and for tags in
            the reply.
        gold: the column with the right answer, such as `metadata.answer`; None looks for the
            usual names.
        limit: how many turns to load at most; None for all.

    Raises:
        ConfigurationError: an argument is not valid, or a package is not installed that the
            format requires.
        FileError: the file cannot be read, or has no turn that can be.
    """
    _check(path, {"prompt": prompt, "response": response, "reasoning": reasoning, "gold": gold})
    # `type`, which does not accept True as a number.
    if limit is not None and not (type(limit) is int and limit >= 0):
        raise ConfigurationError(f"limit is {limit!r:.80}. Use a number of turns, such as 100.")
    path = Path(path).expanduser()
    name = one_line(path.name.partition(".")[0], limit_bytes=_NAME_BYTES) or "traces"
    source = Source(Columns(prompt, response, reasoning, gold), name)
    traces: list[Trace] = []
    skipped: list[Skipped] = []
    try:
        found = _reader_of(path)(path, source)
        _take(found, traces, skipped, path=path, limit=limit)
    except OSError as error:
        # An OSError from a library that unpacks may have no `strerror`.
        cause = error.strerror or error
        raise FileError(f"Cannot read {path}: {cause}. Check the path.") from error
    if not traces and limit != 0:
        raise FileError(_nothing_in(path, skipped))
    if skipped:
        shown = excerpt(path.name, limit_bytes=_NAME_BYTES)
        _logger.warning("%s: %s", shown, skipped_text(skipped))
    return Traces(path, traces, skipped)


def _check(path: object, names: Mapping[str, object]) -> None:
    if not isinstance(path, str | Path) or "\0" in str(path):
        raise ConfigurationError(f"path is {path!r:.80}. Use the path of a file or a folder.")
    for argument, name in names.items():
        if not isinstance(name, str | None):
            raise ConfigurationError(f"{argument} is {name!r:.80}. Use the name of a column.")


def _reader_of(path: Path) -> _Reader:
    # By content, as far as it shows: names are chosen by people.
    if path.is_dir():
        return read_folder
    # First, since a store that is open must not be opened in another way.
    if is_store(path):
        return lambda store, _source: read_store(store)
    with path.open("rb") as file:
        start = file.read(4)
    if start == _PARQUET:
        return read_parquet
    if start == _ZIP:
        return read_archive
    is_table = {".csv", ".tsv"} & {suffix.lower() for suffix in path.suffixes}
    return read_csv if is_table else read_json_file


def _take(
    found: Iterator[Trace | Skipped],
    traces: list[Trace],
    skipped: list[Skipped],
    *,
    path: Path,
    limit: int | None,
) -> None:
    ids = _Ids()
    characters = 0
    for each in found:
        if isinstance(each, Skipped):
            skipped.append(each)
        elif limit is None or len(traces) < limit:
            traces.append(ids.distinct(each))
            characters += len(each.turn.reasoning) + len(each.turn.answer) + len(each.turn.prompt)
        else:
            return
        if characters > _MOST_CHARACTERS or len(skipped) > _MOST_SKIPPED:
            raise FileError(
                f"{path} is too large: {len(traces):,} turns and {len(skipped):,} other records "
                f"so far. Load fewer with limit=1000, or split it."
            )


class _Ids:
    """Makes ids distinct: the samples of a problem often share its id."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}

    def distinct(self, trace: Trace) -> Trace:
        # The numbers go on, so that equal ids cost no search.
        own = found = trace.turn.id
        while found in self._taken:
            self._numbers[own] = self._numbers.get(own, 1) + 1
            found = f"{own}-{self._numbers[own]}"
        self._taken.add(found)
        return trace if found == own else replace(trace, turn=replace(trace.turn, id=found))


def _nothing_in(path: Path, skipped: list[Skipped]) -> str:
    if not skipped:
        return f"{path} has no turn. Load a file with replies of a model."
    first = str(skipped[0]).rstrip(".")
    more = f" {len(skipped) - 1:,} more were skipped." if len(skipped) > 1 else ""
    return f"{path} has no readable turn. {first[:1].upper()}{first[1:]}.{more}"
