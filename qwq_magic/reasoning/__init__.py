"""Reasoning as data: its steps, what each probably does, and what can be counted.

Pure functions over text and numbers, no Jupyter; nothing is read but the weights of the
classifier, and nothing is written but what `export_steps` and `export_metrics` are told to.
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
from qwq_magic.reasoning.exports import (
    METRIC_COLUMNS,
    STEP_COLUMNS,
    export_metrics,
    export_steps,
    metrics_frame,
    steps_frame,
)
from qwq_magic.reasoning.first_seen import FirstSeen, first_seen
from qwq_magic.reasoning.kinds import Group, Guess, Kind, classify, guess
from qwq_magic.reasoning.loops import Loop, LoopDetector, loops_of
from qwq_magic.reasoning.metrics import Metrics, measure
from qwq_magic.reasoning.outline_text import Inspection
from qwq_magic.reasoning.segmenter import Piece, StepSegmenter
from qwq_magic.reasoning.steps import Step, StepReader, Steps, steps_of

__all__ = [
    "METRIC_COLUMNS",
    "PAIR_COLUMNS",
    "STEP_COLUMNS",
    "AnswerPart",
    "Comparison",
    "FirstSeen",
    "Group",
    "Guess",
    "Inspection",
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
    "export_metrics",
    "export_steps",
    "first_seen",
    "guess",
    "loops_of",
    "measure",
    "metrics_frame",
    "steps_frame",
    "steps_of",
]
