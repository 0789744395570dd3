"""A report: a status line, and sections that are filled in one after another.

A report may quote servers and files, so everything in it is shown as plain text. A notebook
updates the whole report in place; a terminal gets each section once, when it is done, and the
final status at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.tables import Table
from qwq_magic.display.text.encoding import encodable
from qwq_magic.display.text.terminal import TextStream
from qwq_magic.plain_text import one_line, well_formed

Status: TypeAlias = Literal["running", "ok", "failed", "stopped"]

_MARKS: dict[Status, str] = {"running": "…", "ok": "✓", "failed": "✗", "stopped": "■"}


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """The result in a sentence or two; `progress`, such as `3 s`, is for a running report."""

    state: Status
    text: str
    progress: str = ""

    def plain(self) -> str:
        return one_line(well_formed(f"{_MARKS[self.state]} {self.text}"))

    def with_progress(self) -> ReportStatus:
        return ReportStatus(self.state, f"{self.text} {self.progress}".rstrip())

    def markdown(self) -> str:
        return f"**{_MARKS[self.state]}** {escape_span(self.text)}"


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report; until it is done, its lines describe what is in progress."""

    title: str
    table: Table | None = None
    lines: tuple[str, ...] = ()
    is_done: bool = True

    def plain(self, *, width: int) -> str:
        table = [] if self.table is None else [self.table.plain(width=width)]
        lines = (one_line(well_formed(line)) for line in self.lines)
        return "\n".join((self.title, *table, *lines))

    def markdown(self) -> str:
        table = [] if self.table is None else [self.table.markdown()]
        return "\n\n".join(
            (f"**{escape_span(self.title)}**", *table, *map(escape_span, self.lines))
        )


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report, or its known parts while it is running."""

    status: ReportStatus
    sections: tuple[Section, ...]
    is_last: bool = False

    @property
    def is_ok(self) -> bool:
        return self.status.state == "ok"

    def plain(self, *, width: int) -> str:
        sections = (section.plain(width=width) for section in self.sections)
        return "\n\n".join((self.status.plain(), *sections))

    def markdown(self) -> str:
        """Return the status and the sections, for a notebook that updates them in place."""
        status = self.status.with_progress().markdown()
        return "\n\n".join((status, *(section.markdown() for section in self.sections)))


class ReportLines:
    """Writes the new parts of successive reports to a stream, each part once."""

    def __init__(self, stream: TextStream, *, width: int) -> None:
        self._stream = stream
        self._width = width
        self._written: set[str] = set()
        self._running_text = ""

    def show(self, report: Report) -> None:
        for section in report.sections:
            if section.is_done and section.title not in self._written:
                self._written.add(section.title)
                self._write(f"{section.plain(width=self._width)}\n\n")
        if report.is_last:
            self._write(f"{report.status.plain()}\n")
        elif report.status.state == "running" and report.status.text != self._running_text:
            # Progress is omitted, since a stream cannot overwrite it.
            self._running_text = report.status.text
            self._write(f"{report.status.plain()}\n\n")

    def _write(self, text: str) -> None:
        self._stream.write(encodable(text, self._stream))
        self._stream.flush()
