"""`%qwq_doctor`: the doctor's report in a notebook or a terminal, filled in as checks finish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand

from qwq_magic.errors import ConfigurationError
from qwq_magic.magics.context import NotebookContext
from qwq_magic.magics.front_end import Request, current_request, detect_live, is_kernel
from qwq_magic.magics.interrupts import InterruptWatch
from qwq_magic.magics.options import CellOptions, parse_options
from qwq_magic.magics.reports import show_reports
from qwq_magic.session import Session
from qwq_magic.settings.layers import ChoiceOptions, layer_of

if TYPE_CHECKING:
    from qwq_magic.display.text.report import Section

_LIVE = {
    "widgets": "two panes that fill in",
    "text": "plain text",
    "none": "nothing; only the final output",
}


@magics_class
class DoctorMagics(Magics):
    """The doctor command."""

    def __init__(self, context: NotebookContext) -> None:
        super().__init__(context.shell)
        self._shell = context.shell
        self._context = context

    @no_var_expand
    @line_magic
    def qwq_doctor(self, line: str) -> None:
        """Show the settings, test the model with a short prompt, and find local servers.

            %qwq_doctor [-s SERVER] [-m MODEL]

        The test is not added to any conversation, and no key is shown.
        `python -m qwq_magic doctor` does the same outside a notebook.
        """
        from qwq_magic.doctor import Examination

        request = current_request(self._shell)
        context, fault = self._context, ""
        with InterruptWatch() as interrupts:
            try:
                options = _options(line)
                session = self._session(options)
            except ConfigurationError as error:
                raise UsageError(str(error)) from None
            # With an invalid setting, the session from before is examined and the fault reported.
            try:
                context.apply_settings()
                session = self._session(options)
            except ConfigurationError as error:
                fault = str(error)
            overrides = layer_of(_chosen(options), "this line")
            examination = Examination(
                session,
                context.effective_settings(overrides),
                front_end=self._front_end(request),
                fault=fault,
                notes=tuple(context.settings.unknown_variables()),
            )
            show_reports(
                examination.reports(),
                stopped=examination.stopped,
                live=detect_live(self._shell, request),
                interrupts=interrupts,
            )

    def _session(self, options: CellOptions) -> Session:
        """Return a separate session with the same settings, overridden by the options."""
        own, session = Session(), self._context.session
        own.choices = session.choices.override(**_chosen(options))
        own.keys, own.project = session.keys, session.project
        return own

    def _front_end(self, request: Request) -> Section:
        from qwq_magic.doctor import front_end_section

        is_in_terminal = not is_kernel(self._shell)
        return front_end_section(self._abilities(request), is_in_terminal=is_in_terminal)

    def _abilities(self, request: Request) -> Iterator[tuple[str, str]]:
        setting = self._context.settings.live
        live = detect_live(self._shell, request) if setting == "auto" else setting
        yield "while a reply streams", _LIVE[live]
        has_ids = "identified: running a cell again replaces its turn"
        yield "cells", has_ids if request.cell_id else "not identified: each prompt adds a turn"
        kernel = getattr(self._shell, "kernel", None)
        if kernel is not None:
            # Private, and missing before ipykernel 7.
            has_subshells = getattr(kernel, "_supports_kernel_subshells", False)
            yield "subshells", "yes" if has_subshells else "no: they need ipykernel 7"


def _options(line: str) -> CellOptions:
    options, rest = parse_options(line)
    if rest or options != CellOptions(server=options.server, model=options.model):
        raise ConfigurationError("Unexpected arguments. Use %qwq_doctor [-s SERVER] [-m MODEL].")
    return options


def _chosen(options: CellOptions) -> ChoiceOptions:
    chosen = ChoiceOptions()
    if options.server is not None:
        chosen["server"] = options.server
    if options.model is not None:
        chosen["model"] = options.model
    return chosen
