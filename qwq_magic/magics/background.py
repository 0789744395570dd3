"""Background jobs: prompts whose replies stream while other cells run.

How a job reports its end depends on the front end:

- With widgets, its pump updates the output of the cell that started it.
- In a terminal, a line is printed after a later cell, never into what the user is typing.
- In a batch run no later cell may follow, so the cell waits for its jobs before it ends.

Panels other than widgets are used only by the thread that runs the cells. Running a cell
again stops the jobs that its earlier run started.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias, assert_never

from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.display.captions import turn_tokens
from qwq_magic.display.live.pump import Pump
from qwq_magic.display.panel import Panel
from qwq_magic.errors import ConfigurationError
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    LogprobsReported,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    UsageReported,
)
from qwq_magic.magics.front_end import Live, Request
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.magics.reports import write_line
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import excerpt
from qwq_magic.session.run import Run
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import State, Turn, is_cut

JobState: TypeAlias = Literal["waiting", "reasoning", "answering"] | State

# A signal does not end `Event.wait` early, so the wait is short and an interrupt is seen soon.
_TICK_S = 0.05


class Job:
    """One prompt in the background."""

    def __init__(
        self,
        number: int,
        run: Run,
        request: Request,
        *,
        panel: Panel,
        live: Live,
        bind: Callable[[Turn], None],
        place_of: Callable[[Turn], TurnPosition | None],
        attempts_of: Callable[[Turn], tuple[Turn, ...]] = lambda _: (),
    ) -> None:
        """Prepare a job; `start` starts it.

        Args:
            number: the job's number, from 1.
            run: the run that streams the reply.
            request: the execution that started the job.
            panel: shows the reply; in a terminal it is not used.
            live: how the front end shows a reply while it streams.
            bind: called with the finished turn, in the pump's thread.
            place_of: returns a turn's position in its conversation.
            attempts_of: returns all attempts at a turn.
        """
        self.number = number
        self.prompt = run.request.prompt
        self.request = request
        self.live = live
        # The panel keeps its own copy of the texts, so `show` releases it.
        self._panel: Panel | None = panel
        self._bind = bind
        self._place_of = place_of
        self._attempts_of = attempts_of
        self._turn: Turn | None = None
        self._state: JobState = "waiting"
        self._tokens = 0.0
        self._began_s = time.monotonic()
        self._pump = Pump(
            run,
            name=f"Job {number}",
            panel=panel if live == "widgets" else None,
            note=self._note,
            settle=self._settle,
        )

    def start(self) -> None:
        """Open the panel in the running cell if it uses widgets, and start the pump."""
        try:
            if self.live == "widgets" and self._panel is not None:
                self._panel.open()
        finally:
            # The request has been sent, whether or not the panel could open.
            self._pump.start()

    @property
    def turn(self) -> Turn | None:
        """The finished turn; None until it has ended and is bound."""
        # The pump sets the turn before it is bound; both are done only when the pump has ended.
        return self._turn if self._pump.has_ended else None

    @property
    def state(self) -> JobState:
        return self._turn.state if self._turn is not None else self._state

    @property
    def seconds(self) -> float:
        if self._turn is not None:
            return self._turn.timing.total_s or 0.0
        return time.monotonic() - self._began_s

    @property
    def tokens(self) -> str:
        """`1,203` if the server reported its usage, otherwise the estimate `≈ 1,200`."""
        return f"≈ {round(self._tokens):,}" if self._turn is None else turn_tokens(self._turn)

    def stop(self) -> None:
        """Stop the job; its turn keeps the text received so far."""
        self._pump.stop()

    def wait(self, *, is_interrupted: Callable[[], bool]) -> Turn | None:
        """Wait for the turn and return it; None if the user interrupted the wait."""
        while not self._pump.wait(_TICK_S):
            if is_interrupted():
                return None
        return self._turn

    def show(self) -> None:
        """Show the finished reply in the running cell."""
        panel, self._panel = self._panel, None
        if self._turn is not None and panel is not None:
            turn = self._turn
            panel.finish(turn, place=self._place_of(turn), attempts=self._attempts_of(turn))

    def _settle(self, turn: Turn) -> None:
        self._turn = turn
        # Bound before it is shown, so that a display that fails does not cost the turn.
        self._bind(turn)
        if self.live == "widgets":
            self.show()

    def _note(self, event: Event) -> None:
        match event:
            case ReasoningDelta(text):
                self._state = "reasoning"
                self._tokens += estimate_tokens(text)
            case AnswerDelta(text):
                self._state = "answering"
                self._tokens += estimate_tokens(text)
            case AnswerBecameReasoning():
                self._state = "reasoning"
            case ReasoningBecameAnswer():
                self._state = "answering"
            case LogprobsReported() | UsageReported() | Notice() | StreamFinished():
                pass  # The finished turn has the details.
            case _:
                assert_never(event)


_EXCERPT_BYTES = 60


class Background:
    """All jobs of a kernel, by number."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._jobs: list[Job] = []
        # Jobs whose end has not been reported yet, and lines to print after the next cell.
        self._unreported: list[Job] = []
        self._lines: list[str] = []
        # Only after a cell: text from another thread appears in whichever cell is running then.
        shell.events.register("post_run_cell", self._after_cell)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs)

    def next_number(self) -> int:
        return len(self._jobs) + 1

    def start(self, job: Job) -> None:
        self._jobs.append(job)
        if job.live != "widgets":
            self._unreported.append(job)
        if job.live == "text":
            sys.stdout.write(f"Job {job.number} started in the background; %qwq_jobs lists it.\n")
        job.start()

    def job(self, number: str) -> Job:
        """Return the job with this number, given as typed.

        Raises:
            ConfigurationError: there is no such job.
        """
        if number.isdecimal() and 1 <= int(number) <= len(self._jobs):
            return self._jobs[int(number) - 1]
        fix = "%qwq_jobs lists all jobs." if self._jobs else "%%qwq --background starts one."
        raise ConfigurationError(f"There is no job {number!r}. {fix}")

    def stop_earlier(self, request: Request) -> None:
        """Stop the jobs that earlier runs of the same cell started; this run replaces them."""
        for job in self._jobs:
            is_same_cell = request.cell_id is not None and job.request.cell_id == request.cell_id
            # One run of a cell may start several jobs, which do not replace each other.
            if is_same_cell and job.request.id != request.id and job.turn is None:
                job.stop()

    def print_later(self, line: str) -> None:
        """Print a line to stderr after the next cell; any thread may call this."""
        if line:
            self._lines.append(line)

    def mark_reported(self, job: Job) -> None:
        """Do not report the job's end after the next cell."""
        if job in self._unreported:
            self._unreported.remove(job)

    def _after_cell(self, _result: Any = None) -> None:
        for job in [job for job in self._unreported if job.live == "none"]:
            with InterruptWatch() as interrupts:
                if job.wait(is_interrupted=lambda: interrupts.pressed) is None:
                    job.stop()
                    job.wait(is_interrupted=lambda: False)
            job.show()
            self.mark_reported(job)
        for job in [job for job in self._unreported if job.turn is not None]:
            write_line(ending_line(job))
            self.mark_reported(job)
        # Taken one by one, since a job's thread may add a line at any time.
        while self._lines:
            sys.stderr.write(f"{self._lines.pop(0)}\n")


def ending_line(job: Job) -> str:
    """Return `Job 1 is complete: Which is larger …`, with the command that shows the reply."""
    words = {"complete": "is complete", "stopped": "was stopped", "error": "failed"}
    state = words.get(job.state, job.state)
    if job.turn is not None and is_cut(job.turn):
        state = "was cut off by the server"
    ending = f"Job {job.number} {state}: {prompt_excerpt(job)}"
    return f"{ending} (%qwq_jobs result {job.number} shows it)"


def prompt_excerpt(job: Job) -> str:
    """Return the beginning of the prompt in one line."""
    return excerpt(job.prompt, limit_bytes=_EXCERPT_BYTES)
