"""Many replies from one cell: `%%qwq -n 8`, `-m a -m b` and `--over TABLE`."""

from __future__ import annotations

from typing import Any

from qwq_magic.batch import Batch
from qwq_magic.batch.rows import prompts_for, rows_of
from qwq_magic.display.live.batch_panel import BatchDisplay, batch_panel_for
from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.commands.shown_batch import BATCH_NAME, places_of
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.front_end import Live, Request, is_kernel
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.magics.notebook_prompts import notebook_of
from qwq_magic.magics.options import CellOptions
from qwq_magic.magics.reports import write_line
from qwq_magic.session.batch_run import BatchRun
from qwq_magic.steering import Act


class CellBatch:
    """Asks the batch of one cell, shows it, and binds it."""

    def __init__(
        self, context: NotebookContext, options: CellOptions, request: Request, *, live: Live
    ) -> None:
        self._context = context
        self._options = options
        self._request = request
        self._live = live

    def announce(self, prompt: str) -> str:
        """Show how many requests there would be; return the prompt of the first one.

        Raises:
            QwqError: the table or the template is not valid.
        """
        options = self._options
        rows, models = 1, max(1, len(options.models))
        if options.over is not None:
            table = rows_of(self._table(options.over))
            prompt = prompts_for(table[:1], prompt, **self._template_options())[0]
            rows = len(table)
        parts = [
            f"{rows:,} rows" if rows > 1 else "",
            f"{models} models" if models > 1 else "",
            f"{options.n} samples" if options.n > 1 else "",
        ]
        counted = " × ".join(part for part in parts if part)
        total = rows * models * options.n
        write_line(f"{counted or 'One row'}: {total:,} requests, of which this is the first.")
        return prompt

    def _template_options(self) -> dict[str, Any]:
        notebook = notebook_of(self._context.shell)
        return {"notebook": notebook, "with_blocks": self._options.blocks}

    def sample(self, prompt: str, cell_key: str | None, act: Act | None) -> None:
        """Ask the prompt several times; the turns are attempts at the cell's turn.

        Raises:
            QwqError: an option is not valid; nothing was sent.
        """
        options = self._options
        call: Any = {**options.call(cell_id=cell_key), **self._batch_options(), "n": options.n}
        with InterruptWatch() as interrupts:
            run = self._context.session.start_sample(prompt, act=act, **call)
            batch = self._show(run, interrupts)
        self._bind_counting(batch)
        self._pass_on(interrupts)

    def map(self, template: str) -> None:
        """Ask the prompt for each row of the table that the option names.

        Raises:
            QwqError: the table, the template or an option is not valid; nothing was sent.
        """
        options = self._options
        rows = self._table(options.over or "")
        call: Any = {**options.call(cell_id=None), **self._batch_options(), "n": options.n}
        if options.history is None:
            call["fresh"] = True
        with InterruptWatch() as interrupts:
            run = self._context.session.start_map(
                rows, template, **self._template_options(), **call
            )
            self._show(run, interrupts)
        self._pass_on(interrupts)

    def _pass_on(self, interrupts: InterruptWatch) -> None:
        """Interrupt the rest of a cell that has more than this prompt."""
        if interrupts.pressed and self._request.is_program:
            raise KeyboardInterrupt

    def _batch_options(self) -> dict[str, Any]:
        options = self._options
        chosen: dict[str, Any] = {"settle": options.settle, "again": options.again}
        if len(options.models) > 1:
            chosen["models"] = options.models
        if options.store is not None:
            chosen["store"] = options.store
        return chosen

    def _table(self, expression: str) -> Any:
        """Return the value of the user's own expression, usually a name."""
        names = self._context.shell.user_ns
        if expression in names:
            return names[expression]
        try:
            return eval(expression, names)  # noqa: S307  # code of the user's, like the rest of the cell
        except Exception as error:
            raise ConfigurationError(
                f"--over {expression} is not a table: {type(error).__name__}: {error}. "
                "Name a DataFrame, or a list of dictionaries or of texts."
            ) from None

    def _show(self, run: BatchRun, interrupts: InterruptWatch) -> Batch:
        shell = self._context.shell
        panel = batch_panel_for(
            self._live, run.progress, actions={"stop": run.stop}, is_rich=is_kernel(shell)
        )
        name = self._options.out or BATCH_NAME
        view = _BoundView(panel, self._context, name)
        try:
            return run.wait(view, is_interrupted=lambda: interrupts.pressed)
        except BaseException:
            # Also an interrupt that came in between: no display may wait for ever.
            panel.abandon()
            raise

    def _bind_counting(self, batch: Batch) -> None:
        """Bind the turn that counts, and note which cell the turns belong to."""
        context = self._context
        for turn in batch:
            if turn.messages:
                context.cells.add(turn.id, self._request)
        counting = next((turn for turn in batch if turn.messages), None)
        if counting is None:
            return
        attempts = context.session.conversations.attempts_of(counting)
        context.asked = attempts[-1] if attempts else counting
        context.shell.user_ns["_qwq"] = context.asked


class _BoundView:
    """The panel of a batch, which is bound and saved before its final output is made."""

    def __init__(self, panel: BatchDisplay, context: NotebookContext, name: str) -> None:
        self._panel = panel
        self._context = context
        self._name = name
        self.open, self.tick, self.abandon = panel.open, panel.tick, panel.abandon

    def finish(self, batch: Batch) -> None:
        context, names = self._context, self._context.shell.user_ns
        # A failure to show it must not lose it.
        names[BATCH_NAME] = names[self._name] = batch
        context.save_now()
        self._panel.finish(batch, name=self._name, places=places_of(context, batch))
