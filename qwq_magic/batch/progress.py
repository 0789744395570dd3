"""The progress of a batch: what a display reads while it runs.

The loop that streams writes it, and the thread that shows it reads it, without a lock: a reader
sees counts that are at most one event old.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from qwq_magic.errors import QwqError
from qwq_magic.events import AnswerDelta, Event, ReasoningDelta
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Turn, TurnBuilder, is_cut

LaneState: TypeAlias = Literal[
    "waiting",
    "connecting",
    "reasoning",
    "answering",
    "complete",
    "cut",
    "stopped",
    "error",
    # Not asked, since the vote of its row is settled.
    "saved",
]
BatchState: TypeAlias = Literal["running", "complete", "stopped"]

_TAIL_CHARACTERS = 160
# The speed is that of the last seconds.
_SPEED_S = 5.0
_SPEED_EVERY_S = 0.25


@dataclass(slots=True, eq=False)
class Lane:
    """One sample of a batch: where it is, and what has arrived of it.

    Attributes:
        index: its position among all samples of the batch, from 0.
        row: the row of the table, from 0; always 0 for samples of one prompt.
        number: which sample of its row and model it is, from 1.
        model: the model's name.
        prompt: its prompt.
        state: where it is.
        is_reused: whether its turn was in the store already, so that it was not asked again.
        characters: how many characters have arrived.
        attempts: how many requests were sent for it.
        turn: its turn, once it has ended.
        value: the final value of its answer; None without one.
    """

    index: int
    row: int
    number: int
    model: str
    prompt: str
    state: LaneState = "waiting"
    is_reused: bool = False
    characters: int = 0
    attempts: int = 0
    turn: Turn | None = None
    value: str | None = None
    builder: TurnBuilder | None = field(default=None, repr=False)
    _last_line: str = field(default="", repr=False)

    @property
    def is_running(self) -> bool:
        return self.state in ("connecting", "reasoning", "answering")

    @property
    def tail(self) -> str:
        """The last line that has arrived of it, at most 160 characters."""
        builder = self.builder
        if builder is None:
            return self._last_line
        return builder.tail(2 * _TAIL_CHARACTERS).strip().rpartition("\n")[2][-_TAIL_CHARACTERS:]

    def show_event(self, event: Event) -> int:
        """Take note of an event; return how many characters it brought."""
        match event:
            case ReasoningDelta(text):
                if self.state == "connecting":
                    self.state = "reasoning"
            case AnswerDelta(text):
                self.state = "answering"
            case _:
                return 0
        self.characters += len(text)
        return len(text)

    def show_remote(self, state: LaneState, characters: int, last_line: str) -> None:
        """Take note of a reply that streams in another process."""
        self.state, self.characters, self._last_line = state, characters, last_line

    def end(self, turn: Turn) -> None:
        """Take note of the turn that has ended."""
        self.turn, self.builder, self._last_line = turn, None, ""
        self.state = "cut" if is_cut(turn) else turn.state
        self.value = turn.final_value


class Progress:
    """The state of a batch, as far as it has come.

    Attributes:
        lanes: all samples, in order.
        running: the samples that stream, by index.
        ended: the samples that have ended, in the order in which they ended, reused ones first.
        state: `running` until the batch has ended.
        rows: how many rows there are.
        limit: how many replies may stream at once.
        notice: why nothing new is asked, such as a pause that the server demands; "" otherwise.
        warning: what went wrong beside the replies, such as a store that cannot be written.
        saved: how many samples need not be asked, since their row's vote is settled.
        characters: how many characters have arrived in this run.
        begun: how many samples have brought text in this run.
        asked: how many samples have ended that were asked in this run.
        cost: what this run has cost so far; None if that is not known.
        errors: how many samples failed, by the kind of their error.
        values: how often each final value was reached.
        retries: how many requests were repeated before any text had arrived, by the kind of error.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_s = clock()
        self._ended_s: float | None = None
        self.lanes: list[Lane] = []
        self.running: dict[int, Lane] = {}
        self.ended: list[Lane] = []
        self.state: BatchState = "running"
        self.rows = 0
        self.limit = 0
        self.notice = self.warning = ""
        self.saved = 0
        self.asked = 0
        self.cost: float | None = None
        self.errors: Counter[str] = Counter()
        self.values: Counter[str] = Counter()
        self.retries: Counter[str] = Counter()
        self._resumes_s = 0.0
        self.characters = self.begun = 0
        # Pairs of a time and the characters that had arrived until then.
        self._speeds: deque[tuple[float, int]] = deque([(self._began_s, 0)])

    def begin(self, lanes: list[Lane], *, rows: int) -> None:
        self.lanes, self.rows = lanes, rows

    def start(self, lane: Lane, builder: TurnBuilder) -> None:
        """A request for this sample is sent."""
        lane.state, lane.builder, lane.characters = "connecting", builder, 0
        lane.attempts += 1
        self.running[lane.index] = lane

    def show_event(self, lane: Lane, event: Event) -> None:
        had_text = lane.characters > 0
        self.characters += lane.show_event(event)
        self.begun += lane.characters > 0 and not had_text

    def show_remote(self, lane: Lane, state: LaneState, characters: int, last_line: str) -> None:
        """Take note of a reply that streams in another process."""
        self.characters += max(0, characters - lane.characters)
        self.begun += characters > 0 and not lane.characters
        lane.show_remote(state, characters, last_line)
        self.running[lane.index] = lane

    def retry(self, lane: Lane, error: QwqError) -> None:
        """The request failed before any text arrived, and will be repeated."""
        self.retries[error.kind] += 1
        lane.state, lane.builder = "waiting", None
        self.running.pop(lane.index, None)

    def end(self, lane: Lane, turn: Turn, *, is_reused: bool = False) -> None:
        self.running.pop(lane.index, None)
        lane.is_reused = is_reused
        lane.end(turn)
        self.ended.append(lane)
        self.asked += not is_reused
        if turn.error is not None:
            self.errors[turn.error.kind] += 1
        if lane.value is not None:
            self.values[lane.value] += 1

    def save(self, lanes: Iterable[Lane]) -> None:
        """These samples need not be asked."""
        for lane in lanes:
            if lane.turn is None and lane.state != "saved":
                lane.state = "saved"
                self.saved += 1

    def pause(self, seconds: float, notice: str) -> None:
        """Nothing new is asked for this long."""
        self.notice, self._resumes_s = notice, self._clock() + seconds

    def finish(self, state: BatchState) -> None:
        self.state, self._ended_s = state, self._clock()

    @property
    def paused_s(self) -> float:
        """How long nothing new is asked yet, in seconds."""
        return max(0.0, self._resumes_s - self._clock())

    @property
    def total(self) -> int:
        """How many samples there are, without those that need not be asked."""
        return len(self.lanes) - self.saved

    @property
    def elapsed_s(self) -> float:
        return (self._clock() if self._ended_s is None else self._ended_s) - self._began_s

    @property
    def left_s(self) -> float | None:
        """About how many seconds are left; None as long as that cannot be estimated."""
        if self.asked < 2 or self.state != "running":
            return None
        return self.elapsed_s / self.asked * (self.total - len(self.ended))

    def tokens_per_s(self) -> float:
        """About how many tokens arrive a second, over the last seconds."""
        now = self._clock()
        if now - self._speeds[-1][0] >= _SPEED_EVERY_S:
            self._speeds.append((now, self.characters))
        while len(self._speeds) > 1 and now - self._speeds[0][0] > _SPEED_S:
            self._speeds.popleft()
        since, characters = self._speeds[0]
        if now <= since:
            return 0.0
        return (self.characters - characters) / (now - since) * self._tokens_per_character()

    def _tokens_per_character(self) -> float:
        # What arrives now is like what will arrive: one text tells about all of them.
        text = next((tail for lane in list(self.running.values()) if (tail := lane.tail)), "")
        return estimate_tokens(text) / len(text) if text else 0.25
