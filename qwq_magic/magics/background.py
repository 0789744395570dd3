"""All jobs of a kernel, and what is owed to them when a cell ends.

A batch run has nobody who would look later, so there a cell waits for its jobs at its
end. A terminal is told at the next prompt, so that nothing is written into what the user
types. A cell that runs again stops the jobs it started before.

A job: one ask that goes on while other cells run, followed by a pump.

The pump shows the reply in the cell that asked, where there are widgets. Other panels are
only used in the end, by the thread that runs the cells.
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
    AnswerDelta,
    Event,
    Notice,
    ReasoningDelta,
    StreamFinished,
    UsageReported,
)
from qwq_magic.magics.front_end import Live, Request
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.memory import Place
from qwq_magic.plain_text import excerpt
from qwq_magic.session.run import Run
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import State, Turn

JobState: TypeAlias = Literal["waiting", "reasoning", "answering"] | State

_TICK_S = 0.05


class Job:
    """One ask in the background."""

    def __init__(
        self,
        number: int,
        run: Run,
        request: Request,
        *,
        panel: Panel,
        live: Live,
        bind: Callable[[Turn], None],
        place_of: Callable[[Turn], Place | None],
    ) -> None:
        """A job that has not started.

        Args:
            number: counts from 1.
            run: the ask itself.
            request: the execution that asked.
            panel: shows the reply; of a terminal's, nothing is shown.
            live: how the front end shows what streams.
            bind: told the turn when it has ended, in the pump's thread.
            place_of: where a turn stands in its conversation.
        """
        self.number = number
        self.prompt = run.request.prompt
        self.request = request
        self.live = live
        # It holds the texts as well; it is let go when the turn has them.
        self._panel: Panel | None = panel
        self._bind = bind
        self._place_of = place_of
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
        """Appear in the running cell, where there are widgets, and go on in the background."""
        try:
            if self.live == "widgets" and self._panel is not None:
                self._panel.open()
        finally:
            # The ask is under way, shown or not.
            self._pump.start()

    @property
    def turn(self) -> Turn | None:
        """The reply, once it has ended and is bound."""
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
        """`1,203` where the server counted, `≈ 1,200` where it did not or has not yet."""
        return f"≈ {round(self._tokens):,}" if self._turn is None else turn_tokens(self._turn)

    def stop(self) -> None:
        """Ask it to end; its turn keeps what came."""
        self._pump.stop()

    def wait(self, *, is_interrupted: Callable[[], bool]) -> Turn | None:
        """The turn, as soon as there is one; None if the user would not wait."""
        while not self._pump.wait(_TICK_S):
            if is_interrupted():
                return None
        return self._turn

    def show(self) -> None:
        """Show the reply, which has ended, in the running cell."""
        panel, self._panel = self._panel, None
        if self._turn is not None and panel is not None:
            panel.finish(self._turn, place=self._place_of(self._turn))

    def _settle(self, turn: Turn) -> None:
        self._turn = turn
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
            case UsageReported() | Notice() | StreamFinished():
                pass  # of these, the turn says more
            case _:
                assert_never(event)


_EXCERPT_BYTES = 60


class Background:
    """The jobs, by number."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._jobs: list[Job] = []
        # Jobs whose end somebody is still to hear of, and lines that are still to be said.
        self._owed: list[Job] = []
        self._lines: list[str] = []
        shell.events.register("post_run_cell", self._after_cell)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs)

    def next_number(self) -> int:
        return len(self._jobs) + 1

    def start(self, job: Job) -> None:
        self._jobs.append(job)
        if job.live != "widgets":
            self._owed.append(job)
        if job.live == "text":
            sys.stdout.write(f"Job {job.number} asks in the background; %qwq_jobs lists it.\n")
        job.start()

    def job(self, number: str) -> Job:
        """The job of that number, as typed.

        Raises:
            ConfigurationError: there is none.
        """
        if number.isdecimal() and 1 <= int(number) <= len(self._jobs):
            return self._jobs[int(number) - 1]
        known = f"There are {len(self._jobs)}" if self._jobs else "There is none"
        raise ConfigurationError(f"There is no job {number!r}. {known}: see %qwq_jobs.")

    def stop_earlier(self, request: Request) -> None:
        """Stop what earlier runs of the same cell started: this one replaces it."""
        for job in self._jobs:
            is_same_cell = request.cell_id is not None and job.request.cell_id == request.cell_id
            if is_same_cell and job.request.id != request.id and job.turn is None:
                job.stop()

    def say_later(self, line: str) -> None:
        """Say a line when the next cell has run; any thread may call this."""
        if line:
            self._lines.append(line)

    def settle(self, job: Job) -> None:
        """Its end has been told."""
        if job in self._owed:
            self._owed.remove(job)

    def _after_cell(self, _result: Any = None) -> None:
        for job in [job for job in self._owed if job.live == "none"]:
            with InterruptWatch() as interrupts:
                if job.wait(is_interrupted=lambda: interrupts.pressed) is None:
                    job.stop()
                    job.wait(is_interrupted=lambda: False)
            job.show()
            self.settle(job)
        for job in [job for job in self._owed if job.turn is not None]:
            sys.stdout.write(f"{ending_line(job)}\n")
            self.settle(job)
        while self._lines:
            sys.stderr.write(f"{self._lines.pop(0)}\n")


def ending_line(job: Job) -> str:
    """`Job 1 is complete: Which is larger …`, and where its reply is."""
    words = {"complete": "is complete", "stopped": "was stopped", "error": "failed"}
    said = f"Job {job.number} {words.get(job.state, job.state)}: {prompt_excerpt(job)}"
    return f"{said} (%qwq_jobs result {job.number} shows it)"


def prompt_excerpt(job: Job) -> str:
    """The beginning of the prompt, in one line."""
    return excerpt(job.prompt, limit_bytes=_EXCERPT_BYTES)
