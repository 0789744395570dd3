"""Steps and metrics of many turns as tables, and as files for other tools.

The columns are a stable interface, documented in docs/columns.md: new ones may be added at the
end, none is renamed, and a column has the same type in every table, even if values are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from qwq_magic.errors import ConfigurationError, FileError
from qwq_magic.plain_text import well_formed
from qwq_magic.reasoning.frames import frame_of
from qwq_magic.reasoning.metrics import Metrics, metric_values
from qwq_magic.reasoning.reasoned_turn import ReasonedTurn
from qwq_magic.reasoning.steps import STEP_FIELDS, STEP_FLOATS, STEP_INTEGERS
from qwq_magic.regular_file import replacing

if TYPE_CHECKING:
    import pandas as pd

Turns: TypeAlias = ReasonedTurn | Iterable[ReasonedTurn]

_TURN_COLUMNS = ("turn", "turn_id", "conversation", "model", "server")
# The columns of `steps_frame` and `export_steps`, in order; docs/columns.md describes them.
STEP_COLUMNS = (*_TURN_COLUMNS, *STEP_FIELDS)
# The columns of `metrics_frame` and `export_metrics`, in order; docs/columns.md describes them.
METRIC_COLUMNS = (*_TURN_COLUMNS, "state", "started_at", "prompt", *metric_values(Metrics()))
# Named here, because a column in which every value is missing has no type of its own.
_METRIC_INTEGERS = (
    "turn",
    "reasoning_tokens",
    "answer_tokens",
    "steps",
    "episodes",
    "checks",
    "first_seen_step",
    "flips",
    "loops",
    "sums",
    "sums_wrong",
)
_METRIC_FLOATS = (
    "ttft_s",
    "thinking_s",
    "total_s",
    "reasoning_share",
    "tokens_per_s",
    "switches_per_100_steps",
    "mean_episode_steps",
    "first_seen_share",
    "post_answer_ratio",
    "repetition",
    "language_mix",
)


def steps_frame(turns: Turns) -> pd.DataFrame:
    """Return a row per step of a turn, or of several turns; see `STEP_COLUMNS`.

    Raises:
        ConfigurationError: pandas is not installed.
    """
    rows = [
        [*_turn_values(number, turn), *step.values()]
        for number, turn in enumerate(_each(turns), 1)
        for step in turn.steps
    ]
    return frame_of(STEP_COLUMNS, rows, integers=("turn", *STEP_INTEGERS), floats=STEP_FLOATS)


def metrics_frame(turns: Turns) -> pd.DataFrame:
    """Return a row per turn; see `METRIC_COLUMNS`.

    Raises:
        ConfigurationError: pandas is not installed.
    """
    rows = [
        [
            *_turn_values(number, turn),
            *(turn.state, turn.started_at, turn.prompt),
            *metric_values(turn.metrics).values(),
        ]
        for number, turn in enumerate(_each(turns), 1)
    ]
    return frame_of(
        METRIC_COLUMNS,
        rows,
        integers=_METRIC_INTEGERS,
        floats=_METRIC_FLOATS,
        booleans=("tokens_estimated",),
    )


def export_steps(turns: Turns, path: str | Path) -> None:
    """Write `steps_frame` to a file: `.jsonl`, `.csv` or `.parquet`.

    Raises:
        ConfigurationError: pandas or, for Parquet, pyarrow is not installed.
        FileError: the extension is not supported, or the file cannot be written.
    """
    _write(steps_frame, turns, Path(path))


def export_metrics(turns: Turns, path: str | Path) -> None:
    """Write `metrics_frame` to a file: `.jsonl`, `.csv` or `.parquet`.

    Raises:
        ConfigurationError: pandas or, for Parquet, pyarrow is not installed.
        FileError: the extension is not supported, or the file cannot be written.
    """
    _write(metrics_frame, turns, Path(path))


def _each(turns: Turns) -> Iterable[ReasonedTurn]:
    return turns if isinstance(turns, Iterable) else (turns,)


def _turn_values(number: int, turn: ReasonedTurn) -> tuple[object, ...]:
    return number, turn.id, turn.conversation, turn.model, turn.server


def _write(frame_from: Callable[[Turns], pd.DataFrame], turns: Turns, path: Path) -> None:
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise FileError(f"{path} has no supported extension. Use one of {', '.join(_WRITERS)}.")
    try:
        with replacing(path) as new:
            write(encodable(frame_from(turns)), new)
    except OSError as error:
        # An OSError from a library that pandas writes with may have no `strerror`.
        cause = error.strerror or error
        raise FileError(f"Cannot write {path}: {cause}. Choose another path.") from error


def encodable(frame: pd.DataFrame) -> pd.DataFrame:
    """Make text encodable as UTF-8, in columns that have a text type even if empty."""
    texts = [name for name in frame if frame[name].dtype.kind == "O"]
    for name in texts:
        frame[name] = [
            well_formed(value) if isinstance(value, str) else value for value in frame[name]
        ]
    return frame.astype(dict.fromkeys(texts, "string"))


def _write_jsonl(frame: pd.DataFrame, path: Path) -> None:
    frame.to_json(path, orient="records", lines=True, force_ascii=False)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, encoding="utf-8")


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write an encodable table as Parquet.

    Raises:
        ConfigurationError: pyarrow is not installed.
    """
    try:
        frame.to_parquet(path, index=False, engine="pyarrow")
    except ImportError as error:
        raise ConfigurationError(
            "Writing Parquet files requires pyarrow, which is not installed. "
            'Install it with: pip install "qwq-magic[data]"'
        ) from error


_WRITERS = {".jsonl": _write_jsonl, ".csv": _write_csv, ".parquet": write_parquet}
