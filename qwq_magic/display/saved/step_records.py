"""Step records: steps as compact text, in a turn's data and in the live reasoning pane.

A record is the letter of a kind and the length of the step in characters. If known, these
follow: the cue (`.` and its offset in the step, unless 0, then `+` and its length), and `~`
with the time in tenths of a second. Each equality that was recomputed follows: `=`, its offset,
`+` and its length if it holds; otherwise `!` or `?`, offset and length likewise, `-` and the
length of either side, and the value between `:` and `;`, which is that of the left side after `!`
and of the right side after `?`. Numbers are in base 36. `P1m.2+6~b` is a step of 58
characters that likely plans, with a cue of 6 characters at offset 2, and took 1.1 s. Records
are independent and begin with a capital letter, so they can be concatenated.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from typing import Final

from qwq_magic.reasoning import Check, Loop, Step, StepReader
from qwq_magic.reasoning.sum_checks import SumChecker

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
# About a millisecond of work per frame, so that classifying steps never delays their text.
_CHARACTERS_A_FRAME: Final = 600


def step_records(steps: Iterable[Step]) -> str:
    """Return the concatenated records of `steps`."""
    return _records(steps, SumChecker())


def loop_spans(loops: Iterable[Loop]) -> str:
    """Return `start+length` of each loop, in base 36, separated by blanks."""
    return " ".join(f"{base36(loop.start)}+{base36(loop.end - loop.start)}" for loop in loops)


def sureness_digits(steps: Iterable[Step]) -> str:
    """Return the mean probability of the tokens of each step as a digit in base 36, z for 1.

    "-" is unknown; the text is empty if no step has one.
    """
    # A digit is as exact as a shade on the map can show.
    digits = [
        "-" if step.logprob is None else base36(round(35 * math.exp(step.logprob)))
        for step in steps
    ]
    return "" if set(digits) <= {"-"} else "".join(digits)


def _records(steps: Iterable[Step], checker: SumChecker) -> str:
    parts: list[str] = []
    for step in steps:
        parts.append(_record(step))
        parts += map(_sum_record, checker.checks_of(step.text))
    return "".join(parts)


def _sum_record(check: Check) -> str:
    span = f"{base36(check.start)}+{base36(check.end - check.start)}"
    if check.holds:
        return f"={span}"
    is_left = check.text.startswith(check.expression) and check.text.endswith(check.shown)
    sides = (check.expression, check.shown) if is_left else (check.shown, check.expression)
    lengths = "".join(f"-{base36(len(side))}" for side in sides)
    return f"{'!' if is_left else '?'}{span}{lengths}:{check.computed};"


def _record(step: Step) -> str:
    record = step.kind.letter + base36(step.end - step.start)
    at = step.text.find(step.cue) if step.cue else -1
    if at >= 0:
        offset = f".{base36(at)}" if at else ""
        record += f"{offset}+{base36(len(step.cue))}"
    return record if step.seconds is None else f"{record}~{base36(round(step.seconds * 10))}"


def base36(number: int) -> str:
    """Return a non-negative number in base 36, with lowercase letters."""
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits


class LiveRecords:
    """Turns frames of streaming reasoning into records, at a bounded cost per frame."""

    def __init__(self) -> None:
        self._reader = StepReader()
        self._checker = SumChecker()
        self._waiting: deque[tuple[str, float]] = deque()

    def append(self, text: str, *, at_s: float) -> None:
        """Add a frame that arrived at `at_s`, in seconds on any clock."""
        if text:
            self._waiting.append((text, at_s))

    def take(self) -> str:
        """Read a few hundred more characters; return the records of the steps they settle."""
        settled: list[Step] = []
        room = _CHARACTERS_A_FRAME
        while self._waiting and room > 0:
            text, at_s = self._waiting.popleft()
            if len(text) > room:
                self._waiting.appendleft((text[room:], at_s))
            settled += self._reader.feed(text[:room], at_s=at_s)
            room -= len(text)
        return _records(settled, self._checker)
