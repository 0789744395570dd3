"""JSON and JSON Lines: which of the two a file is, and its records."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qwq_magic.traces.bounded_file import DAMAGE, MAX_LINE, lines_of, opened, whole
from qwq_magic.traces.inspect_log import is_inspect_log, samples_of
from qwq_magic.traces.json_text import Unreadable, parse
from qwq_magic.traces.own_files import is_conversation_header, read_saved
from qwq_magic.traces.records import Row, Source, read_rows
from qwq_magic.traces.step_folders import read_list
from qwq_magic.traces.step_texts import is_step_list
from qwq_magic.traces.traces import Skipped, Trace

# The one list of a document that has others around it.
_LISTS = ("data", "rows", "records", "items", "examples", "samples", "results", "turns")
_LONG = f"it is longer than {MAX_LINE // 1_000_000} MB"


def read_json_file(path: Path, source: Source) -> Iterator[Trace | Skipped]:
    """Yield the turns of a file of JSON or JSON Lines, which may be compressed.

    Raises:
        FileError: it is a document that is too large, or a damaged conversation of ours.
        OSError: it cannot be read.
    """
    with opened(path) as file:
        try:
            first = next(lines_of(file), None)
        except DAMAGE as error:
            yield Skipped("line 1", f"its compression is damaged ({error})")
            return
        if first is None:
            return
        # Neither the name nor the first sign shows whether lines are records.
        number, line = first
        record = _parsed(line)
        if is_conversation_header(record):
            yield from read_saved(path)
        elif line is not None and _begins_document(path, line, record):
            yield from _document(path, line + whole(file, path), source)
        else:
            rows = _rows(file, number, record)
            yield from read_rows(rows, source)


def _begins_document(path: Path, line: bytes, record: Any) -> bool:
    """Whether the rest of the file belongs to the value that its first line begins."""
    names = [suffix.lower() for suffix in path.suffixes]
    begin = line.strip(b"\xef\xbb\xbf \t\r\n")
    if isinstance(record, Unreadable):
        # Only a document is spread over lines; in JSON Lines, this one is damaged.
        is_spread = ".json" in names and begin.startswith((b"[", b"{"))
        return is_spread or begin in (b"[", b"{", b"[{")
    return isinstance(record, list) or is_inspect_log(record)


def _parsed(line: bytes | None) -> Any:
    if line is None:
        return Unreadable(_LONG)
    try:
        return parse(line)
    except Unreadable as error:
        return error


def _rows(file: io.BufferedReader, number: int, record: Any) -> Iterator[Row]:
    last = number
    yield f"line {number}", record
    try:
        for last, line in lines_of(file, first=number + 1):
            yield f"line {last}", _parsed(line)
    except DAMAGE as error:
        yield f"line {last + 1}", Unreadable(f"the file is damaged from here on ({error})")


def _document(path: Path, text: bytes, source: Source) -> Iterator[Trace | Skipped]:
    value = _parsed(text)
    if isinstance(value, Unreadable):
        yield Skipped("the file", str(value))
    elif is_inspect_log(value):
        yield from samples_of(value, source)
    elif isinstance(value, list) and is_step_list(value) and _has_steps(value):
        yield read_list(path, value, source)
    else:
        yield from read_rows(_records(value), source)


def _has_steps(value: list[Any]) -> bool:
    """Whether a list has the steps of one reasoning, and not a text of its own in each item."""
    return all(isinstance(item, dict) and isinstance(item.get("chunk"), str) for item in value)


def _records(value: Any) -> Iterator[Row]:
    if isinstance(value, dict):
        named = next((n for n in _LISTS if _is_table(value.get(n))), None)
        if named is None:
            yield "the file", value
            return
        value = value[named]
    for number, record in enumerate(value if isinstance(value, list) else [value], 1):
        yield f"item {number}", record


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(e, dict) for e in value)
