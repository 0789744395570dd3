"""A batch as a table: a row per sample, with the columns of its row.

The columns are a stable interface, documented in docs/columns.md: new ones may be added at the
end, none is renamed, and a column has the same type in every table, even if values are missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from qwq_magic.batch.batch import Batch, Row, Sample
from qwq_magic.batch.budget import Prices, cost_of
from qwq_magic.batch.row_values import cell_of, plain_value
from qwq_magic.plain_text import well_formed
from qwq_magic.reasoning.frames import frame_of

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE_COLUMNS = ("row", "sample", "model", "server")
_TURN_COLUMNS = (
    "value",
    "state",
    "error",
    "error_message",
    "is_reused",
    "prompt",
    "reasoning",
    "answer",
    "finish_reason",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cost",
    "ttft_s",
    "thinking_s",
    "total_s",
    "started_at",
    "turn_id",
    "key",
)
# The columns of `Batch.to_frame`, in order, besides those of the rows, which come after `server`;
# docs/columns.md describes them.
BATCH_COLUMNS = (*_SAMPLE_COLUMNS, *_TURN_COLUMNS)
_INTEGERS = ("row", "sample", "input_tokens", "output_tokens", "reasoning_tokens")
_FLOATS = ("cost", "ttft_s", "thinking_s", "total_s")
_BOOLEANS = ("is_reused",)

# A message may quote the address of a server, and a table is passed on.
_ADDRESS = re.compile(r"\bhttps?://[^\s\"'<>]*", re.IGNORECASE)
# What a column of integers can hold.
_LARGEST = 2**63


def input_columns(rows: Sequence[Row]) -> dict[str, str]:
    """Return the name that each column of the rows has in the table.

    A name that is ours gets `input_` in front, as often as needed; all others stay as they are.
    """
    names = dict.fromkeys(name for row in rows for name in row)
    taken = set(BATCH_COLUMNS)
    found: dict[str, str] = {}
    # Names that are free come first, so that none changes because of one that is not.
    for name in sorted(names, key=taken.__contains__):
        column = well_formed(name)
        while column in taken:
            column = f"input_{column}"
        taken.add(column)
        found[name] = column
    return {name: found[name] for name in names}


def batch_frame(batch: Batch) -> pd.DataFrame:
    """Return the table of a batch; see `Batch.to_frame`.

    Raises:
        ConfigurationError: pandas is not installed.
    """
    columns = input_columns(batch.rows)
    inputs = {
        column: [plain_value(row.get(name)) for row in batch.rows]
        for name, column in columns.items()
    }
    # Of the rows and not of the samples, so that a type does not depend on which were asked.
    types = {column: _type_of(values) for column, values in inputs.items()}
    rows = []
    for sample in batch.samples:
        ours = sample_values(sample, batch.prices)
        rows.append(
            [
                *(ours[name] for name in _SAMPLE_COLUMNS),
                *(values[sample.row] for values in inputs.values()),
                *(ours[name] for name in _TURN_COLUMNS),
            ]
        )
    return frame_of(
        (*_SAMPLE_COLUMNS, *inputs, *_TURN_COLUMNS),
        rows,
        integers=(*_INTEGERS, *_named(types, "integer")),
        floats=(*_FLOATS, *_named(types, "float")),
        booleans=(*_BOOLEANS, *_named(types, "boolean")),
    )


def as_text(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Turn objects in the columns of the rows, such as lists, into text, which any file can hold.

    `columns`: see `input_columns`.
    """
    for name in columns.values():
        # The types of pandas have a counterpart in every file.
        if frame[name].dtype.kind == "O":
            frame[name] = [cell_of(value) for value in frame[name]]
    return frame


def sample_values(sample: Sample, prices: Prices | None) -> dict[str, Any]:
    """Return the values of a sample by `BATCH_COLUMNS`; neither a key nor an address is in them."""
    turn = sample.turn
    usage, timing, error = turn.usage, turn.timing, turn.error
    return {
        "row": sample.row,
        "sample": sample.number,
        "model": sample.model,
        "server": turn.server,
        "value": turn.final_value,
        "state": turn.state,
        "error": error and error.kind,
        "error_message": error and without_addresses(error.message),
        "is_reused": sample.is_reused,
        "prompt": turn.prompt,
        "reasoning": turn.reasoning,
        "answer": turn.answer,
        "finish_reason": turn.finish_reason,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cost": cost_of(turn, prices),
        "ttft_s": timing.ttft_s,
        "thinking_s": timing.thinking_s,
        "total_s": timing.total_s,
        # A turn that was not asked has no time.
        "started_at": turn.started_at or None,
        "turn_id": turn.id,
        "key": sample.key,
    }


def without_addresses(message: str) -> str:
    """Return a message without the addresses in it, which may be private."""
    return _ADDRESS.sub("[address]", message)


def _type_of(values: Sequence[Any]) -> str:
    """Return the type of a column of the rows: of all its values, or `object`."""
    # `type`, since True is an integer to `isinstance`.
    types = {type(value) for value in values if value is not None}
    if types == {bool}:
        return "boolean"
    numbers = (value for value in values if type(value) is int)
    if not types or not types <= {int, float} or not all(map(_fits, numbers)):
        return "object"
    return "integer" if types == {int} else "float"


def _fits(number: int) -> bool:
    return -_LARGEST <= number < _LARGEST


def _named(types: Mapping[str, str], wanted: str) -> list[str]:
    return [name for name, found in types.items() if found == wanted]
