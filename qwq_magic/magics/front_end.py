"""The kind of front end: a notebook with widgets, a console, or a batch run.

The Jupyter protocol does not name it, so it is inferred from the execute request. Notebook
front ends put a `cellId` into its metadata. nbclient, which nbconvert, papermill and Voilà
use, sends no `cellId` and does not allow input. Any other front end, such as a console,
shows text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from IPython.core.interactiveshell import InteractiveShell

Live: TypeAlias = Literal["widgets", "text", "none"]


@dataclass(frozen=True, slots=True)
class Request:
    """The execute request being processed.

    Attributes:
        id: unique for every execution; None without a kernel.
        cell_id: stays the same when the cell runs again; None if the front end sends none.
        takes_input: whether the front end can prompt its user for input.
        code: the code that runs, as the user wrote it.
    """

    id: str | None = None
    cell_id: str | None = None
    takes_input: bool = True
    code: str = ""

    @property
    def is_program(self) -> bool:
        """Whether the code contains more than one `%%qwq` or `%qwq`."""
        lines = [line.strip() for line in self.code.splitlines()]
        # A single prompt may have comments or another cell magic, such as `%%time`, above it.
        lines = [line for line in lines if line and not line.startswith("#")]
        while lines and lines[0].startswith("%%") and not lines[0].startswith("%%qwq"):
            del lines[0]
        if not lines or lines[0].startswith("%%qwq"):
            return False
        return len(lines) > 1 or not lines[0].startswith("%qwq")


def current_request(shell: InteractiveShell) -> Request:
    get_parent = getattr(shell, "get_parent", None)
    # Without a kernel there is no request. IPython stores the input before it runs the cell, so
    # the last entry of the history is the running cell.
    if get_parent is None:
        history = getattr(shell.history_manager, "input_hist_raw", None) or [""]
        return Request(code=history[-1])
    parent: dict[str, Any] = get_parent() or {}
    content = parent.get("content", {})
    return Request(
        id=parent.get("header", {}).get("msg_id"),
        cell_id=parent.get("metadata", {}).get("cellId") or None,
        # The protocol's default for `allow_stdin` is true.
        takes_input=bool(content.get("allow_stdin", True)),
        code=str(content.get("code", "")),
    )


def detect_live(shell: InteractiveShell, request: Request) -> Live:
    """Return how this front end can show a reply while it streams."""
    if not is_kernel(shell):
        return "text"
    if request.cell_id:
        return "widgets"
    return "text" if request.takes_input else "none"


def is_kernel(shell: InteractiveShell) -> bool:
    """Whether the shell belongs to a kernel, so that rich output may be rendered."""
    return hasattr(shell, "kernel")
