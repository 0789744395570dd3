"""A report: a status line, and sections that fill in as they come.

Others may have written what it says, so it is shown as text and nothing else.

A report as lines: each section when it is done, and the status at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.tables import Table
from qwq_magic.display.text.terminal import TextStream
from qwq_magic.plain_text import one_line, well_formed

Status: TypeAlias = Literal["running", "ok", "failed", "stopped"]

_MARKS: dict[Status, str] = {"running": "…", "ok": "✓", "failed": "✗", "stopped": "■"}


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """What came of it, in a sentence or two; `progress` is how far it has come."""

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
    """One part of a report; while it is not done, its lines say what is under way."""

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
    """The whole, as far as it is known."""

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
        """The status first: a notebook can write it anew."""
        status = self.status.with_progress().markdown()
        return "\n\n".join((status, *(section.markdown() for section in self.sections)))


class ReportLines:
    """Writes what is new in each report; nothing that was written is written again."""

    def __init__(self, stream: TextStream, *, width: int) -> None:
        self._stream = stream
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
        self._width = width
        self._written: set[str] = set()
        self._asking = ""

    def show(self, report: Report) -> None:
        for section in report.sections:
            if section.is_done and section.title not in self._written:
                self._written.add(section.title)
                self._write(f"{section.plain(width=self._width)}\n\n")
        if report.is_last:
            self._write(f"{report.status.plain()}\n")
        elif report.status.state == "running" and report.status.text != self._asking:
            # How long it has taken so far is for those who can write over it.
            self._asking = report.status.text
            self._write(f"{report.status.plain()}\n\n")

    def _write(self, text: str) -> None:
        # A terminal of another encoding must not end it.
        self._stream.write(text.encode(self._encoding, "replace").decode(self._encoding))
        self._stream.flush()
