"""A comparison as the value of a cell: data for our renderer, an inert table, and text."""

from __future__ import annotations

from typing import Any

from qwq_magic.display.saved.comparison_data import COMPARISON_MIME, comparison_data
from qwq_magic.display.saved.text import escape_span
from qwq_magic.reasoning import Comparison
from qwq_magic.reasoning.comparison_text import comparison_text, findings, metric_rows, names_of


def comparison_bundle(comparison: Comparison) -> dict[str, Any]:
    """The MIME bundle of a comparison."""
    return {
        COMPARISON_MIME: comparison_data(comparison),
        "text/markdown": comparison_markdown(comparison),
        "text/plain": comparison_text(comparison),
    }


def comparison_markdown(comparison: Comparison) -> str:
    left, right = map(escape_span, names_of(comparison))
    lines = [f"**{left}** and **{right}**", ""]
    lines += [f"- {word}: {escape_span(said)}" for word, said in findings(comparison)]
    lines += ["", f"| | {left} | {right} | difference |", "|---|---:|---:|---:|"]
    lines += ["| " + " | ".join(map(escape_span, row)) + " |" for row in metric_rows(comparison)]
    return "\n".join(lines)
