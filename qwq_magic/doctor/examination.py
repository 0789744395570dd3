"""One examination by the doctor: a sequence of reports, each more complete than the last.

The test prompt and the search for local servers run at the same time on the event loop that
streams use, so the caller can stop after any report.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, TypeAlias

from qwq_magic.display.text.report import Report, ReportStatus, Section
from qwq_magic.doctor.clean_text import CleanText
from qwq_magic.doctor.first_text import check_model
from qwq_magic.doctor.local_section import lines_to_type, local_section, searching_section
from qwq_magic.doctor.settings_section import resolved, settings_section, versions_section
from qwq_magic.session import Session
from qwq_magic.session.loops import LOOP_THREAD
from qwq_magic.settings import Settings
from qwq_magic.settings.layers import Layer
from qwq_magic.settings.presets import DEMO, usual_addresses

if TYPE_CHECKING:
    from qwq_magic.client import LocalServer

_Reports: TypeAlias = Generator[Report, None, None]
_Search: TypeAlias = "concurrent.futures.Future[tuple[LocalServer, ...]]"

# A report is yielded this often, and only between two reports can the caller stop.
_TICK_S = 0.05
_NO_MODEL = "No model is set up: cells replay the demo's recordings."
_FIRST_STEPS = (
    "Type %qwq_login and the name of a server, such as %qwq_login dashscope, or start a server "
    "on this machine."
)


class Examination:
    """Examines a session and produces the reports.

    Args:
        session: the session to examine.
        effective: its settings in effect with their sources.
        front_end: the section about the front end.
        fault: an error in the settings. No prompt can be sent with it, so none is tested.
        notes: lines below the settings.
        environ: the environment variables.
        addresses: the base URLs to search for local servers; None for the usual ones.
    """

    def __init__(
        self,
        session: Session,
        effective: Layer,
        *,
        front_end: Section,
        fault: str = "",
        notes: tuple[str, ...] = (),
        environ: Mapping[str, str] = os.environ,
        addresses: Sequence[str] | None = None,
    ) -> None:
        self._session = session
        self._effective = effective
        self._front_end = front_end
        self._fault = fault
        self._notes = notes
        self._environ = environ
        self._addresses = usual_addresses() if addresses is None else addresses
        self._clean = CleanText(environ, session.keys)
        found = resolved(session, environ)
        self._in_use = (found.base_url, found.model) if isinstance(found, Settings) else ("", "")
        self._is_demo = isinstance(found, Settings) and found.server == DEMO.name
        self._status = ReportStatus("running", "Checking …")
        self._local = searching_section(self._addresses)
        self._steering: tuple[Section, ...] = ()
        self._rest: tuple[Section, ...] = ()

    def reports(self) -> _Reports:
        """Yield the reports, the first one at once; closing the iterator stops all checks."""
        yield self._report()
        # The first report does not wait for these, which read files and the metadata of packages.
        self._rest = (
            settings_section(self._session, self._effective, self._environ, notes=self._notes),
            self._front_end,
            versions_section(),
        )
        yield self._report()
        # Importing the client takes 230 ms. It happens after the first reports, and before the
        # model's response time is measured.
        from qwq_magic.client import find_local_servers

        self._add_steering()
        search = asyncio.run_coroutine_threadsafe(
            find_local_servers(self._addresses), LOOP_THREAD.loop()
        )
        try:
            yield from self._test(search)
            # The test prompt has chosen the model, if none is named.
            settings = settings_section(
                self._session, self._effective, self._environ, notes=self._notes
            )
            self._rest = (settings, *self._rest[1:])
            self._add_steering()
            while not search.done():
                concurrent.futures.wait([search], timeout=_TICK_S)
                yield self._report()
            self._add_local(search)
            yield self._report(is_last=True)
        finally:
            search.cancel()

    def stopped(self) -> Report:
        """Return the report so far as the last one, for a caller that stops early."""
        if self._status.state == "running":
            self._status = ReportStatus("stopped", "Stopped before a model answered.")
        if not self._local.is_done:
            self._local = Section(self._local.title, lines=("Stopped.",))
        return self._report(is_last=True)

    def _test(self, search: _Search) -> _Reports:
        """Yield reports while the model is tested; add local servers once they are found."""
        if self._fault or self._is_demo:
            text = self._fault or f"{_NO_MODEL} {_FIRST_STEPS}"
            self._status = ReportStatus("failed", self._clean.line(text, most_bytes=2_000))
            yield self._report()
            return
        # A caller that stops must end the request at once, not when the generator is collected.
        with closing(check_model(self._session)) as statuses:
            for status in statuses:
                text = self._clean.line(status.text, most_bytes=2_000)
                self._status = ReportStatus(status.state, text, status.progress)
                # A local server is worth showing while a large model is still loading.
                if search.done() and not self._local.is_done:
                    self._add_local(search)
                yield self._report()

    def _add_steering(self) -> None:
        # Imported late, as it needs the client.
        from qwq_magic.doctor.steering_section import steering_section

        found = resolved(self._session, self._environ)
        if isinstance(found, Settings) and not self._fault:
            self._steering = (steering_section(found),)

    def _add_local(self, search: _Search) -> None:
        servers = search.result()
        self._local = local_section(
            servers, self._addresses, in_use=self._in_use, clean=self._clean
        )
        lines = next((lines for server in servers if (lines := lines_to_type(server))), ())
        if self._is_demo and lines and not self._fault:
            self._status = ReportStatus("failed", f"{_NO_MODEL} Type: {'; '.join(lines)}")

    def _report(self, *, is_last: bool = False) -> Report:
        settings, others = self._rest[:1], self._rest[1:]
        local = (self._local,) if settings else ()
        return Report(self._status, (*settings, *self._steering, *local, *others), is_last)
