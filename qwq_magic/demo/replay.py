"""The demo: a `ChatModel` that replays recordings at their original pace.

The first event of every replay states that no model is running, and a prompt without a
recording is an error that lists the available prompts. Every delta has a deadline relative
to the request, so a slow reader catches up instead of drifting; deltas that are due
together are yielded as one.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from qwq_magic.demo.continuation import following
from qwq_magic.demo.missing import CONNECT, no_earlier_turn, no_recording
from qwq_magic.demo.recordings import Recording, Reply, recordings, split_deltas
from qwq_magic.errors import ConfigurationError
from qwq_magic.events import (
    AnswerDelta,
    Event,
    Notice,
    ReasoningDelta,
    StreamFinished,
    UsageReported,
    merge_deltas,
)
from qwq_magic.turns import ChatRequest, Json
from qwq_magic.turns.prefix import Way

__all__ = ["DEMO_MODEL", "SPEED_VARIABLE", "Recording", "ReplayModel", "recordings"]

DEMO_MODEL = "demo (recording)"
SPEED_VARIABLE = "QWQ_DEMO_SPEED"

_NOTICE = f"Demo: this is a prewritten recording and no model is running; {CONNECT}."
# Timers are not more precise than this, so deltas with closer deadlines are grouped.
_GRAIN_S = 0.01
# The limit at any speed, so that a cancelled replay stops at once.
_LARGEST_GROUP = 32


class ReplayModel:
    """Replays the recording of the request's prompt.

    Args:
        speed: 2 is twice as fast as recorded, `float("inf")` does not wait. None means the
            variable `QWQ_DEMO_SPEED`, or 1. A request's parameter `speed` takes precedence.
        sleep: pauses for a number of seconds.
        clock: returns a monotonic time in seconds.
    """

    def __init__(
        self,
        *,
        speed: float | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._speed = None if speed is None else _checked_speed(speed)
        self._sleep = sleep
        self._clock = clock

    @property
    def server(self) -> str:
        return "demo"

    @property
    def name(self) -> str:
        return DEMO_MODEL

    async def way_for(self, request: ChatRequest) -> Way:
        return self.expected_way(request)

    def expected_way(self, request: ChatRequest) -> Way:  # noqa: ARG002  # the same for all
        # The recordings have branches, so a given text goes on as if a server continued it.
        return "native"

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        """Yield the notice, each delta when it is due, the usage and the end.

        Raises:
            NoRecording: no recording exists for this prompt, for this history, or for what
                follows the given text.
            ConfigurationError: the speed is not a number above 0.
        """
        started_s = self._clock()
        speed = self._speed_for(request)
        recording = find_recording(request)
        reply = sample_of(recording, request.sample)
        if request.prefix:
            reply = following(recording, request.prefix, request.parent)
        yield Notice(_NOTICE, model=DEMO_MODEL)
        for due_s, deltas in _iter_groups(recording, reply, speed=speed):
            ahead_s = started_s + due_s - self._clock()
            # Sleep even for 0 seconds, so that the loop can deliver a cancellation.
            await self._sleep(ahead_s if ahead_s >= _GRAIN_S else 0)
            for delta in merge_deltas(deltas):
                yield delta
        input_tokens = sum(len(split_deltas(message.text)) for message in request.messages)
        if request.prefix:
            # Given text is read, as the messages are, and only what follows is counted as output.
            given = request.prefix.reasoning, request.prefix.answer
            input_tokens += sum(len(split_deltas(text)) for text in given)
        yield UsageReported(reply.usage(input_tokens=input_tokens))
        yield StreamFinished("stop")

    def _speed_for(self, request: ChatRequest) -> float:
        if "speed" in request.parameters:
            return _checked_speed(request.parameters["speed"])
        if self._speed is not None:
            return self._speed
        # Read with every request, so that a cell can set the variable.
        variable = os.environ.get(SPEED_VARIABLE, "").strip()
        if not variable:
            return 1.0
        try:
            return _checked_speed(float(variable))
        except (ValueError, ConfigurationError) as error:
            raise ConfigurationError(
                f"{SPEED_VARIABLE} is {variable!r}, not a number above 0. "
                "Set it to 1 for the recorded pace, or inf for no waiting."
            ) from error


def _checked_speed(speed: Json) -> float:
    is_number = isinstance(speed, (int, float)) and not isinstance(speed, bool)
    # Written in this form, the comparison refuses NaN too.
    if not is_number or not speed > 0:
        raise ConfigurationError(
            f"The demo's speed is {speed!r}, not a number above 0. "
            "Use 1 for the recorded pace, 2 for twice as fast, 1e9 for no waiting."
        )
    return float(speed)


def _iter_groups(
    recording: Recording, reply: Reply, *, speed: float
) -> Iterator[tuple[float, list[ReasoningDelta | AnswerDelta]]]:
    """Yield groups of deltas that are due together, with the due time of the first."""
    group: list[ReasoningDelta | AnswerDelta] = []
    group_due_s = 0.0
    for recorded_s, delta in recording.iter_timed_deltas(reply):
        due_s = recorded_s / speed
        if group and (due_s - group_due_s >= _GRAIN_S or len(group) == _LARGEST_GROUP):
            yield group_due_s, group
            group = []
        if not group:
            group_due_s = due_s
        group.append(delta)
    if group:
        yield group_due_s, group


def normalized(prompt: str) -> str:
    """Return a prompt without differences in case, width, whitespace and end punctuation."""
    words = " ".join(unicodedata.normalize("NFKC", prompt).casefold().split())
    return re.sub(r"^[\W_]+(?=\w)|(?<=\w)[\W_]+$", "", words)


def find_recording(request: ChatRequest) -> Recording:
    """Return the recording for this prompt.

    Raises:
        NoRecording: none exists, or it follows a turn that is not in the history.
    """
    *earlier, prompt = [m.text for m in request.messages if m.role == "user"] or [request.prompt]
    found = next((r for r in recordings() if _matches(prompt, r)), None)
    if found is None:
        raise no_recording()
    # A follow-up refers to the earlier reply, and without it would make no sense.
    if found.follows is not None:
        first = next(r for r in recordings() if r.id == found.follows)
        if not any(_matches(text, first) for text in earlier):
            raise no_earlier_turn(found, first)
    return found


def sample_of(recording: Recording, number: int) -> Reply:
    """Return one of the replies to a prompt, from 1; the first one is the recording's own.

    A model does not reply the same twice, and may come to another result. There are a few
    replies to some prompts, and after the last of them the first one is replayed again.
    """
    others = (Reply(branch.reasoning, branch.answer) for branch in recording.branches.samples)
    replies = [recording.reply, *others]
    return replies[(number - 1) % len(replies)]


def _matches(prompt: str, recording: Recording) -> bool:
    wanted = normalized(prompt)
    return any(wanted == normalized(known) for known in (recording.prompt, *recording.aliases))
