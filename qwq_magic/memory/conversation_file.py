"""Conversations as a file: JSON Lines, for each a header and then one attempt a line.

What a turn was sent repeats the turns before it; in the file each message stands
once, and after that as its number, so that a long conversation's file grows with
its text alone. A file may come from anybody: every value must be of its kind.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, get_args

from qwq_magic.errors import FileError
from qwq_magic.memory.contents import Attempt, Contents, Slot
from qwq_magic.memory.message_table import MessageReader, MessageWriter
from qwq_magic.memory.window import Unit, Window
from qwq_magic.turns import Turn

_FORMAT = "qwq_magic.conversation"
# 1 had no window, no hidden marks, no revisions, and each turn's messages in full.
_SCHEMA = 2
# A text may hold half a surrogate pair, and must come back as it was.
_SURROGATES = "surrogatepass"
_MAX_BYTES = 512_000_000
# What a line that is not ours may make the reading of it raise.
_DAMAGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class ConversationFile:
    """The conversations of a file, by name, in the order they stand there."""

    path: Path
    conversations: Mapping[str, Contents]

    def choose(self, name: str) -> Contents:
        """The only conversation, or of several the one of this name.

        Raises:
            FileError: there are several, and none of this name.
        """
        if len(self.conversations) == 1:
            return next(iter(self.conversations.values()))
        if name in self.conversations:
            return self.conversations[name]
        raise FileError(
            f"{self.path} holds several conversations: {', '.join(self.conversations)}. "
            "Load into one of these names."
        )


def write_conversations(path: Path, conversations: Mapping[str, Contents]) -> None:
    """Write all at once: readers see the old file or the new one, nothing between.

    Raises:
        FileError: the path holds a file of another kind, or cannot be written.
    """
    try:
        if path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                _read_header(path, file.readline(10_000))
        # mkstemp makes the file readable by its owner only; a conversation is private.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                for line in _lines_of(conversations):
                    text = json.dumps(line, ensure_ascii=False) + "\n"
                    file.write(text.encode(errors=_SURROGATES))
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(f"Cannot write {path}: {error.strerror}. Choose another path.") from error


def _lines_of(conversations: Mapping[str, Contents]) -> Iterator[dict[str, Any]]:
    messages = MessageWriter()
    for name, contents in conversations.items():
        window = contents.window
        yield {
            "format": _FORMAT,
            "schema": _SCHEMA,
            "name": name,
            "window": None if window.size is None else [window.size, window.unit],
            "revision": contents.revision,
        }
        for number, slot in enumerate(contents.slots, 1):
            for attempt in slot.attempts:
                turn = attempt.turn.to_dict()
                turn["messages"] = messages.write(attempt.turn.messages)
                yield {
                    "number": number,
                    "is_hidden": slot.is_hidden,
                    "asked": attempt.asked,
                    "kept": attempt.kept,
                    "turn": turn,
                }


def read_conversations(path: Path) -> ConversationFile:
    """All there is in a file.

    Raises:
        FileError: the file is missing, too large, damaged, of another kind or too new.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise FileError(f"{path} is larger than {_MAX_BYTES // 1_000_000} MB; not read.")
        with path.open("rb") as file:
            sections = _read_sections(path, file)
    except OSError as error:
        raise FileError(f"Cannot read {path}: {error.strerror}. Check the path.") from error
    return ConversationFile(path, {section.name: section.contents() for section in sections})


def _read_sections(path: Path, file: BinaryIO) -> list[_Section]:
    sections = [_Section(path, _read_header(path, file.readline(10_000)))]
    messages = MessageReader()
    for index, line in enumerate(file, 2):
        try:
            data = json.loads(line.decode(errors=_SURROGATES))
            if "format" in data:
                sections.append(_Section(path, _check_header(path, data)))
            else:
                sections[-1].add(data, messages)
        except _DAMAGE as error:
            raise FileError(
                f"{path} is damaged in line {index}. Nothing was loaded from it."
            ) from error
    return sections


class _Section:
    """One conversation of a file, line by line."""

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        try:
            self.name = _checked(header.get("name", "main"), str)
            self._window = _window_of(header.get("window"))
            self._revision = _checked(header.get("revision", 0), int)
        except (ValueError, TypeError) as error:
            raise FileError(f"{path} has a damaged header. Nothing was loaded from it.") from error
        self._slots: dict[int, Slot] = {}

    def add(self, data: dict[str, Any], messages: MessageReader) -> None:
        number = _checked(data["number"], int)
        attempt = Attempt(
            _turn_from(data["turn"], messages),
            _checked(data.get("asked", 0), int),
            _checked(data.get("kept", 0), int),
        )
        before = self._slots[number].attempts if number in self._slots else ()
        self._slots[number] = Slot(
            (*before, attempt), is_hidden=_checked(data.get("is_hidden", False), bool)
        )

    def contents(self) -> Contents:
        slots = tuple(self._slots[number] for number in sorted(self._slots))
        return Contents(slots, self._window, self._revision)


def _window_of(data: Any) -> Window:
    if data is None:
        return Window()
    size, unit = data
    _require(type(size) is int and size > 0 and unit in get_args(Unit))
    return Window(size, unit)


_TEXTS = ("id", "prompt", "reasoning", "answer", "model", "server", "conversation", "started_at")
_MAYBE_TEXTS = ("finish_reason", "cell_id")
_NUMBERS = ("usage", "timing")


def _turn_from(data: Any, messages: MessageReader) -> Turn:
    _require(isinstance(data, dict))
    _require(all(isinstance(data.get(name, ""), str) for name in _TEXTS))
    _require(all(isinstance(data.get(name) or "", str) for name in _MAYBE_TEXTS))
    for name in _NUMBERS:
        values = (data.get(name) or {}).values()
        _require(all(value is None or type(value) in (int, float) for value in values))
    _checked(data.get("parameters", {}), dict)
    _checked(data.get("complete", False), bool)
    _require(all(isinstance(notice, str) for notice in _list_of(data, "notices")))
    sent = messages.read(_list_of(data, "messages"))
    turn = replace(Turn.from_dict({**data, "messages": []}), messages=sent)
    if turn.error is not None:
        turn.error.partial = turn
    return turn


def _list_of(data: dict[str, Any], name: str) -> list[Any]:
    values: list[Any] = _checked(data.get(name) or [], list)
    return values


def _checked(value: Any, kind: type) -> Any:
    _require(type(value) is kind)
    return value


def _require(holds: bool) -> None:
    if not holds:
        raise TypeError("a value of another kind")


def _read_header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
        if header["format"] != _FORMAT:
            raise ValueError(header["format"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} is not a saved conversation. Choose another file.") from error
    return _check_header(path, header)


def _check_header(path: Path, header: dict[str, Any]) -> dict[str, Any]:
    schema = header.get("schema")
    if type(schema) is not int or header["format"] != _FORMAT:
        raise FileError(f"{path} is not a saved conversation. Choose another file.")
    if schema > _SCHEMA:
        raise FileError(f"{path} was written by a newer qwq_magic. Upgrade to read it.")
    return header
