"""The final output of a study: the inspector with a lane for it, and a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qwq_magic.display.saved.bundle import TURN_MIME, inspector_bundle, lane_values
from qwq_magic.display.saved.text import escape_span
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import one_line, strip_controls
from qwq_magic.studies import Importance, Probes

_NO_VALUE = "–"
_MOST_ROWS = 100


def study_bundle(study: Probes | Importance, *, place: TurnPosition | None) -> dict[str, Any]:
    """Return the MIME bundle of probes or of an importance.

    `place`: the position of the studied turn, if it has one.
    """
    bundle = inspector_bundle(study.turn, place=place)
    name, values, rows = _probed(study) if isinstance(study, Probes) else _weighed(study)
    bundle[TURN_MIME]["lanes"] = [{"name": name, "values": lane_values(values)}]
    remarks = [escape_span(one_line(remark, limit_bytes=600)) for remark in study.remarks]
    parts = ("\n".join(_table(rows)), *remarks, bundle["text/markdown"])
    bundle["text/markdown"] = "\n\n".join(parts)
    # A terminal has no room for the outline below the result.
    bundle["text/plain"] = strip_controls(repr(study))
    return bundle


_Shown = tuple[str, list[tuple[int, str, bool]], list[tuple[str, ...]]]


def _probed(probes: Probes) -> _Shown:
    # All samples of a place have the same share.
    shares = {probe.place: probe.share for probe in probes}
    values = [
        (place, value or _NO_VALUE, value is not None and value == probes.final)
        for place, value in probes.trajectory.items()
    ]
    rows: list[tuple[str, ...]] = [("Steps given", "of the reasoning", "Forced answer")]
    rows += [(f"{place:,}", f"{shares[place]:.0%}", value) for place, value, _ in values]
    return f"If it had to answer now{probes.marks}", values, rows


def _weighed(importance: Importance) -> _Shown:
    values: list[tuple[int, str, bool]] = []
    rows: list[tuple[str, ...]] = [
        ("Steps", "of the reasoning", f"Effect on {importance.value}", "95 %")
    ]
    for each in importance:
        effect, interval = f"{each.effect:+.0%}", f"{each.low:+.0%} to {each.high:+.0%}"
        values.append((each.first, f"{effect} ({interval})", each.is_clear))
        span = f"{each.start:.0%} to {each.end:.0%}"
        rows.append((each.span, span, effect, interval))
    value = one_line(importance.value, limit_bytes=20)
    return f"Effect on the share of {value}{importance.marks}", values, rows


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    head, *body = rows
    yield _line(head)
    yield _line("---" for _ in head)
    yield from map(_line, body[:_MOST_ROWS])
    if len(body) > _MOST_ROWS:
        yield _line([f"… {len(body) - _MOST_ROWS:,} more", *[""] * (len(head) - 1)])


def _line(cells: Any) -> str:
    return "| " + " | ".join(escape_span(one_line(cell, limit_bytes=90)) for cell in cells) + " |"
