"""Settings that have another name now, each with a line for users of the old one."""

from __future__ import annotations

from collections.abc import Mapping

RENAMED: Mapping[str, str] = {
    "autosave": (
        'autosave is now store, one SQLite file: %config QwqMagics.store = "notes.db", or '
        "QWQ_STORE. Load old files with %qwq_memory load."
    )
}
