"""The lane of a batch that a reader has opened: the two panes of its turn, live."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from ipywidgets import Layout  # type: ignore[import-untyped]  # it ships no types

from qwq_magic.batch import Lane
from qwq_magic.display.captions import analysed
from qwq_magic.display.live.panes import AnswerPane, ReasoningPane
from qwq_magic.display.saved.step_records import LiveRecords
from qwq_magic.plain_text import well_formed

# Reading a long text that grows must not take more than a twentieth of the time.
_READING_SHARE: Final = 20


class OpenLane:
    """Sends the texts of one lane to its panes, at most one message each time."""

    def __init__(self, lane: Lane, *, layout: Layout, clock: Callable[[], float]) -> None:
        """Create the panes, with the text that has arrived so far."""
        self.lane = lane
        self._clock = clock
        self._texts = {"reasoning": "", "answer": ""}
        self._seen: object = None
        self._due_s = 0.0
        self._records = LiveRecords()
        prefix = lane.builder.request.prefix if lane.builder else lane.turn and lane.turn.prefix
        self.turn_id = _turn_id(lane)
        self.reasoning = ReasoningPane(
            self.turn_id,
            given=len(prefix.reasoning) if prefix else 0,
            layout=layout,
        )
        self.answer = AnswerPane(
            self.turn_id, given=len(prefix.answer) if prefix else 0, layout=layout
        )

    @property
    def is_elsewhere(self) -> bool:
        """Whether it streams in another process, from which only its last line arrives."""
        return self.lane.builder is None and self.lane.is_running

    def send_new(self) -> bool:
        """Send what has arrived of one of the texts; return whether there was anything."""
        lane, now_s = self.lane, self._clock()
        seen = (lane.characters, lane.state, lane.builder, lane.turn)
        # Most ticks bring nothing for this lane, and cost no reading of its text.
        if now_s < self._due_s or seen == self._seen:
            return False
        began = time.perf_counter()
        reasoning, answer = _texts_of(lane)
        # A text of a million characters takes milliseconds to join, again and again.
        self._due_s = now_s + _READING_SHARE * (time.perf_counter() - began)
        # First, since an answer that begins folds the reasoning above it.
        if reasoning != self._texts["reasoning"]:
            self._send_reasoning(reasoning, now_s)
        elif answer != self._texts["answer"]:
            self._send_answer(answer)
        else:
            self._seen = seen
            return False
        return True

    def close(self) -> None:
        """Close the panes, so that no comm stays open."""
        self.reasoning.close()
        self.answer.close()

    def _send_reasoning(self, text: str, now_s: float) -> None:
        shown, self._texts["reasoning"] = self._texts["reasoning"], text
        if not text.startswith(shown):
            # The reply began again, or what looked like its reasoning is its answer.
            self._records = LiveRecords()
            self.reasoning.clear()
            shown = ""
        new = text[len(shown) :]
        if new:
            self._records.append(new, at_s=now_s)
            self.reasoning.append(new, steps=analysed(self._records.take, otherwise=""))

    def _send_answer(self, text: str) -> None:
        shown, self._texts["answer"] = self._texts["answer"], text
        if not text.startswith(shown):
            self.answer.clear()
            shown = ""
        if text[len(shown) :]:
            self.answer.append(text[len(shown) :])


def _turn_id(lane: Lane) -> str:
    if lane.builder is not None:
        return lane.builder.request.turn_id
    return lane.turn.id if lane.turn is not None else f"lane {lane.index} {id(lane):x}"


def _texts_of(lane: Lane) -> tuple[str, str]:
    builder, turn = lane.builder, lane.turn
    if turn is not None:
        return well_formed(turn.reasoning), well_formed(turn.answer)
    # Both are read from the loop's thread, which may append meanwhile: a copy is made at once.
    return (builder.reasoning, builder.answer) if builder is not None else ("", "")
