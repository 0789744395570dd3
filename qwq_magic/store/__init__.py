"""The store: one SQLite file with turns, conversations and batches, and a search over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qwq_magic.store.file_kind import is_store

if TYPE_CHECKING:
    from qwq_magic.store.search import Hit
    from qwq_magic.store.store import Store

__all__ = ["Hit", "Store", "is_store"]


def __getattr__(name: str) -> Any:
    # Few sessions have a store, and only these need sqlite3.
    if name == "Store":
        from qwq_magic.store.store import Store

        return Store
    if name == "Hit":
        from qwq_magic.store.search import Hit

        return Hit
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
