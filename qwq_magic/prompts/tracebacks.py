"""An exception as text for a model: the user's frames, named by cell, with a limited length.

Frames of this package and of the code that runs cells are removed, since they are not part
of the user's program.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path

from qwq_magic.prompts.notebook import Notebook

_PACKAGE = str(Path(__file__).parents[1])
_MAX_LINE = 1_000
_MAX_HEAD, _MAX_TAIL = 3_000, 9_000


def traceback_text(error: BaseException, notebook: Notebook) -> str:
    """Return the traceback as text, including the causes."""
    summary = traceback.TracebackException.from_exception(error)
    for related in _iter_related(summary):
        _name_cells(related, notebook)
    lines = (_cut_line(line) for line in "".join(summary.format()).rstrip("\n").split("\n"))
    return cut_middle("\n".join(lines))


def cells_of(error: BaseException, notebook: Notebook) -> list[int]:
    """Return the numbers of the cells that `error` passed through, outermost first."""
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        files.append(error.filename)
    numbers = (notebook.cell_at(file) for file in files)
    return list(dict.fromkeys(number for number in numbers if number is not None))


def cut_middle(text: str) -> str:
    """Return the text, or only its beginning and end if it is too long."""
    left_out = len(text) - _MAX_HEAD - _MAX_TAIL
    if left_out <= 0:
        return text
    return f"{text[:_MAX_HEAD]}\n… {left_out:,} characters left out …\n{text[-_MAX_TAIL:]}"


def _iter_related(
    summary: traceback.TracebackException,
) -> Iterator[traceback.TracebackException]:
    """Yield the exception, its causes and the exceptions it groups."""
    yield summary
    grouped = getattr(summary, "exceptions", None) or ()
    for other in (summary.__cause__, summary.__context__, *grouped):
        if other is not None:
            yield from _iter_related(other)


def _name_cells(summary: traceback.TracebackException, notebook: Notebook) -> None:
    # Only a SyntaxError has a file name of its own.
    own_number = notebook.cell_at(getattr(summary, "filename", None) or "")
    frames = list(summary.stack)
    numbers = [notebook.cell_at(frame.filename) for frame in frames]
    if own_number is not None and not any(number is not None for number in numbers):
        frames, numbers = [], []  # The cell never ran: these frames only compile cells.
    # The frames above the first cell are those that run cells.
    first = next((n for n, number in enumerate(numbers) if number is not None), 0)
    kept = []
    for frame, number in zip(frames[first:], numbers[first:], strict=True):
        if frame.filename.startswith(_PACKAGE):
            continue
        _ = frame.line  # Read lazily, and impossible once the file name is changed.
        if number is not None:
            frame.filename = f"In[{number}]"
        kept.append(frame)
    summary.stack = traceback.StackSummary.from_list(kept)
    if own_number is not None:
        summary.filename = f"In[{own_number}]"


def _cut_line(line: str) -> str:
    left_out = len(line) - _MAX_LINE
    return line if left_out <= 0 else f"{line[:_MAX_LINE]} … ({left_out:,} more characters)"
