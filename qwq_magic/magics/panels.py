"""Which panel shows a turn: whoever is looking gets the one that suits.

The panels are imported here and not above, since %load_ext is to be quick and a
session needs one of them.
"""

from __future__ import annotations

import sys

from qwq_magic.display.panel import Panel, Show, Start
from qwq_magic.magics.front_end import Live
from qwq_magic.session.run import Run


def panel_for(run: Run, *, live: Live, show: Show, start: Start, is_rich: bool, job: int) -> Panel:
    """A panel for a run; `is_rich`: does the front end take more than text, perhaps?

    `job` is its number in the background, 0 in the foreground.
    """
    if live == "widgets":
        from qwq_magic.display.live.live_panel import LivePanel

        name = run.request.conversation
        return LivePanel(
            run.request.turn_id,
            model=run.request.model,
            server=run.server,
            conversation=f"{name} · job {job}" if job else name,
            show=show,
            start=start,
            on_stop=run.stop,
            # What runs while a job streams is another cell.
            interrupts=not job,
        )
    from qwq_magic.display.live.final_panel import FinalPanel

    if live == "none":
        return FinalPanel(show=show, start=start)
    from qwq_magic.display.text.terminal import TerminalPanel

    text = TerminalPanel(
        stream=sys.stdout,
        is_tty=sys.stdout.isatty(),
        model=run.request.model,
        server=run.server,
        conversation=run.request.conversation,
        show=show,
        start=start,
    )
    return FinalPanel(show=show, start=start, live=text) if is_rich else text
