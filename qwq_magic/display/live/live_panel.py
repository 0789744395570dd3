"""The live panel of a turn: its panes while it streams, then its final output.

One thread at a time calls everything here, except the Stop handler. Text is sent in frames:
the first delta at once, then at most one message per pane every 50 ms. A message costs half a
kilobyte, and when thousands are sent per second, some are silently lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, assert_never

from IPython.display import DisplayHandle
from ipywidgets import Layout, VBox, Widget  # type: ignore[import-untyped]  # it ships no types

from qwq_magic.display.captions import analysed, loop_advice
from qwq_magic.display.live.panes import (
    AnswerPane,
    LiveState,
    ReasoningPane,
    StatusLine,
    widget_bundle,
)
from qwq_magic.display.panel import Show, Start
from qwq_magic.display.saved.bundle import TURN_MIME, final_bundle
from qwq_magic.display.saved.step_records import LiveRecords
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    LogprobsReported,
    Notice,
    ReasoningBecameAnswer,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import well_formed
from qwq_magic.reasoning import LoopDetector
from qwq_magic.session.run import Run
from qwq_magic.turns import Prefix, State, Turn

_Kind: TypeAlias = Literal["reasoning", "answer"]
_STATES: Final[dict[_Kind, LiveState]] = {"reasoning": "reasoning", "answer": "answering"}

FRAME_S: Final = 0.05
_USAGE_S: Final = 0.5
_LOOP_S: Final = 0.5


class FrameBuffer:
    """Deltas waiting to be sent to one pane; the clock is an argument."""

    def __init__(self, interval_s: float = FRAME_S) -> None:
        self._interval_s = interval_s
        self._deltas: list[str] = []
        self._due_s: float | None = None

    def append(self, text: str) -> None:
        if text:
            self._deltas.append(text)

    def take(self, now_s: float) -> str:
        """Remove and return the text of the next frame; "" if none is due at `now_s`."""
        if not self._deltas or (self._due_s is not None and now_s < self._due_s):
            return ""
        self._due_s = now_s + self._interval_s
        return self.take_rest()

    def take_rest(self) -> str:
        """Remove and return all remaining text, even if no frame is due."""
        text = "".join(self._deltas)
        self._deltas.clear()
        return text


def run_actions(run: Run) -> dict[str, Callable[[], None]]:
    """Return what the buttons of the header do to a run, by the name in header_buttons.js."""
    return {"answer_now": run.answer_now, "stop": run.stop}


class LivePanel:
    """Shows the events of a turn as they arrive, then replaces them with its final output."""

    def __init__(
        self,
        turn_id: str,
        *,
        model: str,
        server: str,
        conversation: str,
        show: Show = "both",
        start: Start = "auto",
        actions: Mapping[str, Callable[[], None]],
        interrupts: bool = True,
        prefix: Prefix | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a panel; `open` displays it.

        Args:
            turn_id: the id of the turn.
            model: shown in the status line.
            server: shown in the status line.
            conversation: shown in the status line.
            show: which texts are shown.
            start: whether the reasoning is initially open.
            actions: what each button of the header does, called from any thread; see
                `run_actions`.
            interrupts: whether an unanswered Stop may interrupt the kernel.
            prefix: the text that the reply is given to begin with.
            clock: seconds on a monotonic clock.
        """
        self._clock = clock
        self._show = show
        self._start = start
        began_s = clock()
        given = prefix or Prefix()
        # All widgets share one layout: each extra one would be another model to synchronise.
        self._layout = Layout()
        self.status = StatusLine(
            turn_id,
            elapsed=lambda: clock() - began_s,
            actions=actions,
            layout=self._layout,
            model_name=well_formed(" · ".join(filter(None, (model, server)))),
            conversation=well_formed(conversation),
            interrupts=interrupts,
        )
        self.reasoning = (
            ReasoningPane(
                turn_id,
                start=start,
                footer=show == "reasoning",
                given=len(given.reasoning),
                layout=self._layout,
            )
            if show != "answer"
            else None
        )
        self.answer = (
            AnswerPane(turn_id, given=len(given.answer), layout=self._layout)
            if show != "reasoning"
            else None
        )
        self._buffers = {
            pane: FrameBuffer() for pane in (self.reasoning, self.answer) if pane is not None
        }
        # What stays in its pane, whatever the text after it turns out to be.
        self._begun: dict[_Kind, str] = {"reasoning": given.reasoning, "answer": given.answer}
        # Either may turn out to be the other, also where only one of them has a pane.
        self._texts: dict[_Kind, list[str]] = {"reasoning": [], "answer": []}
        self._loop_detector = LoopDetector()
        self._loop_check_due_s = 0.0
        self._records: LiveRecords | None = LiveRecords()
        self._notices: list[str] = []
        self._usage: Usage | None = None
        self._usage_due_s = 0.0
        self._box: VBox | None = None
        self._handle: DisplayHandle | None = None

    def open(self) -> None:
        """Display the panes in the running cell's output."""
        children = [self.status, *self._buffers]
        self._box = VBox(children, layout=self._layout, _dom_classes=("qwq-panel",))
        texts = {"text/plain": f"{self.status.model_name} is thinking …"}
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]  # IPython's has no types
        self._handle.display(widget_bundle(self._box.model_id, texts), raw=True)  # type: ignore[no-untyped-call]
        for kind, text in self._begun.items():
            pane = self._pane_of(kind)
            if pane is not None and text:
                self._send(pane, text, at_s=self._clock())

    def show_event(self, event: Event) -> None:
        """Show one event; text may be held until the next frame."""
        match event:
            case ReasoningDelta(text):
                self._show_text("reasoning", text)
            case AnswerDelta(text):
                self._show_text("answer", text)
            case AnswerBecameReasoning():
                self._move_text("answer", "reasoning")
            case ReasoningBecameAnswer():
                self._move_text("reasoning", "answer")
            case UsageReported(usage):
                # Some servers report usage with every token, so `tick` limits the updates.
                self._usage = usage
            case Notice():
                self._show_notice(event)
            case LogprobsReported() | StreamFinished():
                pass  # `finish` shows the final state
            case _:
                assert_never(event)

    def tick(self) -> None:
        """Send the frames and status updates that are due; called at least every 50 ms."""
        now_s = self._clock()
        for pane, buffer in self._buffers.items():
            if text := buffer.take(now_s):
                self._send(pane, text, at_s=now_s)
        if self._usage is not None and now_s >= self._usage_due_s:
            self.status.show_usage(self._usage)
            self._usage, self._usage_due_s = None, now_s + _USAGE_S
        if now_s >= self._loop_check_due_s:
            loop = analysed(lambda: self._loop_detector.loop, otherwise=None)
            self.status.show_advice(loop_advice(loop))
            self._loop_check_due_s = now_s + _LOOP_S

    def finish(
        self, turn: Turn, *, place: TurnPosition | None, attempts: Sequence[Turn] = ()
    ) -> None:
        """Replace the panes with the final output and close them."""
        try:
            bundle = final_bundle(
                turn, place=place, show=self._show, start=self._start, attempts=attempts
            )
        except Exception:
            # The panes stay, since they hold the whole text, but show that the turn has ended.
            self.end(turn.state)
            raise
        self.give_way_to(bundle)

    def give_way_to(self, bundle: dict[str, Any]) -> None:
        """Replace the panes with this bundle and close them."""
        self.end(bundle[TURN_MIME]["state"])
        # Replaced before the widgets close: a page shows an error for a closed widget.
        if self._handle is not None:
            self._handle.update(bundle, raw=True)  # type: ignore[no-untyped-call]
        self.close()

    def end(self, state: State) -> None:
        """Send the remaining text and the final state."""
        self._send_rest()
        self.status.show_state(state)

    def close(self) -> None:
        """Close every widget of the panel, so that no comm stays open."""
        widgets: list[Widget] = [self.status, *self._buffers, self._layout]
        if self._box is not None:
            widgets.append(self._box)
        for widget in widgets:
            widget.close()

    def _show_notice(self, notice: Notice) -> None:
        if notice.way:
            self._keep_texts()
        if notice.text:
            self._notices.append(notice.text)
            self.status.show_notices(self._notices)
        if notice.wait_s:
            self.status.count_down(notice.wait_s)

    def _keep_texts(self) -> None:
        """The reply goes on from the text so far, which stays where it is."""
        for kind, texts in self._texts.items():
            self._begun[kind] += "".join(texts)
            texts.clear()

    def _pane_of(self, kind: _Kind) -> ReasoningPane | AnswerPane | None:
        return self.reasoning if kind == "reasoning" else self.answer

    def _move_text(self, source: _Kind, target: _Kind) -> None:
        """All text of one pane belongs to the other, and moves there at once."""
        self._send_rest()
        text = "".join(self._texts[source])
        self._texts[source] = []
        self._texts[target].append(text)
        pane, other = self._pane_of(source), self._pane_of(target)
        if source == "reasoning":
            self._records = LiveRecords()
        if pane is not None:
            pane.clear()
            if begun := self._begun[source]:
                self._send(pane, begun, at_s=self._clock())
        self.status.show_state(_STATES[target])
        if other is not None and text:
            self._send(other, text, at_s=self._clock())

    def _show_text(self, kind: _Kind, text: str) -> None:
        if not text:
            return
        pane, state = self._pane_of(kind), _STATES[kind]
        self._texts[kind].append(text)
        # One detector reads both texts, since the reasoning or the answer may loop.
        analysed(lambda: self._loop_detector.feed(text), otherwise=None)
        # The state only moves forward, or a model that alternates would cost many messages.
        if self.status.state != state and self.status.state != "answering":
            self._send_rest()
            self.status.show_state(state)
        if pane is None:
            return
        buffer = self._buffers[pane]
        buffer.append(text)
        now_s = self._clock()
        if frame := buffer.take(now_s):
            self._send(pane, frame, at_s=now_s)

    def _send_rest(self) -> None:
        """Send the text held for the next frame, so that reasoning precedes the answer."""
        now_s = self._clock()
        for pane, buffer in self._buffers.items():
            if text := buffer.take_rest():
                self._send(pane, text, at_s=now_s)

    def _send(self, pane: ReasoningPane | AnswerPane, text: str, *, at_s: float) -> None:
        match pane:
            case ReasoningPane():
                pane.append(text, steps=self._settled_steps(text, at_s))
            case AnswerPane():
                pane.append(text)
            case _:
                assert_never(pane)

    def _settled_steps(self, text: str, at_s: float) -> str:
        if self._records is None:
            return ""
        self._records.append(text, at_s=at_s)
        settled = analysed(self._records.take, otherwise=None)
        if settled is None:
            # Records hold lengths, so after a gap all later ones would be misplaced.
            self._records = None
        return settled or ""
