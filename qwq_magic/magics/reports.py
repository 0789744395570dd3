"""Output of the magics: Markdown for a notebook, plain text for a terminal.

A report that fills in updates one output in a notebook, and is printed section by section
in a terminal, where nothing printed can be changed.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from qwq_magic.display.text.encoding import encodable, encodable_bundle
from qwq_magic.magics.front_end import Live
from qwq_magic.magics.interrupts import InterruptWatch

if TYPE_CHECKING:
    from qwq_magic.display.tables import Table
    from qwq_magic.display.text.report import Report


def show_reports(
    reports: Generator[Report, None, None],
    *,
    stopped: Callable[[], Report],
    live: Live,
    interrupts: InterruptWatch,
) -> None:
    """Show each report that differs from the previous one, until the last or an interrupt.

    On an interrupt, the report that `stopped` returns is shown last.
    """
    show = _shower(live)
    shown = None
    # An interrupt leaves the loop early, and closing ends the requests that are under way.
    with closing(reports):
        for report in reports:
            # In a notebook every update is a message, and reports come many times a second.
            if report != shown:
                show(report)
                shown = report
            if interrupts.pressed and not report.is_last:
                show(stopped())
                return


def _shower(live: Live) -> Callable[[Report], None]:
    if live == "text":
        from qwq_magic.display.text.report import ReportLines

        return ReportLines(sys.stdout, width=_columns()).show
    return _Output(updates=live == "widgets").show


class _Output:
    """One output of the cell; without `updates` it shows only the last report."""

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


def show(table: Table | None, lines: Iterable[str]) -> None:
    """Show a table and lines of text; markup in either is escaped."""
    from qwq_magic.display.saved.text import escape_span, readable

    lines = [readable(line) for line in lines]
    columns = shutil.get_terminal_size((100, 24)).columns
    markdown = [*([table.markdown()] if table else []), *map(escape_span, lines)]
    plain = [*([table.plain(width=columns)] if table else []), *lines]
    show_bundle({"text/markdown": "\n\n".join(markdown), "text/plain": "\n".join(plain)})


def write_line(text: str) -> None:
    """A line of text on the standard output, in its encoding."""
    sys.stdout.write(f"{encodable(text, sys.stdout)}\n")


def show_bundle(bundle: Mapping[str, object]) -> None:
    """Show a MIME bundle in the running cell."""
    from IPython.display import display

    display(encodable_bundle(bundle, sys.stdout), raw=True)  # type: ignore[no-untyped-call]  # IPython has no types here
