"""A turn as text, whole: for a terminal, where the notebook would show both areas."""

from __future__ import annotations

import textwrap

from qwq_magic.display.captions import closing_lines, reasoning_caption
from qwq_magic.memory import Place
from qwq_magic.plain_text import strip_controls, well_formed
from qwq_magic.turns import Turn


def turn_prompt(turn: Turn) -> str:
    """The prompt, as a quotation."""
    return textwrap.indent(_readable(turn.prompt), "> ", lambda _line: True)


def turn_text(turn: Turn, *, place: Place | None) -> str:
    """Reasoning, answer, and how it ended."""
    parts = []
    if turn.reasoning.strip():
        parts += [f"{reasoning_caption(turn)}:", textwrap.indent(_readable(turn.reasoning), "  ")]
    parts += [_readable(turn.answer), *closing_lines(turn, place=place)]
    return "\n\n".join(part for part in parts if part.strip())


def _readable(text: str) -> str:
    return strip_controls(well_formed(text)).strip("\n")
