"""Test a model with one real request, as a cell would send it, until the first text arrives.

The request uses a separate session, so it is not part of any conversation. It is stopped at
the first text, which is enough to show that the model works and how fast it responds.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import assert_never

from qwq_magic.display.text.report import ReportStatus
from qwq_magic.errors import ConfigurationError
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    LogprobsReported,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    UsageReported,
)
from qwq_magic.session import Session
from qwq_magic.session.run import Run
from qwq_magic.turns import Turn

PROMPT = "Reply with OK."
# Loading a large local model takes minutes, which is too long for a report to wait.
TIMEOUT_S = 60.0


def check_model(
    session: Session, *, timeout_s: float = TIMEOUT_S
) -> Generator[ReportStatus, None, None]:
    """Yield the status several times a second, the outcome last; closing stops the request."""
    own = Session()
    own.choices, own.keys, own.project = session.choices, session.keys, session.project
    try:
        run = own.start(PROMPT)
    except ConfigurationError as error:
        yield ReportStatus("failed", str(error))
        return
    with run:
        yield from _wait_for_text(run, timeout_s)


def _wait_for_text(run: Run, timeout_s: float) -> Generator[ReportStatus, None, None]:
    began = time.monotonic()
    waiting = f"Waiting for {_name_of(run)} …"
    for event in run.events():
        # The model may be chosen, or replaced, after the prompt was started.
        name = _name_of(run)
        took_s = time.monotonic() - began
        match event:
            case ReasoningDelta() | AnswerDelta():
                yield ReportStatus("ok", f"{name} works: first token after {took_s:.2f} s.")
                return
            case Notice(text):
                waiting = f"Waiting for {name} … {text}"
            case (
                LogprobsReported()
                | UsageReported()
                | StreamFinished()
                | AnswerBecameReasoning()
                | ReasoningBecameAnswer()
                | None
            ):
                # None comes regularly while there is no event, so that the caller can stop.
                pass
            case _:
                assert_never(event)
        if took_s > timeout_s:
            yield ReportStatus(
                "failed",
                f"{name} sent no text within {timeout_s:.0f} s. Loading a large model can take "
                "minutes: try again later, or choose a smaller model with -m.",
            )
            return
        yield ReportStatus("running", waiting, progress="" if took_s < 1 else f"{took_s:.0f} s")
    yield _without_text(run.turn(), _name_of(run))


def _name_of(run: Run) -> str:
    return " at ".join(filter(None, (run.request.model, run.server)))


def _without_text(turn: Turn, name: str) -> ReportStatus:
    if turn.error is not None:
        return ReportStatus("failed", str(turn.error))
    return ReportStatus(
        "failed", f"{name} ended its reply without any text. Check the model and its parameters."
    )
