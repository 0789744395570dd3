"""A batch in a terminal: one line that is rewritten while it streams, then what came of it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from typing import Final

from qwq_magic.batch import Batch, Progress
from qwq_magic.display.batch_figures import BatchFigures, figures_of
from qwq_magic.display.saved.batch import batch_bundle
from qwq_magic.display.text.encoding import encodable, encodable_bundle
from qwq_magic.display.text.terminal import TextStream
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import one_line

_LINE_S: Final = 0.25
_CLEAR: Final = "\r\x1b[K"
_WIDTH: Final = 80

Places = Sequence[TurnPosition | None]


def progress_line(figures: BatchFigures, *, width: int) -> str:
    """Return `12 of 64 · 8 streaming · 812 tokens/s · ≈ 40 s left · 2 failed`.

    Parts at the end for which `width` has no room are left out.
    """
    # In order of importance, since a narrow terminal shows only the first ones.
    parts = [
        f"{figures.ended:,} of {figures.total:,}",
        f"{figures.running:,} streaming" if figures.running else "",
        f"{figures.failed:,} failed" if figures.failed else "",
        figures.notice,
        *figures.texts,
    ]
    from wcwidth import wcswidth  # needed only in a terminal

    line = ""
    for part in filter(None, map(one_line, parts)):
        longer = f"{line} · {part}" if line else part
        # A line that wraps could not be rewritten.
        if wcswidth(longer) > width:
            break
        line = longer
    return line


class BatchTerminal:
    """Writes the progress of a batch to a text stream; no line is rewritten unless `is_tty`."""

    def __init__(
        self,
        progress: Progress,
        *,
        stream: TextStream,
        is_tty: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = progress
        self._stream = stream
        self._is_tty = is_tty
        self._clock = clock
        self._due_s = clock()

    def open(self) -> None:
        self.tick()

    def tick(self) -> None:
        now_s = self._clock()
        if not self._is_tty or now_s < self._due_s:
            return
        # Faster changes cannot be read, and each write may be a message.
        self._due_s = now_s + _LINE_S
        # Asked each time, since the window may be resized.
        width = shutil.get_terminal_size((_WIDTH, 24)).columns - 1
        line = progress_line(figures_of(self._progress), width=width)
        self._stream.write(encodable(f"{_CLEAR}{line}", self._stream))
        self._stream.flush()

    def finish(self, batch: Batch, *, name: str = "batch", places: Places | None = None) -> None:
        self.end_line()
        text = str(batch_bundle(batch, name=name, places=places)["text/plain"])
        self._stream.write(encodable(f"{text}\n", self._stream))
        self._stream.flush()

    def abandon(self, _text: str = "") -> None:
        self.end_line()

    def end_line(self) -> None:
        """Remove the line, in whose place the result appears."""
        if self._is_tty:
            self._stream.write(_CLEAR)
            self._stream.flush()


class ProgressLine(BatchTerminal):
    """The progress alone, of a batch whose result is the value that a script goes on with."""

    def __init__(self, progress: Progress, *, stream: TextStream) -> None:
        super().__init__(progress, stream=stream, is_tty=True)

    def finish(self, batch: Batch, *, name: str = "batch", places: Places | None = None) -> None:
        del batch, name, places
        self.end_line()


class FinalBatch:
    """Displays the batch when it has ended; until then, `live`, if any, shows its progress."""

    def __init__(self, *, live: BatchTerminal | None = None) -> None:
        self._live = live

    def open(self) -> None:
        if self._live is not None:
            self._live.open()

    def tick(self) -> None:
        if self._live is not None:
            self._live.tick()

    def finish(self, batch: Batch, *, name: str = "batch", places: Places | None = None) -> None:
        import sys

        from IPython.display import display

        if self._live is not None:
            self._live.end_line()
        # A console prints the plain text as it is.
        bundle = encodable_bundle(batch_bundle(batch, name=name, places=places), sys.stdout)
        display(bundle, raw=True)  # type: ignore[no-untyped-call]  # IPython has no types here

    def abandon(self, _text: str = "") -> None:
        if self._live is not None:
            self._live.abandon()
