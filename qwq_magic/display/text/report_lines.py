"""A report as lines: each section when it is done, and the verdict at the end."""

from __future__ import annotations

from qwq_magic.display.text.report import Report
from qwq_magic.display.text.terminal import TextStream


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
