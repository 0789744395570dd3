"""An examination: reports that fill in, from one that is there at once to the whole.

The request and the look at this machine go on at the same time, on the loop that streams
run on, so whoever takes the reports can stop at any of them.
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
from qwq_magic.doctor.first_text import ask
from qwq_magic.doctor.local_section import lines_to_type, local_section, looking_section
from qwq_magic.doctor.settings_section import resolved, settings_section, versions_section
from qwq_magic.session import Session
from qwq_magic.session.loops import LOOP_THREAD
from qwq_magic.settings import Settings
from qwq_magic.settings.layers import Layer
from qwq_magic.settings.presets import DEMO, usual_addresses

if TYPE_CHECKING:
    from qwq_magic.client import LocalServer

_Reports: TypeAlias = Generator[Report, None, None]
_Looking: TypeAlias = "concurrent.futures.Future[tuple[LocalServer, ...]]"

_TICK_S = 0.05
_NO_MODEL = "No model is set up: cells replay the recordings of the demo."
_FIRST_STEPS = (
    "Type %qwq_login with the name of a server, such as dashscope or openrouter, or start a "
    "server on this machine."
)


class Examination:
    """Looks at a session, as `effective` settings made it; `front_end` is what its shell can.

    With a `fault` in the settings no prompt would be sent, and so nothing is asked.
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
        self._status = ReportStatus("running", "Looking …")
        self._local = looking_section(self._addresses)
        self._rest: tuple[Section, ...] = ()

    def reports(self) -> _Reports:
        """The first at once; closing the iterator stops what is under way."""
        yield self._report()
        self._rest = (
            settings_section(self._session, self._effective, self._environ, notes=self._notes),
            self._front_end,
            versions_section(),
        )
        yield self._report()
        # Imported late, since it costs 230 ms; and here, so that the model's time is its own.
        from qwq_magic.client import find_local_servers

        looking = asyncio.run_coroutine_threadsafe(
            find_local_servers(self._addresses), LOOP_THREAD.loop()
        )
        try:
            yield from self._ask(looking)
            while not looking.done():
                concurrent.futures.wait([looking], timeout=_TICK_S)
                yield self._report()
            self._take(looking)
            yield self._report(is_last=True)
        finally:
            looking.cancel()

    def stopped(self) -> Report:
        """The report as it stands, for whoever will take no further one."""
        if self._status.state == "running":
            self._status = ReportStatus("stopped", "Stopped before a model answered.")
        if not self._local.is_done:
            self._local = Section(self._local.title, lines=("Stopped.",))
        return self._report(is_last=True)

    def _ask(self, looking: _Looking) -> _Reports:
        if self._fault or self._is_demo:
            said = self._fault or f"{_NO_MODEL} {_FIRST_STEPS}"
            self._status = ReportStatus("failed", self._clean.line(said, most_bytes=2_000))
            yield self._report()
            return
        with closing(ask(self._session)) as statuses:
            for status in statuses:
                said = self._clean.line(status.text, most_bytes=2_000)
                self._status = ReportStatus(status.state, said, status.progress)
                if looking.done() and not self._local.is_done:
                    self._take(looking)
                yield self._report()

    def _take(self, looking: _Looking) -> None:
        servers = looking.result()
        self._local = local_section(
            servers, self._addresses, in_use=self._in_use, clean=self._clean
        )
        lines = next((lines for server in servers if (lines := lines_to_type(server))), ())
        if self._is_demo and lines and not self._fault:
            self._status = ReportStatus("failed", f"{_NO_MODEL} Type: {'; '.join(lines)}")

    def _report(self, *, is_last: bool = False) -> Report:
        settings, others = self._rest[:1], self._rest[1:]
        local = (self._local,) if settings else ()
        return Report(self._status, (*settings, *local, *others), is_last)
