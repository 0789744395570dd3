"""All jobs of a kernel, and what is owed to them when a cell ends.

A batch run has nobody who would look later, so there a cell waits for its jobs at its
end. A terminal is told at the next prompt, so that nothing is written into what the user
types. A cell that runs again stops the jobs it started before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.front_end import Request
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.plain_text import excerpt

if TYPE_CHECKING:
    from qwq_magic.magics.job import Job

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
