"""A report: a verdict, and sections that fill in as they come.

Others may have written what it says, so it is shown as text and nothing else.

A report as lines: each section when it is done, and the verdict at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.tables import Table
from qwq_magic.display.text.terminal import TextStream
from qwq_magic.plain_text import one_line, well_formed

State: TypeAlias = Literal["asking", "well", "ill", "stopped"]

_MARKS: dict[State, str] = {"asking": "…", "well": "✓", "ill": "✗", "stopped": "■"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it, in a sentence or two; `progress` is how far it has come."""

    state: State
    said: str
    progress: str = ""

    def plain(self) -> str:
        return one_line(well_formed(f"{_MARKS[self.state]} {self.said}"))

    def with_progress(self) -> Verdict:
        return Verdict(self.state, f"{self.said} {self.progress}".rstrip())

    def markdown(self) -> str:
        return f"**{_MARKS[self.state]}** {escape_span(self.said)}"


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

    verdict: Verdict
    sections: tuple[Section, ...]
    is_last: bool = False

    @property
    def is_well(self) -> bool:
        return self.verdict.state == "well"

    def plain(self, *, width: int) -> str:
        sections = (section.plain(width=width) for section in self.sections)
        return "\n\n".join((self.verdict.plain(), *sections))

    def markdown(self) -> str:
        """The verdict first: a notebook can write it anew."""
        verdict = self.verdict.with_progress().markdown()
        return "\n\n".join((verdict, *(section.markdown() for section in self.sections)))


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
            self._write(f"{report.verdict.plain()}\n")
        elif report.verdict.state == "asking" and report.verdict.said != self._asking:
            # How long it has taken so far is for those who can write over it.
            self._asking = report.verdict.said
            self._write(f"{report.verdict.plain()}\n\n")

    def _write(self, text: str) -> None:
        # A terminal of another encoding must not end it.
        self._stream.write(text.encode(self._encoding, "replace").decode(self._encoding))
        self._stream.flush()
