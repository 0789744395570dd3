"""The panel of a batch: its lanes while they stream, then its final output.

The thread that runs the cell calls everything here, except the handlers of buttons. For the
whole batch, at most one message is sent every 50 ms, whatever its size.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, Protocol

from IPython.display import DisplayHandle
from ipywidgets import Layout  # type: ignore[import-untyped]  # it ships no types

from qwq_magic.batch import Batch, Progress
from qwq_magic.display.live.batch_pane import BatchPane
from qwq_magic.display.live.lane_frames import LaneFrames
from qwq_magic.display.live.live_panel import FRAME_S
from qwq_magic.display.live.open_lane import OpenLane
from qwq_magic.display.live.panes import widget_bundle
from qwq_magic.display.saved.batch import batch_bundle
from qwq_magic.memory import TurnPosition

# Lines that change more often cannot be read; the messages in between are those of an open lane.
_LANES_S: Final = 0.2

Places = Sequence[TurnPosition | None]
NOT_ENDED: Final = "The batch was not asked to its end."


class BatchDisplay(Protocol):
    """Shows a batch in any front end; one thread calls it."""

    def open(self) -> None:
        """Appear, before anything has arrived."""

    def tick(self) -> None:
        """Show what has changed; called at least every 50 ms."""

    def finish(self, batch: Batch, *, name: str = "batch", places: Places | None = None) -> None:
        """Become the final output.

        Args:
            batch: the batch that has ended.
            name: the variable that holds it, for the code that shows more of it.
            places: the position of each sample's turn in its conversation, None for those
                without.
        """

    def abandon(self, text: str = NOT_ENDED) -> None:
        """Disappear without a final output, and leave a line in its place."""


def batch_panel_for(
    live: Literal["widgets", "text", "none"],
    progress: Progress,
    actions: Mapping[str, Callable[[], None]],
    is_rich: bool,
) -> BatchDisplay:
    """Return what shows a batch.

    Args:
        live: how the front end shows a batch while it streams.
        progress: where it is.
        actions: what each button of the header does, called from any thread.
        is_rich: whether the front end may render more than plain text.
    """
    if live == "widgets":
        return BatchPanel(progress, actions=actions)
    # A terminal needs no widgets, and a notebook no terminal.
    from qwq_magic.display.text.batch_terminal import BatchTerminal, FinalBatch

    if live == "none":
        return FinalBatch()
    is_tty = sys.stdout.isatty()
    terminal = BatchTerminal(progress, stream=sys.stdout, is_tty=is_tty)
    return FinalBatch(live=terminal) if is_rich else terminal


class BatchPanel:
    """Shows a batch as it streams, then replaces the lanes with its final output."""

    def __init__(
        self,
        progress: Progress,
        *,
        actions: Mapping[str, Callable[[], None]],
        interrupts: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create a panel; `open` displays it.

        Args:
            progress: where the batch is.
            actions: what each button of the header does, called from any thread.
            interrupts: whether an unanswered Stop may interrupt the kernel.
            clock: seconds on a monotonic clock.
        """
        self._clock = clock
        self._progress = progress
        self._frames = LaneFrames(progress)
        # A batch may begin after its panel, which shows at once that something happens.
        self._lane_count = len(progress.lanes)
        self._layout = Layout()
        self._due_s = self._lanes_due_s = clock()
        self._opened: OpenLane | None = None
        self._handle: DisplayHandle | None = None
        self.batch_id = f"batch {uuid.uuid4().hex}"
        self.pane = BatchPane(
            self.batch_id,
            snapshot=self._snapshot,
            actions=actions,
            interrupts=interrupts,
            layout=self._layout,
        )

    def open(self) -> None:
        """Display the batch in the running cell's output."""
        # Often nothing has begun yet, so the number of samples is not known.
        texts = {"text/plain": "Samples are streaming …"}
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]  # IPython's has no types
        self._handle.display(widget_bundle(self.pane.model_id, texts), raw=True)  # type: ignore[no-untyped-call]

    def tick(self) -> None:
        """Send the message that is due, if any; called at least every 50 ms."""
        now_s = self._clock()
        if now_s < self._due_s:
            return
        # A click is answered in the next frame, whatever else is due.
        is_new = self._follow_reader()
        if is_new or now_s >= self._lanes_due_s:
            frame = self._frames.take(now_s)
            if frame or is_new:
                self._send_frame(frame)
                self._lanes_due_s, self._due_s = now_s + _LANES_S, now_s + FRAME_S
                return
        # Its text comes in between the frames, so that the number of messages stays the same.
        if self._opened is not None and self._opened.send_new():
            self._due_s = now_s + FRAME_S

    def finish(self, batch: Batch, *, name: str = "batch", places: Places | None = None) -> None:
        """Replace the lanes with the final output and close them."""
        self._send_rest()
        bundle = batch_bundle(batch, name=name, places=places, batch_id=self.batch_id)
        # Replaced before the widgets close: a page shows an error for a closed widget.
        if self._handle is not None:
            self._handle.update(bundle, raw=True)  # type: ignore[no-untyped-call]
        self.close()

    def close(self) -> None:
        """Close every widget of the panel, so that no comm stays open."""
        self._close_lane()
        self.pane.close()
        self._layout.close()

    def abandon(self, text: str = NOT_ENDED) -> None:
        """Close without a final output: nothing could be asked, or others show what came of it."""
        if self._handle is not None:
            self._handle.update({"text/plain": text}, raw=True)  # type: ignore[no-untyped-call]
        self.close()

    def _send_rest(self) -> None:
        """Show that the batch has ended: what follows reads all turns, which takes a moment."""
        if frame := self._frames.take(self._clock()):
            self._send_frame(frame)

    def _send_frame(self, frame: Mapping[str, Any]) -> None:
        if len(self._progress.lanes) != self._lane_count:
            # It has begun since the page read its snapshot.
            self._lane_count = len(self._progress.lanes)
            self.pane.send_snapshot()
            return
        # A frame that only opens a lane has no number of its own, so that none seems to be lost.
        number = {"number": self._frames.number}
        self.pane.send_frame({**number, **frame, "open": self._open_data()})

    def _snapshot(self) -> dict[str, Any]:
        return {"id": self.batch_id, **self._frames.snapshot(), "open": self._open_data()}

    def _open_data(self) -> dict[str, Any] | None:
        opened = self._opened
        if opened is None:
            return None
        return {
            "index": opened.lane.index,
            "turn_id": opened.turn_id,
            "panes": [opened.reasoning.model_id, opened.answer.model_id],
            "elsewhere": opened.is_elsewhere,
        }

    def _follow_reader(self) -> bool:
        """Open the lane that the reader wants to see; return whether another one is open now."""
        wanted, lanes = self.pane.wanted, self._progress.lanes
        # The number comes from a page, which may show another batch by now.
        lane = lanes[wanted] if wanted is not None and 0 <= wanted < len(lanes) else None
        if lane is (self._opened.lane if self._opened else None):
            return False
        self._close_lane()
        if lane is not None:
            self._opened = OpenLane(lane, layout=self._layout, clock=self._clock)
        return True

    def _close_lane(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
