"""Traces as a cell's output: an inert table with a row per turn."""

from __future__ import annotations

from typing import Any, Final

from qwq_magic.display.captions import counted
from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.tables import Table
from qwq_magic.plain_text import excerpt
from qwq_magic.reasoning.gold import Gold
from qwq_magic.traces import Traces

# A table of thousands of rows is slow in every notebook; a DataFrame pages.
_SHOWN: Final = 20
_PROMPT_BYTES: Final = 120
_VALUE_BYTES: Final = 60
_VERDICTS: Final = {True: "✓ right", False: "✗ wrong", None: ""}


def traces_bundle(traces: Traces) -> dict[str, Any]:
    """Return the MIME bundle of traces, which is inert."""
    return {"text/markdown": _markdown(traces), "text/plain": repr(traces)}


def _markdown(traces: Traces) -> str:
    headings = ("index", "where", "model", "prompt", "final value", "gold", "")
    rows = [_row(index, traces) for index in range(min(len(traces), _SHOWN))]
    table = Table(headings, rows, prose=("prompt",)).without_empty_columns()
    left = len(traces) - _SHOWN
    more = f"\n\n<p>{counted(left, 'more turn')}: see to_frame()</p>" if left > 0 else ""
    sentence = f"<p><strong>{escape_span(traces.summary)}</strong></p>"
    return f"{sentence}\n\n{table.markdown()}{more}"


def _row(index: int, traces: Traces) -> tuple[str, ...]:
    trace = traces.traces[index]
    return (
        str(index),
        excerpt(trace.where, limit_bytes=_VALUE_BYTES),
        excerpt(trace.turn.model, limit_bytes=_VALUE_BYTES),
        excerpt(trace.turn.prompt, limit_bytes=_PROMPT_BYTES),
        excerpt(trace.turn.final_value or "", limit_bytes=_VALUE_BYTES),
        _gold_text(trace.gold),
        _VERDICTS[traces.right[index]],
    )


def _gold_text(gold: Gold | None) -> str:
    # A solution ends with what is compared.
    texts = (gold,) if isinstance(gold, str) else gold or ()
    return excerpt(" | ".join(text[-_VALUE_BYTES:] for text in texts), limit_bytes=_VALUE_BYTES)
