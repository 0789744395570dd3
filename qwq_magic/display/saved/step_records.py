"""Steps as compact text, as a turn's data and the live reasoning pane carry them.

A record is a kind's letter and the step's length in characters, then, where known, its
cue (`.` where it begins in the step, unless at once; `+` its length) and `~` tenths of a
second; numbers are in base 36. `P1m.2+6~b` is a step of 58 characters that likely plans,
its cue are 6 characters behind the first 2, and it took 1.1 s. Each record says all of
itself, and a capital letter begins the next: records joined are records.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from qwq_magic.reasoning import Loop, Step, StepReader

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
# About a millisecond's work a frame, so that a burst of text is never held up by its steps.
_CHARACTERS_A_FRAME: Final = 600


def step_records(steps: Iterable[Step]) -> str:
    """The records of these steps."""
    return "".join(map(_record, steps))


def loop_spans(loops: Iterable[Loop]) -> str:
    """`begin+length` of each loop, in base 36, blanks between."""
    return " ".join(f"{base36(loop.start)}+{base36(loop.end - loop.start)}" for loop in loops)


def _record(step: Step) -> str:
    record = step.kind.letter + base36(step.end - step.start)
    begin = step.text.find(step.cue) if step.cue else -1
    if begin >= 0:
        place = f".{base36(begin)}" if begin else ""
        record += f"{place}+{base36(len(step.cue))}"
    return record if step.seconds is None else f"{record}~{base36(round(step.seconds * 10))}"


def base36(number: int) -> str:
    """The number, 0 or more, in digits and small letters."""
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits


class LiveRecords:
    """Frames of streaming reasoning in, records out, at a bounded cost a frame."""

    def __init__(self) -> None:
        self._reader = StepReader()
        self._waiting: deque[tuple[str, float]] = deque()

    def append(self, text: str, *, at_s: float) -> None:
        """Take a frame that arrived at `at_s`."""
        if text:
            self._waiting.append((text, at_s))

    def take(self) -> str:
        """The records of the steps that are settled by now, of a few hundred characters more."""
        settled: list[Step] = []
        room = _CHARACTERS_A_FRAME
        while self._waiting and room > 0:
            text, at_s = self._waiting.popleft()
            if len(text) > room:
                self._waiting.appendleft((text[room:], at_s))
            settled += self._reader.feed(text[:room], at_s=at_s)
            room -= len(text)
        return step_records(settled)
