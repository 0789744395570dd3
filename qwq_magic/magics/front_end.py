"""Who is looking: a notebook with widgets, a terminal, or nobody while a batch runs.

The protocol does not say it. What tells: a notebook front end names the cell in
the request's metadata; nbconvert, papermill and Voilà run notebooks with an
nbclient that neither does so nor takes input; a terminal front end to a kernel is
known only by the command that started it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from IPython.core.interactiveshell import InteractiveShell

Live: TypeAlias = Literal["widgets", "text", "none"]


@dataclass(frozen=True, slots=True)
class Request:
    """What the kernel knows of the execution under way.

    `id` differs for every execution, `cell_id` stays the same when a cell runs again;
    both are None where there is no kernel, or the front end does not say.
    """

    id: str | None = None
    cell_id: str | None = None
    takes_input: bool = True


def current_request(shell: InteractiveShell) -> Request:
    get_parent = getattr(shell, "get_parent", None)
    if get_parent is None:
        return Request()
    parent: dict[str, Any] = get_parent() or {}
    return Request(
        id=parent.get("header", {}).get("msg_id"),
        cell_id=parent.get("metadata", {}).get("cellId") or None,
        takes_input=bool(parent.get("content", {}).get("allow_stdin", True)),
    )


def detect_live(shell: InteractiveShell, request: Request) -> Live:
    """How a reply can be shown while it streams."""
    if not hasattr(shell, "kernel"):
        return "text"
    if request.cell_id:
        return "widgets"
    if not request.takes_input:
        return "none"
    return "text" if _is_started_by_console() else "widgets"


@functools.cache
def _is_started_by_console() -> bool:
    try:
        import psutil  # ipykernel depends on it; another kernel may not.
    except ImportError:
        return False
    try:
        parent = psutil.Process().parent()
        command = parent.cmdline() if parent else []
    except psutil.Error:
        return False
    return any("jupyter-console" in word or "jupyter_console" in word for word in command)
