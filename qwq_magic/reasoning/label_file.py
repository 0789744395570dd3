"""Files of labels: JSON Lines, one label a line, as people exchange them.

A file may come from anyone, so each value is checked and a line has a limit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from qwq_magic.errors import FileError
from qwq_magic.plain_text import one_line, well_formed
from qwq_magic.reasoning.kind_names import LABEL_KINDS, Kind
from qwq_magic.reasoning.labels import MAX_TIME, Labels, StepLabel, is_annotator
from qwq_magic.regular_file import replacing, require_regular

# A step has a few thousand characters at most, unless nothing in it ends a sentence.
_MAX_LINE = 64_000_000
_MAX_ID = 200


def write_labels(labels: Iterable[StepLabel], path: Path) -> None:
    """Write labels to a file; see `Labels.export`."""
    try:
        with replacing(path) as new, new.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{_line_of(each)}\n" for each in labels)
    except OSError as error:
        raise FileError(f"Cannot write {path}: {error.strerror}. Choose another path.") from error


def _line_of(label: StepLabel) -> str:
    values = {
        name: well_formed(value) if isinstance(value, str) else value
        for name, value in label.values().items()
    }
    return json.dumps(values, ensure_ascii=False)


def load_labels(path: str | Path) -> Labels:
    """Read labels that `Labels.export` has written, or the inspector has copied.

    Keys that are not known are ignored. The last label of one person for one step counts.

    Raises:
        FileError: the file cannot be read, or a line of it is not a label.
    """
    file = Path(path)
    try:
        require_regular(file)
        return Labels(_labels_in(file))
    except (OSError, ValueError) as error:
        # A path with a null character raises a `ValueError`.
        cause = error.strerror if isinstance(error, OSError) else error
        raise FileError(f"Cannot read {file}: {cause}. Choose another path.") from error


def _labels_in(path: Path) -> Iterator[StepLabel]:
    with path.open("rb") as file:
        number = 0
        while line := file.readline(_MAX_LINE):
            number += 1
            if not line.strip():
                continue
            try:
                yield _label_from(json.loads(line.decode("utf-8-sig")))
            except (ValueError, TypeError, KeyError, RecursionError) as error:
                why = "it is not JSON" if isinstance(error, json.JSONDecodeError) else str(error)
                raise FileError(
                    f"Line {number:,} of {path} is not a label: {one_line(why, limit_bytes=120)}. "
                    "Correct or remove it."
                ) from error


def _label_from(data: object) -> StepLabel:
    if not isinstance(data, dict):
        raise TypeError("it is not a JSON object")
    # A label whose text does not fit its offsets was moved or edited, and would be of other words.
    start, end = _count(data, "start"), _count(data, "end")
    text = _text(data, "text", limit=None) if "text" in data else ""
    if end <= start or (text and len(text) != end - start):
        raise ValueError(f"start {start} and end {end} do not fit the text")
    return StepLabel(
        turn_id=_text(data, "turn_id", limit=_MAX_ID),
        step=_count(data, "step") if "step" in data else 0,
        start=start,
        end=end,
        label=label_kind(data.get("label")),
        annotator=_annotator(data.get("annotator")),
        labelled_at=_text(data, "labelled_at", limit=MAX_TIME) if "labelled_at" in data else "",
        text=text,
    )


def label_kind(value: object) -> Kind:
    """Return the kind of this name.

    Raises:
        ValueError: a step cannot be labelled with it.
    """
    if value not in LABEL_KINDS:
        raise ValueError(f"label {value!r:.40} is not one of {', '.join(LABEL_KINDS)}")
    return Kind(str(value))


def _annotator(value: object) -> str:
    if not is_annotator(value):
        raise ValueError(f"annotator {value!r:.40} is not a name in one line")
    return str(value)


def _count(data: dict[str, object], name: str) -> int:
    value = data.get(name)
    # A `bool` is an `int`; and JavaScript reads larger numbers as other ones.
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError(f"{name} {value!r:.40} is not a whole number, 0 or more")
    return value


def _text(data: dict[str, object], name: str, *, limit: int | None) -> str:
    value = data.get(name)
    if not isinstance(value, str) or (limit is not None and not 0 <= len(value) <= limit):
        raise ValueError(f"{name} {value!r:.40} is not a text of a sensible length")
    return value
