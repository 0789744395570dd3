"""Ask a reasoning model in a notebook cell and watch it think.

`%load_ext qwq_magic` adds `%%qwq` to a notebook; `Session` does the same in Python.
Importing this package does not import IPython.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from qwq_magic.errors import QwqError
from qwq_magic.session import Session
from qwq_magic.session.batches import show_batches_by
from qwq_magic.turns import Limits, Prefix, Turn
from qwq_magic.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from qwq_magic.batch import Batch, Budget
    from qwq_magic.display.live.chat import ChatWidget
    from qwq_magic.session.batch_run import BatchRun, BatchView
    from qwq_magic.traces import load_turns

__all__ = [
    "Batch",
    "Budget",
    "ChatWidget",
    "Limits",
    "Prefix",
    "QwqError",
    "Session",
    "Turn",
    "__version__",
    "load_ipython_extension",
    "load_turns",
    "notebook_session",
]


def __getattr__(name: str) -> Any:
    # ipywidgets is slow to import, and a script does not need it.
    if name == "ChatWidget":
        from qwq_magic.display.live.chat import ChatWidget

        return ChatWidget
    # Most prompts ask once.
    if name in ("Batch", "Budget"):
        import qwq_magic.batch

        return getattr(qwq_magic.batch, name)
    # Few notebooks read the files of other tools.
    if name == "load_turns":
        from qwq_magic.traces import load_turns

        return load_turns
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _terminal_view(run: BatchRun) -> BatchView | None:
    """Show a batch of a script as one line on the standard error, if that is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    from qwq_magic.display.text.batch_terminal import ProgressLine

    return ProgressLine(run.progress, stream=sys.stderr)


show_batches_by(_terminal_view)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics; IPython calls this for `%load_ext qwq_magic`."""
    from qwq_magic.magics import register

    register(shell)


def notebook_session() -> Session:
    """Return the session that `%%qwq` uses, to add advisors or to read its conversations.

    Raises:
        ConfigurationError: the extension is not loaded.
    """
    from qwq_magic.magics import loaded_session

    return loaded_session()
