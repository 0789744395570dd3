"""`%qwq_doctor`: the doctor's report in a notebook or a terminal, filling in as it comes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.choices import layer_of
from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.front_end import Request, current_request, detect_live, is_kernel
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.magics.options import CellOptions, parse_options
from qwq_magic.magics.qwq import QwqMagics
from qwq_magic.session import Session

if TYPE_CHECKING:
    from qwq_magic.doctor import Examination, Report, Section

_LIVE = {
    "widgets": "two panes that fill in",
    "text": "plain text",
    "none": "nothing: the final output alone",
}


@magics_class
class DoctorMagics(Magics):
    """What is set, what answers, and what to type next."""

    def __init__(self, shell: InteractiveShell, asking: QwqMagics) -> None:
        super().__init__(shell)
        self._shell = shell
        self._asking = asking

    @no_var_expand
    @line_magic
    def qwq_doctor(self, line: str) -> None:
        """Look at what is set, ask the model for one word, and look for servers on this machine.

            %qwq_doctor [-s SERVER] [-m MODEL]

        Nothing of it is remembered, and no key is shown. `python -m qwq_magic doctor` does
        the same outside a notebook.
        """
        from qwq_magic.doctor import Examination

        request = current_request(self._shell)
        with InterruptWatch() as interrupts:
            try:
                self._asking.apply_settings()
                options = _options(line)
                session = self._session(options)
            except ConfigurationError as error:
                raise UsageError(str(error)) from None
            here = layer_of(_chosen(options), "this line")
            examination = Examination(
                session,
                self._asking.effective_settings(here),
                front_end=self._front_end(request),
            )
            show = _shower(detect_live(self._shell, request))
            _follow(examination, show, lambda: interrupts.pressed)

    def _session(self, options: CellOptions) -> Session:
        """A session of the same settings; what is typed here is for this look alone."""
        own, asking = Session(), self._asking.session
        own.choices = asking.choices.override(**_chosen(options))
        own.keys, own.project = asking.keys, asking.project
        return own

    def _front_end(self, request: Request) -> Section:
        from qwq_magic.doctor import front_end_section

        is_in_terminal = not is_kernel(self._shell)
        return front_end_section(self._abilities(request), is_in_terminal=is_in_terminal)

    def _abilities(self, request: Request) -> Iterator[tuple[str, str]]:
        asked = self._asking.live
        live = detect_live(self._shell, request) if asked == "auto" else asked
        yield "while a reply streams", _LIVE[live]
        names = "named: a cell that runs again replaces its turn"
        yield "cells", names if request.cell_id else "not named: each ask adds a turn"
        kernel = getattr(self._shell, "kernel", None)
        if kernel is not None:
            has_subshells = getattr(kernel, "_supports_kernel_subshells", False)
            yield "subshells", "yes" if has_subshells else "no: ipykernel 7 has them"


def _options(line: str) -> CellOptions:
    options, rest = parse_options(line)
    if rest or options != CellOptions(server=options.server, model=options.model):
        raise ConfigurationError("Write %qwq_doctor [-s SERVER] [-m MODEL].")
    return options


def _chosen(options: CellOptions) -> dict[str, str]:
    chosen = {"server": options.server, "model": options.model}
    return {name: value for name, value in chosen.items() if value is not None}


def _follow(
    examination: Examination, show: Callable[[Report], None], is_stopped: Callable[[], bool]
) -> None:
    """Show each report that differs from the one before, until the last or a stop."""
    shown = None
    with closing(examination.reports()) as reports:
        for report in reports:
            if report != shown:
                show(report)
                shown = report
            if is_stopped():
                show(examination.stopped())
                return


def _shower(live: str) -> Callable[[Report], None]:
    if live == "text":
        from qwq_magic.doctor import ReportLines

        return ReportLines(sys.stdout, width=_columns()).show
    return _Output(updates=live == "widgets").show


class _Output:
    """One output of the cell, written anew; where that cannot be, written once."""

    def __init__(self, *, updates: bool) -> None:
        from IPython.display import DisplayHandle

        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]  # IPython has no types here
        self._updates = updates
        self._is_open = False

    def show(self, report: Report) -> None:
        if not (self._updates or report.is_last):
            return
        bundle = {"text/markdown": report.markdown(), "text/plain": report.plain(width=_columns())}
        write = self._handle.update if self._is_open else self._handle.display
        write(bundle, raw=True)  # type: ignore[no-untyped-call]  # IPython has no types here
        self._is_open = True


def _columns() -> int:
    return shutil.get_terminal_size((100, 24)).columns
