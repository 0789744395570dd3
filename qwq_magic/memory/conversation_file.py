"""The file format of conversations: JSON Lines, a header and then one attempt per line.

The messages sent with a turn repeat the turns before it. In the file each message is
written once and then referenced by number, so the size grows only with the text. A file may
be forged or damaged, so every key must be known, every value must have the right type, and
no line may be missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from qwq_magic.errors import FileError
from qwq_magic.memory.contents import Attempt, Contents, Slot
from qwq_magic.memory.message_table import MessageReader, MessageWriter
from qwq_magic.memory.names import is_name
from qwq_magic.memory.window import window_from
from qwq_magic.regular_file import replacing, require_regular
from qwq_magic.store import is_store
from qwq_magic.store.saved_turn import (
    DAMAGE,
    checked,
    require,
    require_keys,
    require_turn,
    turn_from,
)
from qwq_magic.turns import Turn

_FORMAT = "qwq_magic.conversation"
# Schema 1 had no window, hidden marks or revisions, and wrote each turn's messages in full.
_SCHEMA = 2
# A text may contain half a surrogate pair, and must be restored exactly.
_SURROGATES = "surrogatepass"
_HEADER_KEYS = frozenset({"format", "schema", "name", "window", "revision", "lines_after"})
_LINE_KEYS = frozenset({"number", "is_hidden", "asked", "kept", "turn"})
_MAX_BYTES = 512_000_000


@dataclass(frozen=True, slots=True)
class ConversationFile:
    """The conversations in a file by name, in the file's order."""

    path: Path
    conversations: Mapping[str, Contents]

    def choose(self, name: str) -> Contents:
        """Return the only conversation or, if there are several, the one with this name.

        Raises:
            FileError: the file has no conversation, or several and not this one.
        """
        if len(self.conversations) == 1:
            return next(iter(self.conversations.values()))
        if name in self.conversations:
            return self.conversations[name]
        if not self.conversations:
            raise FileError(f"{self.path} contains no conversation. Load another file.")
        raise FileError(
            f"{self.path} contains several conversations: {', '.join(self.conversations)}. "
            "Load it into a conversation with one of these names."
        )


def write_conversations(path: Path, conversations: Mapping[str, Contents]) -> None:
    """Write the file atomically: readers see the old file or the new one.

    Raises:
        FileError: the path is a file of another format, or cannot be written.
    """
    try:
        require_own_kind(path)
        with replacing(path, is_private=True) as new, new.open("wb") as file:
            for line in _lines_of(conversations):
                text = json.dumps(line, ensure_ascii=False) + "\n"
                file.write(text.encode(errors=_SURROGATES))
    except OSError as error:
        raise FileError(f"Cannot write {path}: {error.strerror}. Choose another path.") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise FileError(
            f"Cannot write {path}: a turn contains a value that cannot be saved ({error}). "
            "Drop that turn."
        ) from error


def require_own_kind(path: Path) -> None:
    """Refuse to overwrite a file of another format; a missing or empty file is accepted.

    Raises:
        FileError: the file has another format or a newer schema.
        OSError: it cannot be read, or is not a regular file.
    """
    require_regular(path)
    if is_store(path):
        raise FileError(f"{path} is a store, not a saved conversation. Choose another file.")
    if path.exists() and path.stat().st_size:
        with path.open("rb") as file:
            # Limited, since a file of another format may be one endless line.
            _read_header(path, file.readline(10_000))


def _lines_of(conversations: Mapping[str, Contents]) -> Iterator[dict[str, Any]]:
    messages = MessageWriter()
    # The lines of the whole file are counted, so that a file cut off between two lines is noticed.
    left = sum(1 + _attempts_in(contents) for contents in conversations.values())
    for name, contents in conversations.items():
        left -= 1
        window = contents.window
        yield {
            "format": _FORMAT,
            "schema": _SCHEMA,
            "name": name,
            "window": None if window.size is None else [window.size, window.unit],
            "revision": contents.revision,
            "lines_after": left,
        }
        for number, slot in enumerate(contents.slots, 1):
            for attempt in slot.attempts:
                turn = replace(attempt.turn, messages=()).to_dict()
                turn["messages"] = messages.write(attempt.turn.messages)
                require_turn(turn)
                yield {
                    "number": number,
                    "is_hidden": slot.is_hidden,
                    # The names of the keys are part of the format; existing files have them.
                    "asked": attempt.sent_at,
                    "kept": attempt.committed_at,
                    "turn": turn,
                }
        left -= _attempts_in(contents)


def _attempts_in(contents: Contents) -> int:
    return sum(len(slot.attempts) for slot in contents.slots)


def read_conversations(path: Path) -> ConversationFile:
    """Read all conversations of a JSON Lines file, or of a store.

    Raises:
        FileError: the file is missing, too large, damaged, of another format or too new.
    """
    try:
        require_regular(path)
        if is_store(path):
            from qwq_magic.memory.stored import read_store

            return ConversationFile(path, read_store(path))
        if path.stat().st_size > _MAX_BYTES:
            raise FileError(
                f"{path} is larger than {_MAX_BYTES // 1_000_000} MB. Load a smaller file."
            )
        with path.open("rb") as file:
            sections = _read_sections(path, file)
    except OSError as error:
        raise FileError(f"Cannot read {path}: {error.strerror}. Check the path.") from error
    # Of two conversations with one name the dictionary keeps the last, hence the comparison.
    found = {section.name: section.contents() for section in sections}
    if len(found) < len(sections):
        raise FileError(
            f"{path} contains two conversations with the same name. Remove one, or load a backup."
        )
    return ConversationFile(path, found)


def _read_sections(path: Path, file: BinaryIO) -> list[_Section]:
    sections = [_Section(path, _read_header(path, file.readline(10_000)), line=1)]
    messages = MessageReader()
    last = 1
    for last, line in enumerate(file, 2):
        try:
            data = json.loads(line.decode(errors=_SURROGATES))
            if "format" in data:
                sections.append(_Section(path, _check_header(path, data), line=last))
            else:
                sections[-1].add(data, messages)
        except DAMAGE as error:
            raise FileError(
                f"{path} is damaged at line {last}, so nothing was loaded. Load a backup."
            ) from error
    if any(section.last_line not in (None, last) for section in sections):
        raise FileError(
            f"{path} is damaged: lines are missing, so nothing was loaded. Load a backup."
        )
    return sections


class _Section:
    """One conversation of a file, built line by line."""

    def __init__(self, path: Path, header: dict[str, Any], *, line: int) -> None:
        try:
            require_keys(header, _HEADER_KEYS)
            self.name = checked(header.get("name", "main"), str)
            require(is_name(self.name))
            self._window = window_from(header.get("window"))
            self._revision = checked(header.get("revision", 0), int)
            lines_after = header.get("lines_after")
            # The number of the file's last line; None for schema 1, which does not record it.
            self.last_line = None if lines_after is None else line + checked(lines_after, int)
        except (ValueError, TypeError) as error:
            raise FileError(
                f"{path} has a damaged header, so nothing was loaded. Load a backup."
            ) from error
        self._slots: list[Slot] = []

    def add(self, data: dict[str, Any], messages: MessageReader) -> None:
        require_keys(data, _LINE_KEYS)
        attempt = Attempt(
            _turn_from(data["turn"], messages),
            checked(data.get("asked", 0), int),
            checked(data.get("kept", 0), int),
        )
        require(0 <= attempt.sent_at <= attempt.committed_at <= self._revision)
        is_hidden = checked(data.get("is_hidden", False), bool)
        # The attempts at a turn are consecutive lines, and the turns are in order.
        if checked(data["number"], int) == len(self._slots) + 1:
            self._slots.append(Slot((attempt,), is_hidden))
        else:
            require(data["number"] == len(self._slots) > 0)
            self._slots[-1] = Slot((*self._slots[-1].attempts, attempt), is_hidden)

    def contents(self) -> Contents:
        return Contents(tuple(self._slots), self._window, self._revision)


def _turn_from(data: Any, messages: MessageReader) -> Turn:
    checked(data, dict)
    return turn_from(data, messages.read(data.get("messages") or []))


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
