"""A conversation as a file: JSON Lines, a header and then one attempt a line."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from qwq_magic.errors import FileError
from qwq_magic.turns import Turn

_FORMAT = "qwq_magic.conversation"
_SCHEMA = 1
# A text may hold half a surrogate pair, and must come back as it was.
_SURROGATES = "surrogatepass"
_MAX_BYTES = 512_000_000


def write_attempts(path: Path, *, name: str, slots: Iterable[tuple[Turn, ...]]) -> None:
    """Write all at once: readers see the old file or the new one, nothing between.

    Raises:
        FileError: the path holds a file of another kind, or cannot be written.
    """
    if path.exists() and path.stat().st_size:
        _read_header(path)
    lines: list[dict[str, Any]] = [{"format": _FORMAT, "schema": _SCHEMA, "name": name}]
    for number, slot in enumerate(slots, 1):
        lines += ({"number": number, "turn": turn.to_dict()} for turn in slot)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    try:
        # mkstemp makes the file readable by its owner only; a conversation is private.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode(errors=_SURROGATES))
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(f"Cannot write {path}: {error.strerror}. Choose another path.") from error


def read_attempts(path: Path) -> tuple[tuple[Turn, ...], ...]:
    """All attempts, by their place in the conversation.

    Raises:
        FileError: the file is missing, too large, damaged, of another kind or too new.
    """
    _read_header(path)
    slots: dict[int, list[Turn]] = {}
    with path.open("rb") as file:
        next(file)
        for index, line in enumerate(file, 2):
            try:
                data = json.loads(line.decode(errors=_SURROGATES))
                slots.setdefault(int(data["number"]), []).append(_turn_from(data["turn"]))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise FileError(
                    f"{path} is damaged in line {index}. Nothing was loaded from it."
                ) from error
    return tuple(tuple(slots[number]) for number in sorted(slots))


_TEXTS = ("id", "prompt", "reasoning", "answer", "model", "server", "conversation", "started_at")
_MAYBE_TEXTS = ("finish_reason", "cell_id")
_NUMBERS = ("usage", "timing")


def _turn_from(data: Any) -> Turn:
    """A turn from a file somebody may have sent: every value must be of its kind."""
    _require(isinstance(data, dict))
    _require(all(isinstance(data.get(name, ""), str) for name in _TEXTS))
    _require(all(isinstance(data.get(name) or "", str) for name in _MAYBE_TEXTS))
    for name in _NUMBERS:
        values = (data.get(name) or {}).values()
        _require(all(value is None or type(value) in (int, float) for value in values))
    _require(isinstance(data.get("parameters", {}), dict))
    _require(isinstance(data.get("complete", False), bool))
    _require(all(isinstance(notice, str) for notice in _list_of(data, "notices")))
    for message in _list_of(data, "messages"):
        _require(message["role"] in ("system", "user", "assistant"))
        _require(isinstance(message["text"], str))
        _require(isinstance(message.get("reasoning", ""), str))
    return Turn.from_dict(data)


def _list_of(data: dict[str, Any], name: str) -> list[Any]:
    values = data.get(name) or []
    _require(isinstance(values, list))
    return list(values)


def _require(holds: bool) -> None:
    if not holds:
        raise TypeError("a value of another kind")


def _read_header(path: Path) -> None:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise FileError(f"{path} is larger than {_MAX_BYTES // 1_000_000} MB; not read.")
        with path.open("rb") as file:
            header = json.loads(file.readline(10_000))
        if header["format"] != _FORMAT:
            raise ValueError(header["format"])
        schema = int(header["schema"])
    except OSError as error:
        raise FileError(f"Cannot read {path}: {error.strerror}. Check the path.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} is not a saved conversation. Choose another file.") from error
    if schema > _SCHEMA:
        raise FileError(f"{path} was written by a newer qwq_magic. Upgrade to read it.")
