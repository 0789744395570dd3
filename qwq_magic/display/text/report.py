"""A report: a verdict, and sections that fill in as they come.

Others may have written what it says, so it is shown as text and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from qwq_magic.display.saved.text import escape_span
from qwq_magic.display.tables import Table
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
