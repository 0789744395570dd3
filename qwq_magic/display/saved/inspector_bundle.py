"""A turn that opens in its inspector, as a cell's output; as text, the outline."""

from __future__ import annotations

from typing import Any

from qwq_magic.display.saved.bundle import TURN_MIME, turn_data, turn_markdown
from qwq_magic.memory import Place
from qwq_magic.reasoning.outline_text import outline_text
from qwq_magic.turns import Turn


def inspector_bundle(turn: Turn, *, place: Place | None) -> dict[str, Any]:
    """The MIME bundle of a turn that is to be inspected."""
    data = turn_data(turn, place=place, show="both", start="open")
    data["view"]["inspect"] = True
    return {
        TURN_MIME: data,
        "text/markdown": turn_markdown(turn, place=place, show="both"),
        "text/plain": outline_text(turn),
    }
