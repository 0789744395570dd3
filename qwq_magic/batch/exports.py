"""A batch as a file for other tools: Parquet, chat messages, or an eval log of Inspect.

No file holds an API key or the address of a server.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from qwq_magic.batch.batch import Batch
from qwq_magic.batch.chat_lines import chat_lines, was_asked, why_left_out
from qwq_magic.batch.eval_log import eval_log, is_listed
from qwq_magic.batch.table import as_text, batch_frame, input_columns
from qwq_magic.errors import FileError
from qwq_magic.reasoning.exports import encodable, write_parquet
from qwq_magic.regular_file import replacing


@dataclass(frozen=True, slots=True)
class _Export:
    """What is written, and what of the batch is not: how many samples, by reason."""

    write: Callable[[Path], None]
    left_out: Counter[str]
    hint: str = ""


_Format: TypeAlias = Callable[[Batch, Path], _Export]


def export_batch(batch: Batch, path: str | Path, *, overwrite: bool) -> str:
    """Write a batch to a file, and return a message; see `Batch.export`.

    Raises:
        ConfigurationError: pandas or pyarrow is not installed, which Parquet files require.
        FileError: the extension is not supported, the file exists, or it cannot be written.
    """
    path = Path(path)
    prepare = _FORMATS.get(path.suffix.lower())
    if prepare is None:
        raise FileError(f"{path} has no supported extension. Use one of {', '.join(_FORMATS)}.")
    try:
        # A link whose target is missing counts too, since writing would create the target.
        if not overwrite and os.path.lexists(path):
            raise FileError(f"{path} exists already. Pass overwrite=True, or choose another path.")
        export = prepare(batch, path)
        with replacing(path) as new:
            export.write(new)
    except OSError as error:
        # An OSError from a library that pandas writes with may have no `strerror`.
        cause = error.strerror or error
        raise FileError(f"Cannot write {path}: {cause}. Choose another path.") from error
    return _message(export, len(batch), path)


def _message(export: _Export, total: int, path: Path) -> str:
    written = total - export.left_out.total()
    parts = [f"Exported {written:,} sample{'' if written == 1 else 's'} to {path}."]
    if export.left_out:
        reasons = (f"{count:,} {reason}" for reason, count in export.left_out.most_common())
        parts.append(f"Left out: {', '.join(reasons)}.")
    return " ".join([*parts, *filter(None, [export.hint])])


def _parquet(batch: Batch, _path: Path) -> _Export:
    frame = as_text(batch_frame(batch), input_columns(batch.rows))
    return _Export(lambda new: write_parquet(encodable(frame), new), Counter())


def _chat(batch: Batch, _path: Path) -> _Export:
    reasons = (why_left_out(sample.turn) for sample in batch.samples)
    # Read twice rather than held, since a batch may be large.
    return _Export(
        lambda new: _write(new, chat_lines(batch)), Counter(reason for reason in reasons if reason)
    )


def _eval_log(batch: Batch, path: Path) -> _Export:
    # A log has no place for what was never begun; the counts of its results include it.
    unasked = sum(not was_asked(sample.turn) for sample in batch.samples)
    hint = (
        ""
        if is_listed(path.name)
        else "inspect view lists only names such as 2026-01-31T12-00-00_batch.json."
    )
    left_out = Counter({"not asked": unasked} if unasked else {})
    return _Export(lambda new: _write(new, eval_log(batch)), left_out, hint)


def _write(path: Path, parts: Iterable[str]) -> None:
    # Piece by piece, since a batch may be larger than what fits in memory twice.
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(parts)


_FORMATS: dict[str, _Format] = {".parquet": _parquet, ".jsonl": _chat, ".json": _eval_log}
