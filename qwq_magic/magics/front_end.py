"""Who is looking: a notebook with widgets, a console, or nobody while a batch runs.

The protocol does not say it. What tells: a notebook front end names the cell in
the request's metadata; nbconvert, papermill and Voilà run notebooks with an
nbclient that neither does so nor takes input; whoever is left, a console say,
shows text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from IPython.core.interactiveshell import InteractiveShell

Live: TypeAlias = Literal["widgets", "text", "none"]


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of the execution under way.

    Attributes:
        id: differs for every execution; None where there is no kernel.
        cell_id: stays the same when a cell runs again; None where the front end does not say.
        takes_input: could the front end ask its user something?
        code: the code that runs, as the user wrote it.
    """

    id: str | None = None
    cell_id: str | None = None
    takes_input: bool = True
    code: str = ""

    @property
    def is_program(self) -> bool:
        """Is there more to the execution than one `%%qwq` or `%qwq`?"""
        lines = [line.strip() for line in self.code.splitlines()]
        # A comment above it, or `%%time`, makes no program of an ask.
        lines = [line for line in lines if line and not line.startswith("#")]
        while lines and lines[0].startswith("%%") and not lines[0].startswith("%%qwq"):
            del lines[0]
        if not lines or lines[0].startswith("%%qwq"):
            return False
        return len(lines) > 1 or not lines[0].startswith("%qwq")


def current_request(shell: InteractiveShell) -> Request:
    get_parent = getattr(shell, "get_parent", None)
    if get_parent is None:
        history = getattr(shell.history_manager, "input_hist_raw", None) or [""]
        return Request(code=history[-1])
    parent: dict[str, Any] = get_parent() or {}
    content = parent.get("content", {})
    return Request(
        id=parent.get("header", {}).get("msg_id"),
        cell_id=parent.get("metadata", {}).get("cellId") or None,
        takes_input=bool(content.get("allow_stdin", True)),
        code=str(content.get("code", "")),
    )


def detect_live(shell: InteractiveShell, request: Request) -> Live:
    """How a reply can be shown while it streams."""
    if not is_kernel(shell):
        return "text"
    if request.cell_id:
        return "widgets"
    return "text" if request.takes_input else "none"


def is_kernel(shell: InteractiveShell) -> bool:
    """Is there a front end that takes rich output, perhaps?"""
    return hasattr(shell, "kernel")
