"""An exception as text for a model: the user's frames, named by cell, and nothing endless.

Frames of ours and of the machinery that runs cells say nothing about the user's code.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

from qwq_magic.prompts.notebook import Notebook

_OURS = str(Path(__file__).parents[1])
_MAX_LINE = 1_000
_MAX_HEAD, _MAX_TAIL = 3_000, 9_000


def traceback_text(error: BaseException, notebook: Notebook) -> str:
    """The traceback, causes included."""
    told = traceback.TracebackException.from_exception(error)
    for one in _iter_told(told):
        _name_cells(one, notebook)
    lines = (_cut_line(line) for line in "".join(told.format()).rstrip("\n").split("\n"))
    return cut_middle("\n".join(lines))


def cells_of(error: BaseException, notebook: Notebook) -> list[int]:
    """The numbers of the cells that `error` came through, the outermost first."""
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        files.append(error.filename)
    numbers = (notebook.cell_at(file) for file in files)
    return list(dict.fromkeys(number for number in numbers if number is not None))


def cut_middle(text: str) -> str:
    """The text, or its beginning and its end."""
    left_out = len(text) - _MAX_HEAD - _MAX_TAIL
    if left_out <= 0:
        return text
    return f"{text[:_MAX_HEAD]}\n… {left_out:,} characters left out …\n{text[-_MAX_TAIL:]}"


def _iter_told(told: traceback.TracebackException) -> Iterator[traceback.TracebackException]:
    """The exception, and those it came from or groups."""
    yield told
    for other in (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())):
        if other is not None:
            yield from _iter_told(other)


def _name_cells(told: traceback.TracebackException, notebook: Notebook) -> None:
    # Only a SyntaxError has a file of its own.
    own_number = notebook.cell_at(getattr(told, "filename", None) or "")
    frames = list(told.stack)
    numbers = [notebook.cell_at(frame.filename) for frame in frames]
    if own_number is not None and not any(number is not None for number in numbers):
        frames, numbers = [], []  # the cell never ran: this is what reads cells
    # What runs a cell stands above it.
    first = next((n for n, number in enumerate(numbers) if number is not None), 0)
    kept = []
    for frame, number in zip(frames[first:], numbers[first:], strict=True):
        if frame.filename.startswith(_OURS):
            continue
        _ = frame.line  # read now: under its new name it would not be found
        if number is not None:
            frame.filename = f"In[{number}]"
        kept.append(frame)
    told.stack = traceback.StackSummary.from_list(kept)
    if own_number is not None:
        told.filename = f"In[{own_number}]"


def _cut_line(line: str) -> str:
    left_out = len(line) - _MAX_LINE
    return line if left_out <= 0 else f"{line[:_MAX_LINE]} … ({left_out:,} more characters)"
