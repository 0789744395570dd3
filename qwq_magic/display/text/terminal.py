"""The panel for plain IPython and pipes: dimmed reasoning, then the answer, as they stream.

Control sequences from the model are removed. Each write turns dimming off again, so that an
interrupt at any point cannot leave the terminal dimmed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol, assert_never

from qwq_magic.display.captions import analysed, loop_advice
from qwq_magic.display.panel import Show, Start
from qwq_magic.display.text.encoding import encodable
from qwq_magic.display.text.whole_turn import closing_lines
from qwq_magic.display.turn_view import TurnView
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    LogprobsReported,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    UsageReported,
)
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import ControlStripper, one_line
from qwq_magic.reasoning import LoopDetector
from qwq_magic.turns import Turn

_FLUSH_S = 0.05
_DIM, _RESET = "\x1b[2m", "\x1b[0m"
_KINDS: Final = {"reasoning": "the reasoning", "answer": "the answer"}


class TextStream(Protocol):
    """A stream a panel can write to, such as `sys.stdout`."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class TerminalPanel:
    """Writes a turn to a text stream; no escape sequences unless `is_tty`."""

    def __init__(
        self,
        *,
        stream: TextStream,
        is_tty: bool,
        model: str,
        server: str,
        conversation: str,
        show: Show,
        start: Start,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._flush_due_s = clock()
        self._is_tty = is_tty
        self._origin = " · ".join(part for part in (model, server, conversation) if part)
        # A terminal cannot open closed reasoning later, so it is not written.
        self._is_reasoning_shown = show != "answer" and start != "closed"
        self._is_answer_shown = show != "reasoning"
        self._stripper = ControlStripper()
        self._loop_detector = LoopDetector()
        self._is_advised = False
        self._pane: Literal["none", "reasoning", "answer"] = "none"
        self._is_pane_empty = True
        self._trailing_newlines = 2
        # Text that is not shown, unless it turns out to be of the other kind.
        self._hidden: list[str] = []

    def open(self) -> None:
        if self._is_tty:
            self._quiet_line(f"Asking {self._origin}")
        self._stream.flush()

    def show_event(self, event: Event) -> None:
        match event:
            case ReasoningDelta(text):
                self._enter("reasoning")
                self._show(text, is_dim=True, is_shown=self._is_reasoning_shown)
                self._advise(text)
            case AnswerDelta(text):
                self._enter("answer")
                self._show(text, is_dim=False, is_shown=self._is_answer_shown)
                self._advise(text)
            case AnswerBecameReasoning():
                self._reclassify("reasoning")
            case ReasoningBecameAnswer():
                self._reclassify("answer")
            case Notice(text):
                # Some only report a fact to the turn.
                if text:
                    self._end_line()
                    self._quiet_line(text)
            case LogprobsReported() | UsageReported() | StreamFinished():
                pass
            case _:
                assert_never(event)

    def tick(self) -> None:
        # In a kernel each flush is a message.
        if self._clock() >= self._flush_due_s:
            self._flush_due_s = self._clock() + _FLUSH_S
            self._stream.flush()

    def finish(
        self,
        turn: Turn,
        *,
        place: TurnPosition | None,
        attempts: Sequence[Turn] = (),  # noqa: ARG002  # %qwq_memory attempts lists them
    ) -> None:
        self.end_text()
        for line in closing_lines(TurnView(turn, place)):
            self._write(f"{line}\n", is_dim=turn.complete)
        self._stream.flush()

    def end_text(self) -> None:
        """End the text with a blank line."""
        self._end_paragraph()
        self._stream.flush()

    def _enter(self, pane: Literal["reasoning", "answer"]) -> None:
        if pane == self._pane:
            return
        self._pane, self._is_pane_empty = pane, True
        self._hidden.clear()
        # Renewed, so that an unfinished control sequence of one text does not swallow the other.
        self._stripper = ControlStripper()
        self._end_paragraph()
        if pane == "reasoning":
            self._quiet_line("Reasoning" if self._is_reasoning_shown else "Reasoning …")
        elif not self._is_answer_shown:
            self._quiet_line("Answering …")

    def _show(self, text: str, *, is_dim: bool, is_shown: bool) -> None:
        if is_shown:
            self._delta(text, is_dim=is_dim)
        else:
            self._hidden.append(text)

    def _reclassify(self, pane: Literal["reasoning", "answer"]) -> None:
        """The text of the other pane belongs to this one; what is written cannot be moved."""
        if self._pane in (pane, "none"):
            return
        hidden = "".join(self._hidden)
        if not hidden:
            self._end_line()
            self._quiet_line(f"The text above is {_KINDS[pane]}.")
        is_shown = self._is_reasoning_shown if pane == "reasoning" else self._is_answer_shown
        if hidden and is_shown:
            self._enter(pane)
            self._delta(hidden, is_dim=pane == "reasoning")
        # The next text begins a pane, of whichever kind.
        self._pane = "none"
        self._hidden.clear()

    def _delta(self, text: str, *, is_dim: bool) -> None:
        text = self._stripper.feed(text)
        if self._is_pane_empty:
            text = text.lstrip("\n")
            self._is_pane_empty = not text
        self._write(text, is_dim=is_dim)

    def _advise(self, text: str) -> None:
        """Show advice, once, if the model is looping."""
        if self._is_advised:
            return
        loop = analysed(lambda: self._loop_detector.feed(text), otherwise=None)
        if advice := loop_advice(loop):
            self._is_advised = True
            self._end_line()
            self._quiet_line(advice)

    def _quiet_line(self, text: str) -> None:
        self._write(one_line(text), is_dim=True)
        self._write("\n")

    def _end_line(self) -> None:
        if not self._trailing_newlines:
            self._write("\n")

    def _end_paragraph(self) -> None:
        self._write("\n" * max(0, 2 - self._trailing_newlines))

    def _write(self, text: str, *, is_dim: bool = False) -> None:
        """Write text with a single call, so that dimming is always turned off again."""
        if not text:
            return
        bare = text.rstrip("\n")
        newlines = len(text) - len(bare)
        self._trailing_newlines = newlines if bare else self._trailing_newlines + newlines
        text = encodable(text, self._stream)
        self._stream.write(f"{_DIM}{text}{_RESET}" if is_dim and self._is_tty else text)
