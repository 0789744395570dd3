"""Shards: the rows that one worker asks on its own event loop."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import Executor
from itertools import groupby
from typing import Any

from qwq_magic.batch.progress import Lane
from qwq_magic.errors import ConfigurationError

# Several shards for each worker: a fast one takes more of them, and a dead one loses less.
_SHARDS_PER_WORKER = 4
# Fewer samples than this would leave the worker's loop idle at the end of each.
_MIN_SAMPLES = 32


def worker_count(executor: Executor) -> int:
    """Return how many workers an executor has, as far as it shows; at least 1."""
    own: Any = executor
    workers = getattr(own, "_max_workers", None)
    if type(workers) is int and workers > 0:
        return workers
    client: Any = getattr(own, "_client", None)
    if hasattr(client, "ncores"):
        # Dask: one shard a worker, whose threads would only share its processor.
        return max(1, len(client.ncores()))
    view = getattr(own, "view", None)
    if view is not None and hasattr(view, "__len__"):
        return max(1, len(view))
    return os.cpu_count() or 1


def require_one_worker_each(executor: Executor) -> None:
    """Check that an executor runs each shard once.

    Raises:
        ConfigurationError: it is one of ipyparallel that runs everything on all engines.
    """
    if type(getattr(executor, "view", None)).__name__ == "DirectView":
        raise ConfigurationError(
            "This executor runs everything on all engines. Pass client.executor() instead."
        )


def cut(lanes: Sequence[Lane], *, workers: int) -> list[list[Lane]]:
    """Cut samples into shards; those of one row stay together, since their vote may settle."""
    size = max(
        min(_MIN_SAMPLES, math.ceil(len(lanes) / workers)),
        math.ceil(len(lanes) / (workers * _SHARDS_PER_WORKER)),
    )
    shards: list[list[Lane]] = [[]]
    # Cut between rows alone: a worker settles the votes of its rows by itself.
    for _, row in groupby(lanes, key=lambda lane: lane.row):
        if len(shards[-1]) >= size:
            shards.append([])
        shards[-1] += row
    return [shard for shard in shards if shard]
