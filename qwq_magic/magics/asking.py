"""An ask from a cell: from the line's options to the turn that is bound and shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from qwq_magic.display.panel import Panel
from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.magics.front_end import Live, Request, current_request, detect_live, is_kernel
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.magics.next_cell import offer_code
from qwq_magic.magics.options import CellOptions, parse_options
from qwq_magic.magics.panels import panel_for
from qwq_magic.run import Run
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.magics.qwq import QwqMagics

# Makes the prompt of the options and the rest of the line.
Compose = Callable[[CellOptions, str], str]


class Asking:
    """Asks in the running cell, as `%%qwq` is set."""

    def __init__(self, shell: InteractiveShell, magics: QwqMagics) -> None:
        self._shell = shell
        self._magics = magics

    def ask(self, line: str, compose: Compose) -> None:
        """Ask, show each event as it comes, and bind the turn.

        Raises:
            UsageError: the user must change something; nothing was sent.
            KeyboardInterrupt: the user interrupted a cell that does more than ask.
        """
        request = current_request(self._shell)
        try:
            options, rest = parse_options(line)
            prompt = compose(options, rest)
            if options.dry_run:
                self._preview(prompt, options, request)
                return
        except QwqError as error:
            raise UsageError(str(error)) from None
        with InterruptWatch() as interrupts:
            try:
                run = self._start(prompt, options, request)
            except ConfigurationError as error:
                raise UsageError(str(error)) from None
            with run:
                panel = self._panel(run, options, request)
                try:
                    panel.open()
                    _follow(run, panel, interrupts)
                finally:
                    # Also where showing it failed: the turn is there, and so is its output.
                    run.stop()
                    self._finish(run.turn(), options, panel)
        if options.code:
            offer_code(self._shell, run.turn(), is_somebody_there=self._live(request) != "none")
        if interrupts.pressed and request.is_program:
            # A reply alone ends quietly, and the cells behind it run; a program is interrupted.
            raise KeyboardInterrupt

    def _preview(self, prompt: str, options: CellOptions, request: Request) -> None:
        from IPython.display import display

        from qwq_magic.display.preview_bundle import preview_bundle

        magics = self._magics
        self._apply_settings(options)
        place = magics.cells.next_place(request)
        preview = magics.session.preview(prompt, cell_id=place, **_call(options))
        for turn in magics.session.memory_of(options.conversation or magics.conversation):
            if place is not None and turn.cell_id == place:
                # The cell still asks it, as far as the list of turns is concerned.
                magics.cells.add(turn.id, request)
        display(preview_bundle(preview), raw=True)  # type: ignore[no-untyped-call]  # IPython has no types here

    def _apply_settings(self, options: CellOptions) -> None:
        magics = self._magics
        magics.apply_settings()
        if options.server is None:
            magics.project_address.tell(magics.effective_settings(), magics.session.project)

    def _start(self, prompt: str, options: CellOptions, request: Request) -> Run:
        self._apply_settings(options)
        place = self._magics.cells.next_place(request)
        run = self._magics.session.start(prompt, cell_id=place, **_call(options))
        self._magics.cells.add(run.request.turn_id, request)
        return run

    def _panel(self, run: Run, options: CellOptions, request: Request) -> Panel:
        magics = self._magics
        return panel_for(
            run,
            live=self._live(request) if magics.live == "auto" else magics.live,
            show=options.show or magics.show,
            start=options.start or magics.start,
            is_rich=is_kernel(self._shell),
        )

    def _live(self, request: Request) -> Live:
        return detect_live(self._shell, request)

    def _finish(self, turn: Turn, options: CellOptions, panel: Panel) -> None:
        self._shell.user_ns["_qwq"] = turn
        if options.out:
            self._shell.user_ns[options.out] = turn
        panel.finish(turn, place=self._magics.session.conversations.place_of(turn))
        self._magics.autosave_now()


def _call(options: CellOptions) -> dict[str, Any]:
    """What the options say about the ask itself."""
    return {
        "server": options.server,
        "model": options.model,
        "conversation": options.conversation,
        "history": options.history,
        "fresh": options.fresh,
        "append": options.append,
        "system": options.system,
        "parameters": options.parameters,
    }


def _follow(run: Run, panel: Panel, interrupts: InterruptWatch) -> None:
    """Show each event of the stream, until it ends or the user has stopped it."""
    for event in run.events():
        if event is not None:
            panel.show_event(event)
        panel.tick()
        if interrupts.pressed:
            run.stop()
