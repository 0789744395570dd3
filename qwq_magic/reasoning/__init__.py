"""Reasoning as data: its steps, what each probably does, and what can be counted.

Pure functions over text and numbers: no I/O but the weights of the classifier, no Jupyter.
"""

from __future__ import annotations

from qwq_magic.reasoning.comparison import (
    PAIR_COLUMNS,
    AnswerPart,
    Comparison,
    MetricPair,
    StepPair,
    compare,
)
from qwq_magic.reasoning.first_seen import FirstSeen, first_seen
from qwq_magic.reasoning.kinds import Group, Guess, Kind, classify, guess
from qwq_magic.reasoning.loops import Loop, LoopDetector, loops_of
from qwq_magic.reasoning.metrics import Metrics, measure
from qwq_magic.reasoning.segmenter import Piece, StepSegmenter
from qwq_magic.reasoning.step_reader import StepReader
from qwq_magic.reasoning.steps import Step, Steps, steps_of

__all__ = [
    "PAIR_COLUMNS",
    "AnswerPart",
    "Comparison",
    "FirstSeen",
    "Group",
    "Guess",
    "Kind",
    "Loop",
    "LoopDetector",
    "MetricPair",
    "Metrics",
    "Piece",
    "Step",
    "StepPair",
    "StepReader",
    "StepSegmenter",
    "Steps",
    "classify",
    "compare",
    "first_seen",
    "guess",
    "loops_of",
    "measure",
    "steps_of",
]
