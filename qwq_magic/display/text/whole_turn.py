"""A whole turn as plain text, for a terminal."""

from __future__ import annotations

import textwrap

from qwq_magic.display.turn_view import TurnView
from qwq_magic.plain_text import one_line, strip_controls, well_formed
from qwq_magic.turns import Turn


def closing_lines(view: TurnView) -> list[str]:
    """Return the lines below a turn in a terminal: how it ended and what it cost."""
    lines = []
    if view.ending:
        lines.append(f"{'Error: ' if view.turn.error else ''}{one_line(view.ending)}")
    if view.repeats:
        lines.append(view.repeats)
    if view.turn.complete:
        thought = f"{view.caption}; " if view.caption else ""
        lines.append(one_line(f"{thought}{view.footer}"))
    return lines


def turn_prompt(turn: Turn) -> str:
    """Return the prompt as a quotation."""
    return textwrap.indent(_readable(turn.prompt), "> ", lambda _line: True)


def turn_text(view: TurnView) -> str:
    """Return the reasoning, the answer and how the turn ended."""
    turn, parts = view.turn, []
    if view.caption:
        parts += [f"{view.caption}:", textwrap.indent(_readable(turn.reasoning), "  ")]
    parts += [_readable(turn.answer), *closing_lines(view)]
    return "\n\n".join(part for part in parts if part.strip())


def _readable(text: str) -> str:
    return strip_controls(well_formed(text)).strip("\n")
