"""What the analysis costs as a reasoning grows, also a bad one; run it as a program.

    PYTHONPATH=tests:. python tests/benchmarks/analysis.py [CHARACTERS]

Each line shows CPU seconds at that length, and their ratio to those at a quarter of it:
about 4 is linear, 16 would be quadratic. (Ratios of times under 20 ms are noise.)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from reasoning.hostile_reasonings import PATTERNS, hostile

from qwq_magic.demo.recordings import recordings
from qwq_magic.display.saved.outline import outline
from qwq_magic.display.turn_view import TurnView
from qwq_magic.reasoning import steps_of
from qwq_magic.turns import Turn

TASKS: dict[str, Callable[[Turn], Any]] = {
    "steps": lambda turn: steps_of(turn.reasoning),
    "metrics": lambda turn: turn.metrics,
    "outline": lambda turn: outline(TurnView(turn, None)),
    "compare": lambda turn: turn.compare(
        Turn("b", "", reasoning=turn.reasoning[::-1], answer=turn.answer[::-1])
    ),
}


def cpu_s(task: Callable[[Turn], Any], turn: Turn) -> float:
    started = time.process_time()
    task(turn)
    return time.process_time() - started


def usual(length: int) -> str:
    text = "\n\n".join(recording.reasoning for recording in recordings())
    return (text * (length // len(text) + 1))[:length]


def main() -> None:
    length = int(sys.argv[1]) if len(sys.argv) > 1 else 110_000
    print(f"{'':26}" + "".join(f"{name:>16}" for name in TASKS))
    for name in ("usual", *PATTERNS):
        cells = []
        for task in TASKS.values():
            turns = (
                Turn("a", "", reasoning=text, answer=text[-20_000:])
                for size in (length // 4, length)
                for text in [usual(size) if name == "usual" else hostile(name, size)]
            )
            short_s, long_s = (cpu_s(task, turn) for turn in turns)
            cells.append(f"{long_s:8.2f} s {long_s / max(short_s, 1e-3):4.1f}x")
        print(f"{name:26}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
