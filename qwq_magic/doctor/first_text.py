"""One real request, as a cell would send it, until its first text.

It goes through a session of its own, so that no conversation knows of it, and is stopped
at the first text: what it shows is that a model answers, and how soon.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import assert_never

from qwq_magic.display.text.report import ReportStatus
from qwq_magic.errors import ConfigurationError
from qwq_magic.events import AnswerDelta, Notice, ReasoningDelta, StreamFinished, UsageReported
from qwq_magic.session import Session
from qwq_magic.session.run import Run
from qwq_magic.turns import Turn

PROMPT = "Reply with OK."
# Loading a large local model takes minutes; whoever wants to wait for that looks again.
PATIENCE_S = 60.0


def ask(session: Session, *, patience_s: float = PATIENCE_S) -> Generator[ReportStatus, None, None]:
    """How it goes, several times a second, and how it ended; closing it stops the request."""
    own = Session()
    own.choices, own.keys, own.project = session.choices, session.keys, session.project
    try:
        run = own.start(PROMPT)
    except ConfigurationError as error:
        yield ReportStatus("failed", str(error))
        return
    with run:
        yield from _follow(run, patience_s)


def _follow(run: Run, patience_s: float) -> Generator[ReportStatus, None, None]:
    name = f"{run.request.model} at {run.server}"
    began = time.monotonic()
    waiting = f"Asking {name} …"
    for event in run.events():
        took_s = time.monotonic() - began
        match event:
            case ReasoningDelta() | AnswerDelta():
                kind = "reasoning" if isinstance(event, ReasoningDelta) else "answer"
                yield ReportStatus(
                    "ok", f"{name} answers: its first text, {kind}, took {took_s:.2f} s."
                )
                return
            case Notice(text):
                waiting = f"Asking {name} … {text}"
            case UsageReported() | StreamFinished() | None:
                pass
            case _:
                assert_never(event)
        if took_s > patience_s:
            yield ReportStatus(
                "failed",
                f"{name} sent no text within {patience_s:.0f} s. A model that is being loaded "
                "takes minutes: look again in a while, or choose a smaller one with -m.",
            )
            return
        yield ReportStatus("running", waiting, progress="" if took_s < 1 else f"{took_s:.0f} s")
    yield _without_text(run.turn(), name)


def _without_text(turn: Turn, name: str) -> ReportStatus:
    if turn.error is not None:
        return ReportStatus("failed", str(turn.error))
    return ReportStatus(
        "failed", f"{name} ended its reply without any text. Check the model and its parameters."
    )
