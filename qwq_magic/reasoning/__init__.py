"""Reasoning as data: its steps, what each step probably does, and its metrics.

Pure functions over text and numbers, without Jupyter. The only file that is read holds the
weights of the classifier; only the exports write files, and `load_labels` reads one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qwq_magic.reasoning.agreement import Agreement, PairAgreement
    from qwq_magic.reasoning.candidates import Candidate, candidates_of
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
    from qwq_magic.reasoning.gold import Judgement, judged
    from qwq_magic.reasoning.kinds import Group, Guess, Kind, classify, guess
    from qwq_magic.reasoning.label_file import load_labels
    from qwq_magic.reasoning.labels import LABEL_COLUMNS, Labels, StepLabel
    from qwq_magic.reasoning.loops import Loop, LoopDetector, loops_of
    from qwq_magic.reasoning.metrics import Metrics, measure
    from qwq_magic.reasoning.outline_text import Inspection
    from qwq_magic.reasoning.partings import Parting
    from qwq_magic.reasoning.segmenter import Piece, StepSegmenter
    from qwq_magic.reasoning.steps import Step, StepReader, Steps, steps_of
    from qwq_magic.reasoning.sum_checks import Check, checks_of

__all__ = [
    "LABEL_COLUMNS",
    "METRIC_COLUMNS",
    "PAIR_COLUMNS",
    "STEP_COLUMNS",
    "Agreement",
    "AnswerPart",
    "Candidate",
    "Check",
    "Comparison",
    "FirstSeen",
    "Group",
    "Guess",
    "Inspection",
    "Judgement",
    "Kind",
    "Labels",
    "Loop",
    "LoopDetector",
    "MetricPair",
    "Metrics",
    "PairAgreement",
    "Parting",
    "Piece",
    "Step",
    "StepLabel",
    "StepPair",
    "StepReader",
    "StepSegmenter",
    "Steps",
    "candidates_of",
    "checks_of",
    "classify",
    "compare",
    "export_metrics",
    "export_steps",
    "first_seen",
    "guess",
    "judged",
    "load_labels",
    "loops_of",
    "measure",
    "metrics_frame",
    "steps_frame",
    "steps_of",
]

_MODULES = (
    "agreement",
    "candidates",
    "comparison",
    "exports",
    "first_seen",
    "gold",
    "kinds",
    "label_file",
    "labels",
    "loops",
    "metrics",
    "outline_text",
    "partings",
    "segmenter",
    "steps",
    "sum_checks",
)


def __getattr__(name: str) -> Any:
    # Turns and sessions import this package, and most of them are never analysed: the first
    # public name that is used loads the analysis, and %load_ext does not wait for it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in _MODULES:
        found = vars(import_module(f"{__name__}.{module}"))
        globals().update({public: found[public] for public in __all__ if public in found})
    return globals()[name]
