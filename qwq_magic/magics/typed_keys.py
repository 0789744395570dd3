"""Say so when a cell holds a key: whoever gets the notebook gets the key.

Keys of ours are known; what merely looks like a key counts only in a cell that has to do
with us, since other people's cells are none of our business.
"""

from __future__ import annotations

import os
import re
import sys

from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

from qwq_magic.keys.lookalikes import holds_lookalike
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.traits import hide_keys
from qwq_magic.session import Session
from qwq_magic.settings.key_ring import keys_at_hand
from qwq_magic.settings.presets import SERVERS

_VARIABLES = sorted({name for server in SERVERS.values() for name in server.key_variables})
_OURS = re.compile("|".join(("qwq", "QWQ", *_VARIABLES)))
_ADVICE = (
    "Whoever gets the notebook gets the key: delete it from the cell, and give it with %qwq_login."
)


def watch_for_keys(context: NotebookContext) -> None:
    """Look at every cell once it has run, when what it set is known."""

    def look(result: ExecutionResult) -> None:
        cell = result.info.raw_cell if result.info else ""
        hide_keys(context.settings)
        warning = warning_for(cell or "", context.shell, context.session)
        if warning:
            sys.stderr.write(f"{warning}\n")

    context.shell.events.register("post_run_cell", look)


def warning_for(cell: str, shell: InteractiveShell, session: Session) -> str:
    """One line about the key in the cell, without the key; "" where there is none."""
    for key in keys_at_hand(os.environ, session.keys):
        if key.is_in(cell):
            return f"This cell holds the key from {key.source}. {_ADVICE}"
    if holds_lookalike(cell) and _is_ours(cell, shell):
        return f"This cell seems to hold a key. {_ADVICE}"
    return ""


def _is_ours(cell: str, shell: InteractiveShell) -> bool:
    if _OURS.search(cell):
        return True
    names = re.findall(r"\b(\w+)\(", cell)
    return any(shell.user_ns.get(name) is Session for name in names)
