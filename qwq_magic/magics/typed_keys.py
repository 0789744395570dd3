"""Warn when a cell contains a key, since the notebook file may be shared.

Keys that are in use here are recognized in any cell. Text that only looks like a key is
reported only in cells that use qwq_magic, since other cells are none of its business.
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
_OWN_NAMES = re.compile("|".join(("qwq", "QWQ", *_VARIABLES)))
_ADVICE = "Anyone who gets this notebook gets the key. Delete it from the cell and use %qwq_login."


def watch_for_keys(context: NotebookContext) -> None:
    """Check every cell after it has run, when a key that it set is known."""

    def check(result: ExecutionResult) -> None:
        cell = result.info.raw_cell if result.info else ""
        hide_keys(context.settings)
        warning = warning_for(cell or "", context.shell, context.session)
        if warning:
            sys.stderr.write(f"{warning}\n")

    context.shell.events.register("post_run_cell", check)


def warning_for(cell: str, shell: InteractiveShell, session: Session) -> str:
    """Return a one-line warning about a key in the cell, without the key, or ""."""
    for key in keys_at_hand(os.environ, session.keys):
        if key.is_in(cell):
            return f"This cell contains the key from {key.source}. {_ADVICE}"
    if holds_lookalike(cell) and _uses_qwq_magic(cell, shell):
        return f"This cell seems to contain a key. {_ADVICE}"
    return ""


def _uses_qwq_magic(cell: str, shell: InteractiveShell) -> bool:
    if _OWN_NAMES.search(cell):
        return True
    names = re.findall(r"\b(\w+)\(", cell)
    # By identity, since the class may have been imported under any name.
    return any(shell.user_ns.get(name) is Session for name in names)
