"""What a frame of a live batch holds: its figures, and the lanes that have changed.

A frame is bounded, however many replies stream: what does not fit follows in the next one, and
the lanes whose last line has waited longest come first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from qwq_magic.batch import Lane, Progress
from qwq_magic.batch.progress import LaneState
from qwq_magic.display.batch_figures import BatchFigures, figures_of
from qwq_magic.display.batch_groups import groups_of
from qwq_magic.display.batch_lanes import changing_fields, lane_record, models_of, row_labels
from qwq_magic.plain_text import well_formed

FRAME_BYTES: Final = 16_000
# What a record takes besides its line, about.
_AROUND_A_LINE: Final = 120
# Figures that change more often cannot be read.
_FIGURES_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """What was last sent of a lane that streams."""

    state: LaneState
    characters: int
    frame: int


class LaneFrames:
    """Collects what a page does not know yet; one thread calls `take`, any thread `snapshot`."""

    def __init__(self, progress: Progress) -> None:
        self.number = 0
        self._progress = progress
        self._ended = 0
        self._spared: set[int] = set()
        self._sent: dict[int, _Sent] = {}
        self._began_s: dict[int, float] = {}
        self._figures: BatchFigures | None = None
        self._figures_due_s = 0.0
        self._head: dict[str, Any] = {}

    def take(self, now_s: float) -> dict[str, Any]:
        """Return the next frame; empty if nothing has changed."""
        # Counted first, since the records note in which frame they were sent.
        self.number += 1
        lanes, head = self._changed_lanes(), self._changed_head(now_s)
        if not lanes and not head:
            self.number -= 1
            return {}
        return {"number": self.number, **head, **({"lanes": lanes} if lanes else {})}

    def snapshot(self) -> dict[str, Any]:
        """Return all that a page needs which has seen no frame."""
        lanes = self._progress.lanes
        models = {name: number for number, name in enumerate(models_of(x.model for x in lanes))}
        prompts: dict[int, str] = {}
        for lane in lanes:
            prompts.setdefault(lane.row, lane.prompt)
        return {
            "number": self.number,
            "rows": self._progress.rows,
            "models": list(models),
            "labels": row_labels([prompts[row] for row in sorted(prompts)]),
            **self._head_of(figures_of(self._progress)),
            "lanes": [self._whole_record(lane, models) for lane in lanes],
        }

    def _whole_record(self, lane: Lane, models: Mapping[str, int]) -> dict[str, Any]:
        began_s = self._began_s.get(lane.index)
        return {
            **lane_record(lane),
            **({"model": models[well_formed(lane.model)]} if len(models) > 1 else {}),
            **({} if began_s is None or not lane.is_running else {"began_s": began_s}),
        }

    def _changed_head(self, now_s: float) -> dict[str, Any]:
        figures = figures_of(self._progress)
        kept = self._figures
        # Counts are news at once; figures that always change are so once a second.
        if kept is not None and now_s < self._figures_due_s and kept.state == figures.state:
            figures = replace(
                figures, texts=kept.texts, notice=kept.notice, elapsed_s=kept.elapsed_s
            )
        else:
            self._figures_due_s = now_s + _FIGURES_S
        self._figures = figures
        former, self._head = self._head, self._head_of(figures)
        return {name: value for name, value in self._head.items() if former.get(name) != value}

    def _head_of(self, figures: BatchFigures) -> dict[str, Any]:
        # Copied at once: the loop may count another one meanwhile.
        values = self._progress.values.copy().most_common()
        groups = groups_of(values, is_one_prompt=self._progress.rows <= 1)
        return {
            "figures": figures.to_dict(),
            "groups": groups.to_list(),
            "others": list(groups.others),
            "without_value": max(0, figures.done - groups.total),
        }

    def _changed_lanes(self) -> list[dict[str, Any]]:
        room = FRAME_BYTES
        ended = self._progress.ended[self._ended : self._ended + room // _AROUND_A_LINE]
        records: list[dict[str, Any]] = []
        for number, lane in enumerate([*ended, *self._moved({lane.index for lane in ended})]):
            # Read first: what the loop changes from here on is sent in the next frame.
            sent = _Sent(lane.state, lane.characters, self.number)
            record = {"index": lane.index, **changing_fields(lane)}
            room -= _AROUND_A_LINE + len(str(record.get("line", "")).encode())
            # One is always sent: a line longer than a frame must not hold up all others.
            if records and room < 0:
                break
            records.append(record)
            if lane.is_running:
                record |= self._began(lane)
                self._sent[lane.index] = sent
            else:
                self._sent.pop(lane.index, None)
                self._began_s.pop(lane.index, None)
            self._ended += number < len(ended)
            if sent.state == "saved":
                self._spared.add(lane.index)
        return records

    def _moved(self, ended: Collection[int]) -> list[Lane]:
        """Return the lanes that have not ended and have changed, those first that are due first."""
        running = list(self._progress.running.values())
        moved = [lane for lane in running if lane.index not in ended and not self._is_known(lane)]
        # Otherwise the first lanes would fill each frame, and the last ones seem to hang.
        moved.sort(key=self._turn_of)
        # Their requests failed and will be repeated.
        lanes = [self._progress.lanes[index] for index in self._sent]
        return [*(lane for lane in lanes if lane.state == "waiting"), *self._newly_spared(), *moved]

    def _newly_spared(self) -> list[Lane]:
        """Return the lanes that need not be asked and were not sent as such."""
        if self._progress.saved == len(self._spared):
            return []
        known, lanes = self._spared, self._progress.lanes
        return [lane for lane in lanes if lane.state == "saved" and lane.index not in known]

    def _is_known(self, lane: Lane) -> bool:
        sent = self._sent.get(lane.index)
        return sent is not None and (sent.state, sent.characters) == (lane.state, lane.characters)

    def _turn_of(self, lane: Lane) -> tuple[bool, int]:
        """Order lanes: those in a new state, then those that were shown longest ago."""
        sent = self._sent.get(lane.index)
        return (False, 0) if sent is None else (sent.state == lane.state, sent.frame)

    def _began(self, lane: Lane) -> dict[str, float]:
        if lane.index in self._began_s:
            return {}
        # The time of the first frame that shows it: lanes do not record when they began.
        self._began_s[lane.index] = round(self._progress.elapsed_s, 1)
        return {"began_s": self._began_s[lane.index]}
