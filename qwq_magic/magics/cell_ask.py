"""One prompt from a cell, from its option line to the turn that is bound and shown.

The front end decides which panel shows the turn. Only one kind of panel is needed in a
kernel, so each is imported where it is used, which keeps `%load_ext` fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from IPython.core.error import UsageError

from qwq_magic.display.panel import Panel, Show, Start
from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.front_end import Live, Request, current_request, detect_live, is_kernel
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.magics.options import CellOptions, parse_options
from qwq_magic.magics.reports import show_bundle
from qwq_magic.magics.turn_names import TurnNames
from qwq_magic.memory import TurnPosition
from qwq_magic.session.run import Run
from qwq_magic.settings.key_ring import keys_at_hand
from qwq_magic.steering import Act, fork_at
from qwq_magic.turns import Turn

# Makes the prompt from the options and the rest of the line.
Compose = Callable[[CellOptions, str], str]
# Makes an act on a turn from the options, the prompt, and the key of the cell's prompt.
MakeAct = Callable[[CellOptions, str, str | None], Act]


class CellAsk:
    """Sends prompts from the running cell with the settings of `%%qwq`."""

    def __init__(self, context: NotebookContext) -> None:
        self._context = context
        self._shell = context.shell
        self._names = TurnNames(context)

    def ask(self, line: str, compose: Compose, make_act: MakeAct | None = None) -> None:
        """Send the prompt, show each event as it arrives, and bind the turn.

        Args:
            line: the option line.
            compose: makes the prompt.
            make_act: for a reply that goes on from a turn, rather than one to the prompt.

        Raises:
            UsageError: the line, a setting or the prompt is invalid; nothing was sent.
            KeyboardInterrupt: the user interrupted a cell that contains other code too.
        """
        request = current_request(self._shell)
        try:
            options, rest = parse_options(line)
            self._check(options)
            prompt = compose(options, rest)
            make_act = self._fork if options.source is not None else make_act
            if options.dry_run:
                self._preview(prompt, options, request, make_act)
                return
            if options.asks_many:
                self._ask_many(prompt, options, request, make_act)
                return
        except QwqError as error:
            # IPython shows a `UsageError` as one line, without a traceback.
            raise self._usage_error(error) from None
        # Only after the line has been accepted: a mistake in it must not cost the earlier jobs.
        if not options.append:
            self._context.jobs.stop_earlier(request)
        # From before the prompt is sent until its turn is bound, so no interrupt falls between.
        with InterruptWatch() as interrupts:
            try:
                run = self._start(prompt, options, request, make_act)
            except ConfigurationError as error:
                raise self._usage_error(error) from None
            if options.background:
                self._start_job(run, options, request)
            else:
                self._stream(run, options, request, interrupts)
        if options.code:
            from qwq_magic.magics.next_cell import offer_code

            # The front end as detected: the setting `live` does not add or remove a next cell.
            offer_code(self._shell, run.turn(), has_next_cell=self._live(request) != "none")
        if interrupts.pressed and request.is_program:
            # Stopping a single prompt is not an error, and queued cells still run. Other code,
            # such as a loop of prompts, must be interrupted too.
            raise KeyboardInterrupt

    def _ask_many(
        self, prompt: str, options: CellOptions, request: Request, make_act: MakeAct | None
    ) -> None:
        """Ask for many replies at once: samples of the prompt, or one for each row of a table."""
        from qwq_magic.magics.cell_batch import CellBatch  # Imported late: most cells ask once.

        if not options.append:
            self._context.jobs.stop_earlier(request)
        self._apply_settings(options)
        batch = CellBatch(self._context, options, request, live=self._shown_live(request))
        if options.over is not None:
            batch.map(prompt)
            return
        cell_key = self._context.cells.next_cell_key(request)
        batch.sample(prompt, cell_key, make_act and make_act(options, prompt, cell_key))

    def _usage_error(self, error: QwqError) -> UsageError:
        """Return the error as one line, masked: a template error may quote a key."""
        text = without_lookalikes(str(error))
        for key in keys_at_hand(os.environ, self._context.session.keys):
            text = key.redact(text)
        return UsageError(text)

    def _check(self, options: CellOptions) -> None:
        if options.background and options.code:
            raise ConfigurationError(
                "--code needs the reply before the cell ends. Remove --background."
            )
        if options.background and self._context.settings.runner != "thread":
            raise ConfigurationError(
                "--background cannot stream on the notebook's own event loop. "
                'Use %config QwqMagics.runner = "thread".'
            )

    def _stream(
        self, run: Run, options: CellOptions, request: Request, interrupts: InterruptWatch
    ) -> None:
        """Show the reply until it ends or the user stops it."""
        with run:
            panel = self._panel(run, options, self._shown_live(request))
            try:
                panel.open()
                for event in run.events():
                    if event is not None:
                        panel.show_event(event)
                    panel.tick()
                    # The loop goes on: a stopped run still yields the text that has arrived.
                    if interrupts.pressed:
                        run.stop()
            finally:
                # Even if showing an event failed, the turn is bound and its output is shown.
                run.stop()
                turn = run.turn()
                self._context.asked = turn
                self._bind(turn, options)
                failure = ""
                try:
                    # First, since the panel may take long: a kernel that is killed meanwhile
                    # has saved the turn.
                    failure = self._context.saved(turn)
                finally:
                    self._finish(panel, turn)
                    if failure:
                        sys.stderr.write(f"{failure}\n")

    def _finish(self, panel: Panel, turn: Turn) -> None:
        attempts = self._context.session.conversations.attempts_of(turn)
        panel.finish(turn, place=self._place_of(turn), attempts=attempts)

    def _start_job(self, run: Run, options: CellOptions, request: Request) -> None:
        """Continue the run in the background."""
        from qwq_magic.magics.background import Job  # Imported late to keep %load_ext fast.

        background = self._context.jobs
        number = background.next_number()
        live = self._shown_live(request)

        def bind(turn: Turn) -> None:
            self._bind(turn, options)
            background.print_later(self._context.saved(turn))

        job = Job(
            number,
            run,
            request,
            panel=self._panel(run, options, live, job=number),
            live=live,
            bind=bind,
            place_of=self._place_of,
            attempts_of=self._context.session.conversations.attempts_of,
        )
        background.start(job)

    def _preview(
        self, prompt: str, options: CellOptions, request: Request, make_act: MakeAct | None
    ) -> None:
        from qwq_magic.display.saved.preview import preview_bundle

        context = self._context
        self._apply_settings(options)
        if options.asks_many:
            from qwq_magic.magics.cell_batch import CellBatch

            prompt = CellBatch(context, options, request, live="none").announce(prompt)
        cell_key = context.cells.next_cell_key(request)
        call = options.call(cell_id=cell_key)
        if options.over is not None and options.history is None:
            # Rows are independent of the conversation.
            call["fresh"] = True
        if make_act is None:
            preview = context.session.preview(prompt, **call)
        else:
            preview = context.session.preview_act(make_act(options, prompt, cell_key), **call)
        self._keep_in_cell(cell_key, options, request)
        show_bundle(preview_bundle(preview))

    def _keep_in_cell(self, cell_key: str | None, options: CellOptions, request: Request) -> None:
        """Keep the cell's turn from being marked as orphaned by a run that did not replace it."""
        context = self._context
        for turn in context.session.memory_of(
            options.conversation or context.settings.conversation
        ):
            if cell_key is not None and turn.cell_id == cell_key:
                context.cells.keep(turn.id, request)

    def _apply_settings(self, options: CellOptions) -> None:
        self._context.apply_settings()
        if options.server is None and (line := self._context.new_address()):
            sys.stderr.write(f"{line}\n")

    def _fork(self, options: CellOptions, prompt: str, cell_key: str | None) -> Act:
        name, step = _parse_source(options.source or "")
        turn = self._names.turn(name, options.conversation, cell_key=cell_key)
        text = prompt.strip()
        if text and step is not None and 1 <= step <= len(turn.steps):
            # A cell cannot show the blanks at the end of a step, so they stay as they were.
            replaced = turn.steps[step - 1].text
            text += replaced[len(replaced.rstrip()) :]
        return fork_at(turn, step, text)

    def _start(
        self, prompt: str, options: CellOptions, request: Request, make_act: MakeAct | None
    ) -> Run:
        self._apply_settings(options)
        cell_key = self._context.cells.next_cell_key(request)
        call = options.call(cell_id=cell_key)
        if make_act is None:
            run = self._context.session.start(prompt, **call)
        else:
            run = self._context.session.start_act(make_act(options, prompt, cell_key), **call)
        if options.append:
            self._keep_in_cell(cell_key, options, request)
        self._context.cells.add(run.request.turn_id, request)
        return run

    def _panel(self, run: Run, options: CellOptions, live: Live, *, job: int = 0) -> Panel:
        return panel_for(
            run,
            live=live,
            show=options.show or self._context.settings.show,
            start=options.start or self._context.settings.start,
            is_rich=is_kernel(self._shell),
            job=job,
        )

    def _live(self, request: Request) -> Live:
        return detect_live(self._shell, request)

    def _shown_live(self, request: Request) -> Live:
        live = self._context.settings.live
        return self._live(request) if live == "auto" else live

    def _bind(self, turn: Turn, options: CellOptions) -> None:
        self._shell.user_ns["_qwq"] = turn
        if options.out:
            self._shell.user_ns[options.out] = turn

    def _place_of(self, turn: Turn) -> TurnPosition | None:
        return self._context.session.conversations.place_of(turn)


def _parse_source(source: str) -> tuple[str, int | None]:
    """Return the name of the turn, and the step; None for the end of its reasoning."""
    name, colon, step = source.rpartition(":")
    if step == "end" and colon:
        return name, None
    if not (colon and step.isdecimal() and len(step) <= 6):
        raise ConfigurationError(
            f"--from {source} is not TURN:STEP. Use, for example, --from 3:17 or --from 3:end."
        )
    return name, int(step)


def panel_for(run: Run, *, live: Live, show: Show, start: Start, is_rich: bool, job: int) -> Panel:
    """Return the panel that shows a run.

    Args:
        run: the run to show.
        live: how the front end shows a reply while it streams.
        show: the parts of the reply to show.
        start: whether the reasoning starts open or closed.
        is_rich: whether the front end may render more than plain text.
        job: the job's number; 0 for a run in the foreground.
    """
    if live == "widgets":
        from qwq_magic.display.live.live_panel import LivePanel, run_actions

        name = run.request.conversation
        return LivePanel(
            run.request.turn_id,
            model=run.request.model,
            server=run.server,
            conversation=f"{name} · job {job}" if job else name,
            show=show,
            start=start,
            actions=run_actions(run),
            # While a job streams, interrupting the kernel would stop a different cell.
            interrupts=not job,
            prefix=run.request.prefix,
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
