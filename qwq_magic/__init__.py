"""Ask a reasoning model in a notebook cell and watch it think.

`%load_ext qwq_magic` adds `%%qwq` to a notebook; `Session` does the same in Python.
Importing this package does not import IPython.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwq_magic.errors import QwqError
from qwq_magic.session import Session
from qwq_magic.turns import Limits, Prefix, Turn
from qwq_magic.version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from qwq_magic.display.live.chat import ChatWidget

__all__ = [
    "ChatWidget",
    "Limits",
    "Prefix",
    "QwqError",
    "Session",
    "Turn",
    "__version__",
    "load_ipython_extension",
    "notebook_session",
]


def __getattr__(name: str) -> Any:
    # ipywidgets is slow to import, and a script does not need it.
    if name == "ChatWidget":
        from qwq_magic.display.live.chat import ChatWidget

        return ChatWidget
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


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
