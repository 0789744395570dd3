"""`%qwq_jobs`: list background jobs, stop them, wait for them, and get their turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.background import ending_line, prompt_excerpt
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.magics.reports import show
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.magics.background import Job

_COMMANDS = ("stop", "wait", "result")


@magics_class
class JobsMagics(Magics):
    """The jobs command."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._shell = context.shell
        self._jobs = context.jobs

    @no_var_expand
    @line_magic
    def qwq_jobs(self, line: str) -> Turn | None:
        """Manage the jobs that `%%qwq --background` started.

            %qwq_jobs             list the jobs
            %qwq_jobs stop N      stop job N
            %qwq_jobs wait N      wait until job N has ended
            %qwq_jobs result N    return the turn of job N, and bind it to `_qwq`

        `stop all` and `wait all` apply to all jobs that have not ended.
        """
        try:
            command, *numbers = line.split() or [""]
            match command:
                case "":
                    self._list()
                case "stop":
                    self._stop(self._named(command, numbers))
                case "wait":
                    self._wait(self._named(command, numbers))
                case "result":
                    return self._result(self._named(command, numbers))
                case _:
                    raise ConfigurationError(
                        f"Unknown command {command!r}. "
                        "Use stop N, wait N, result N, or no command for the list."
                    )
        except ConfigurationError as error:
            raise UsageError(str(error)) from None
        return None

    def complete(self, words: list[str], text: str) -> list[str]:
        """Complete commands and job numbers."""
        numbers = [str(job.number) for job in self._jobs]
        found = ("all", *numbers) if words else _COMMANDS
        return [word for word in found if word.startswith(text)]

    def _named(self, command: str, numbers: list[str]) -> list[Job]:
        """Return the job with the given number, or all jobs that have not ended."""
        takes_all = command != "result"
        if numbers == ["all"] and takes_all:
            return [job for job in self._jobs if job.turn is None]
        if len(numbers) != 1 or numbers == ["all"]:
            example = f"%qwq_jobs {command} 1"
            or_all = f", or %qwq_jobs {command} all" if takes_all else ""
            raise ConfigurationError(f"Name one job: {example}{or_all}.")
        return [self._jobs.job(numbers[0])]

    def _list(self) -> None:
        from qwq_magic.display.captions import spoken_seconds
        from qwq_magic.display.tables import Table

        rows = [
            (str(j.number), prompt_excerpt(j), j.state, spoken_seconds(j.seconds), j.tokens)
            for j in self._jobs
        ]
        if rows:
            show(Table(("job", "prompt", "state", "time", "tokens"), rows), [])
        else:
            show(None, ["No jobs yet. %%qwq --background starts one."])

    def _stop(self, jobs: list[Job]) -> None:
        # All are stopped before the first wait, so that they end side by side.
        for job in jobs:
            job.stop()
        self._wait(jobs)

    def _wait(self, jobs: list[Job]) -> None:
        lines = []
        with InterruptWatch() as interrupts:
            for job in jobs:
                if job.wait(is_interrupted=lambda: interrupts.pressed) is None:
                    lines.append(f"Job {job.number} is still running.")
                    continue
                lines.append(ending_line(job))
                if job.live == "text":
                    self._jobs.mark_reported(job)
        show(None, lines or ["No job is running."])
        if interrupts.pressed:
            # Queued cells may need the results, so they must not run.
            raise KeyboardInterrupt

    def _result(self, jobs: list[Job]) -> Turn:
        [job] = jobs
        if job.turn is None:
            raise ConfigurationError(
                f"Job {job.number} has not ended. Wait for it: %qwq_jobs wait {job.number}."
            )
        self._shell.user_ns["_qwq"] = job.turn
        return job.turn
