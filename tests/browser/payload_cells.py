"""What cells run to stream many payloads at once, each into a panel of its own.

Imported by the kernel. Every delta waits until the test has seen the one before drawn.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from browser.cell_code import DEADLINE_S, new_panel
from hostile.corpus import Payload, pieces

from qwq_magic.display.live.live_panel import LivePanel
from qwq_magic.events import AnswerDelta, ReasoningDelta
from qwq_magic.memory import TurnPosition
from qwq_magic.turns import Turn

PIECES = 10


def turn_of(number: int, text: str) -> Turn:
    """A turn in which every word is the payload's."""
    return Turn(
        id=f"payload-{number}",
        prompt=text,
        reasoning=text,
        answer=text,
        model=text,
        server=text,
        conversation=text,
        finish_reason=text,
        notices=(text,),
        complete=number % 2 == 0,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    number: int
    text: str
    panel: LivePanel
    pieces: list[str]


def stream_payloads(notebook: str, name: str, payloads: Sequence[Payload]) -> None:
    """Stream each in ten pieces, then put their final outputs in place."""
    shown = [
        _Shown(
            payload.number,
            payload.text,
            new_panel(turn_id=f"payload-{payload.number}", model=payload.text),
            pieces(payload.text, PIECES),
        )
        for payload in payloads
    ]
    for step in range(PIECES):
        _wait_for(shown, Path(f"{notebook}.{name}-{step}"))
        for one in shown:
            if step < len(one.pieces):
                _show(one, step)
    _wait_for(shown, Path(f"{notebook}.{name}-end"))
    for one in shown:
        one.panel.finish(turn_of(one.number, one.text), place=TurnPosition(one.number, 1))


def _show(one: _Shown, step: int) -> None:
    """Reasoning is plain text while it streams: a message for each half of it is enough."""
    if step % (PIECES // 2) == 0:
        thought = "".join(one.pieces[step : step + PIECES // 2])
        one.panel.show_event(ReasoningDelta(thought))
    one.panel.show_event(AnswerDelta(one.pieces[step]))


def _wait_for(shown: Sequence[_Shown], signal: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not signal.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(signal)
        for one in shown:
            one.panel.tick()
        time.sleep(0.01)
