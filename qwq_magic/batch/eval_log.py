"""A batch as an eval log of Inspect (inspect.aisi.org.uk): its JSON format, version 2.

Written as plain data, so that Inspect need not be installed. A row of the table is a sample of
the log, and a sample of the row is an epoch; with several models, each row is a sample once per
model. The samples are last, since readers of the head alone stop there.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from qwq_magic.batch.batch import Batch, Sample
from qwq_magic.batch.chat_lines import was_asked
from qwq_magic.batch.eval_log_sample import (
    ended_at,
    error_of,
    iso,
    sample_data,
    sample_id,
    time_of,
    usage_data,
)
from qwq_magic.batch.keys import is_final
from qwq_magic.batch.row_values import json_value
from qwq_magic.batch.table import input_columns, without_addresses
from qwq_magic.plain_text import well_formed
from qwq_magic.version import __version__

_VERSION = 2
_TASK = "qwq_magic"
# The parameters that the format has by these names, and their types.
_CONFIG: dict[str, tuple[type, ...]] = {
    "temperature": (float, int),
    "top_p": (float, int),
    "max_tokens": (int,),
    "seed": (int,),
}
# Inspect lists JSON files by their names, since other JSON files may be beside them.
_LISTED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}[:-]\d{2}[:-]\d{2}")


def is_listed(name: str) -> bool:
    """Whether `inspect view` lists a file of this name."""
    return _LISTED.match(name) is not None


def eval_log(batch: Batch) -> Iterator[str]:
    """Yield the log as parts of its text."""
    asked = [sample for sample in batch.samples if was_asked(sample.turn)]
    head = _text(_head(batch, asked))
    yield f'{head[:-1]}, "samples": ['
    names = input_columns(batch.rows)
    models = _models(batch)
    for index, sample in enumerate(asked):
        yield ",\n" if index else "\n"
        yield _text(sample_data(batch, sample, names, models))
    yield "\n]}\n"


def _text(data: dict[str, Any]) -> str:
    # Half a surrogate pair could not be encoded.
    return well_formed(json.dumps(data, ensure_ascii=False, allow_nan=False))


def _models(batch: Batch) -> list[str]:
    return list(dict.fromkeys(sample.model for sample in batch.samples))


def _head(batch: Batch, asked: Sequence[Sample]) -> dict[str, Any]:
    status, why = _status(batch)
    error = {"error": error_of(why)} if status == "error" else {}
    begun = [at for sample in asked if (at := time_of(sample.turn.started_at))]
    started = min(begun, default=datetime.now(UTC))
    ends = [at for sample in asked if (at := ended_at(sample.turn))]
    return {
        "version": _VERSION,
        "status": status,
        "eval": _eval(batch, asked, created=started),
        "plan": {
            "name": "plan",
            "steps": [{"solver": "generate", "params": {"template": batch.template}}],
            "config": {},
        },
        "results": {
            "total_samples": len(batch) + batch.saved,
            "completed_samples": sum(is_final(sample.turn) for sample in asked),
            "scores": [],
        },
        "stats": {
            "started_at": iso(started),
            "completed_at": iso(max(ends, default=started)),
            "model_usage": _usage_by_model(asked),
        },
        **error,
    }


def _status(batch: Batch) -> tuple[str, str]:
    """Return how the batch ended, in the words of the format, and the error that ended it."""
    errors = [turn.error.message for turn in batch if turn.error is not None]
    if batch.ending and batch.ending in errors:
        return "error", batch.ending
    if batch.ending or any(turn.state == "stopped" and not is_final(turn) for turn in batch):
        return "cancelled", ""
    # What fails beside others that do not is an error of its sample.
    if errors and not any(is_final(turn) for turn in batch):
        return "error", errors[0]
    return "success", ""


def _eval(batch: Batch, asked: Sequence[Sample], *, created: datetime) -> dict[str, Any]:
    models = _models(batch)
    ids = [
        sample_id(row, model, models) for row in range(len(batch.rows)) for model in models or [""]
    ]
    # Of what was asked: the same batch has the same ids, in whichever file.
    run = hashlib.sha256("".join(sample.key for sample in batch.samples).encode()).hexdigest()
    return {
        "eval_id": run[:22],
        "run_id": run[22:44],
        "created": iso(created),
        "task": _TASK,
        "task_id": hashlib.sha256(well_formed(batch.template).encode()).hexdigest()[:22],
        "task_version": 0,
        "task_args": {"template": batch.template},
        "dataset": {
            "name": "rows",
            "samples": len(ids),
            "sample_ids": ids,
            "shuffled": False,
        },
        "model": ", ".join(models) or "unknown",
        "model_generate_config": _config(asked),
        # Errors of samples do not end a batch.
        "config": {"epochs": _epochs(batch, models), "fail_on_error": False},
        "packages": {"qwq_magic": __version__},
        "metadata": {
            "models": models,
            "ending": without_addresses(batch.ending),
            "not_needed": batch.saved,
            "elapsed_s": batch.elapsed_s,
            "cost": json_value(batch.cost),
        },
    }


def _epochs(batch: Batch, models: Sequence[str]) -> int:
    """Return how many samples each row was to have, whether or not all were needed."""
    planned, left = divmod(len(batch) + batch.saved, max(1, len(batch.rows) * len(models)))
    most = max((sample.number for sample in batch.samples), default=1)
    return max(most, 0 if left else planned)


def _config(asked: Sequence[Sample]) -> dict[str, Any]:
    """Return the parameters that all requests had."""
    first = asked[0].turn.parameters if asked else {}
    found = {}
    for name, types in _CONFIG.items():
        value: Any = first.get(name)
        # `type`, which does not accept True as a number.
        is_one = type(value) in types and math.isfinite(value)
        if is_one and all(s.turn.parameters.get(name) == value for s in asked):
            found[name] = value
    return found


def _usage_by_model(asked: Sequence[Sample]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for sample in asked:
        usage = usage_data(sample.turn.usage)
        if usage is None:
            continue
        total = found.setdefault(sample.model, dict.fromkeys(usage))
        for name, count in usage.items():
            # What no server reported stays unknown, and is not zero.
            if count is not None:
                total[name] = (total[name] or 0) + count
    return found
