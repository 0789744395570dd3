"""Turns the inspector is tried on: the demo's longest recording, and two written here."""

from __future__ import annotations

import random
from typing import Any

from qwq_magic.demo.recordings import recordings
from qwq_magic.display.saved.bundle import TURN_MIME, final_bundle
from qwq_magic.display.saved.comparison import comparison_bundle
from qwq_magic.events import Usage
from qwq_magic.turns import Timing, Turn

__all__ = ["CHANGED", "CODED", "COMPARED", "DEMO", "LONG", "LOOPING", "SUMS", "TURN_MIME", "saved"]

_SENTENCES = (
    "Let me set this up first and see what is given about the board and its sides.",
    "I need to find the number of ways to tile it, without turning a single piece.",
    "I remember that a recurrence over the last two columns is enough for such a board.",
    "Wait, that does not look right, since the sign in the second column would change.",
    "Let me double-check that by putting the values back into the first equation.",
    "Alternatively, one could count the tilings with a cut in the middle.",
    "Therefore, the count for this column is eleven.",
    "3 * 11 + 2 * 4 = 41, and with the next column 4 * 41 - 11 = 153.",
)
_WEIGHTS = (4, 5, 5, 6, 4, 1, 3, 8)


def _turn(name: str, reasoning: str, answer: str) -> Turn:
    count = len(reasoning)
    marks = tuple((min(end, count), 0.5 + end / 200) for end in range(100, count + 100, 100))
    end_s = marks[-1][1]
    return Turn(
        id=name,
        prompt="How many tilings are there?",
        reasoning=reasoning,
        answer=answer,
        model="qwq-plus",
        server="dashscope",
        finish_reason="stop",
        complete=True,
        usage=Usage(output_tokens=count // 4 + 90, reasoning_tokens=count // 4),
        timing=Timing(ttft_s=0.5, thinking_s=end_s - 0.5, total_s=end_s + 3),
        arrivals=marks,
    )


def _long_reasoning(steps: int) -> str:
    chosen = random.Random(3).choices(_SENTENCES, _WEIGHTS, k=steps)
    return "".join(
        sentence + ("\n\n" if index % 5 == 4 else " ") for index, sentence in enumerate(chosen)
    )


_recording = max(recordings(), key=lambda recording: len(recording.reasoning))
DEMO = _turn("demo-inspected", _recording.reasoning, _recording.answer)
CHANGED = _turn(
    "changed-inspected",
    "We need the sum of both rows of the table first. 12 + 7 = 19, so the answer is 19. "
    "Wait, that is the wrong row: I have to add 8 and not 7 to the twelve. So the answer is 20. "
    "Let me double-check that with the heading above the table, which names the rows.\n\n"
    "The first row was right after all, so the answer is 19. That is what the table asks for.",
    "It is **19**.",
)
LONG = _turn("long-inspected", _long_reasoning(2_100), "There are **153** of them.")
LOOPING = _turn(
    "looping-inspected",
    "Let me see what is given. " + "And again I count the very same columns. " * 6 + "So it is 4.",
    "It is 4.",
)
# A sum that is wrong, two that are right, one in a formula, and none.
SUMS = _turn(
    "sums-inspected",
    "Let me see what is given here, and how large the hall is.\n\n"
    "The first row has 17 × 24 = 418 seats, so that is the largest of them.\n\n"
    "Then 12 + 30 = 42, and 42 * 2 = 84 for both of the sides.\n\n"
    "The formula is $\\frac{1}{2} + \\frac{1}{3} = \\frac{5}{6}$ of the hall, as before.\n\n"
    "The number of doors is x = 3 = y, and about 10 of them are open.",
    "There are **84** of them.",
)
# Steps that hold a part of a block of code, with a cue, are not drawn.
CODED = _turn(
    "coded-inspected",
    "Let me write it down.\n\n```python\ntotal = 41\n\nWait, that is not right. Let me check it."
    "\n\ntotal = 42",
    "It is 42.",
)
COMPARED = comparison_bundle(
    _turn(
        "left",
        "Let me add both numbers. So the sum of both is 42. But 20 + 21 = 41. "
        "I check 20 + 22 again.",
        "It is 42 now.",
    ).compare(
        _turn(
            "right",
            "Let me add both numbers. So the sum of both is 42. That was easy enough. "
            "Again I check that 20 + 22.",
            "It is 43 now.",
        )
    )
)


def saved(turn: Turn, **changes: Any) -> dict[str, Any]:
    """The bundle of a turn as a notebook holds it, with values changed."""
    bundle: dict[str, Any] = final_bundle(turn, place=None, start="open")
    bundle[TURN_MIME].update(changes)
    return bundle
