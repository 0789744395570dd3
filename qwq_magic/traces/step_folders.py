"""Folders with a reasoning in steps, as Thought Anchors publishes them.

Beside `chunks_labeled.json` or `chunks.json` are `problem.json`, with the problem and its right
answer, and `base_solution.json`, with the reply that was cut into steps.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qwq_magic.errors import FileError
from qwq_magic.traces.bounded_file import opened, whole
from qwq_magic.traces.columns import gold_of
from qwq_magic.traces.details import turn_of
from qwq_magic.traces.json_text import Unreadable, parse
from qwq_magic.traces.records import Source, gold_in
from qwq_magic.traces.replies import ReplyText, split_reply, text_in
from qwq_magic.traces.step_texts import is_step_list, joined_steps, step_texts, texts_within
from qwq_magic.traces.traces import Skipped, Trace
from qwq_magic.turns import Message

_LISTS = ("chunks_labeled.json", "chunks.json")
_MOST_FOLDERS = 100_000


def read_folder(path: Path, source: Source) -> Iterator[Trace | Skipped]:
    """Yield the turn of each folder below this one that has a list of steps.

    Raises:
        FileError: there are too many folders.
    """
    for count, (folder, below, files) in enumerate(os.walk(path), 1):
        if count > _MOST_FOLDERS:
            raise FileError(f"{path} has more than {_MOST_FOLDERS:,} folders. Load one of them.")
        # Those of the steps have resampled replies.
        below[:] = sorted(name for name in below if not name.startswith(("chunk_", ".")))
        if name := next((name for name in _LISTS if name in files), None):
            yield _read(path, Path(folder, name), source)


def _read(path: Path, file: Path, source: Source) -> Trace | Skipped:
    where = file.parent.relative_to(path).as_posix()
    where = file.name if where == "." else where
    try:
        return _trace(file.parent, _json(file), where, source)
    except Unreadable as error:
        return Skipped(where, str(error))


def read_list(path: Path, steps: list[Any], source: Source) -> Trace | Skipped:
    """Return the turn of a file that is a list of steps."""
    try:
        return _trace(path.parent, steps, path.name, source)
    except Unreadable as error:
        return Skipped(path.name, str(error))


def _json(file: Path) -> Any:
    try:
        with opened(file) as opened_file:
            return parse(whole(opened_file, file))
    except (OSError, FileError) as error:
        # One file of many that is too large or cannot be opened.
        raise Unreadable(f"{file.name} cannot be read: {error}") from error


def _beside(folder: Path, name: str) -> dict[str, Any]:
    file = folder / name
    value = _json(file) if file.is_file() else {}
    return value if isinstance(value, dict) else {}


def _trace(folder: Path, steps: Any, where: str, source: Source) -> Trace:
    listed = steps if isinstance(steps, dict) else {}
    steps = listed.get("chunks_labeled", listed.get("chunks")) if listed else steps
    if not is_step_list(steps):
        raise Unreadable("it is not a list of steps")
    problem, base = _beside(folder, "problem.json"), _beside(folder, "base_solution.json")
    reply = _reply(steps, {**listed, **base})
    prompt = text_in(problem.get("problem") or problem.get("question") or base.get("prompt"))
    record: dict[str, Any] = {
        name: base[name] for name in ("model", "finish_reason") if name in base
    }
    turn = turn_of(
        reply,
        prompt=prompt,
        sent=(Message("user", prompt),) if prompt.strip() else (),
        record=record,
        conversation=source.conversation,
        where=where,
    )
    return Trace(turn, gold_in(gold_of({**base, **problem}, source.columns)), where)


def _reply(steps: list[Any], base: dict[str, Any]) -> ReplyText:
    """Return the reply: its own text if the steps are parts of it, or else the steps, joined."""
    texts = step_texts(steps)
    # `full_cot` is the prompt and the solution, which other files do not have apart.
    names = ("solution", "solution_text", "full_cot", "source_text")
    found = split_reply(next((base[n] for n in names if isinstance(base.get(n), str)), ""))
    reasoning, answer = found.reasoning, found.answer
    if not reasoning:
        # It was cut before the reasoning ended.
        reasoning, answer = answer, ""
    if not texts_within(texts, reasoning):
        reasoning = joined_steps(steps)
    if not answer.strip():
        answer = text_in(base.get("answer"))
    return ReplyText(reasoning, answer)
