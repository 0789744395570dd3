"""Many replies at once: samples of one prompt, a prompt for each row of a table, and their votes.

Below the session, which prepares each request; this package decides when it is sent, keeps what
has ended, and counts. It knows no server and no notebook.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qwq_magic.batch.batch import Batch, Sample
from qwq_magic.batch.budget import Budget
from qwq_magic.batch.progress import Lane, Progress
from qwq_magic.batch.votes import Vote, Votes

if TYPE_CHECKING:
    from qwq_magic.batch.inspection import (
        INSPECTION_COLUMNS,
        Assertion,
        BatchInspection,
        Group,
        RowInspection,
        Trail,
    )
    from qwq_magic.batch.table import BATCH_COLUMNS

__all__ = [
    "BATCH_COLUMNS",
    "INSPECTION_COLUMNS",
    "Assertion",
    "Batch",
    "BatchInspection",
    "Budget",
    "Group",
    "Lane",
    "Progress",
    "RowInspection",
    "Sample",
    "Trail",
    "Vote",
    "Votes",
]

_LATER = {"BATCH_COLUMNS": "table"}


def __getattr__(name: str) -> Any:
    # Few batches are inspected or become a table, and the first one must start without a wait.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER.get(name, 'inspection')}"), name)
