"""Read sentences labelled as Thought Anchors does it, and score guesses at their labels.

The file has one JSON object a line: `text`, `label`, `pos` (0 to 1), `prev` and `source`,
whose `problem_N` groups the folds: what is tested was never seen in training. Sentences of a
reasoning are in order, and `source` ends with `#` and the number of the sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qwq_magic.reasoning.kind_names import Kind
from qwq_magic.reasoning.kinds import LOOKAHEAD

LABEL_OF = {
    Kind.ANSWER: "final_answer_emission",
    Kind.SWITCH: "uncertainty_management",
    Kind.DOUBT: "uncertainty_management",
    Kind.CHECK: "self_checking",
    Kind.SETUP: "problem_setup",
    Kind.RECALL: "fact_retrieval",
    Kind.CONCLUDE: "result_consolidation",
    Kind.PLAN: "plan_generation",
    Kind.COMPUTE: "active_computation",
    Kind.UNCLASSIFIED: "unclassified",
}
KIND_OF = {label: kind for kind, label in LABEL_OF.items()}  # uncertainty: doubt, the last one


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sentence of the file."""

    text: str
    label: str
    position: float
    previous: str
    following: str
    problem: str


def read_labelled(path: Path) -> list[Labelled]:
    rows = list(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
    return [
        Labelled(
            row["text"],
            row["label"],
            row["pos"],
            row["prev"],
            following,
            found[0] if (found := re.search(r"problem_\d+", row["source"])) else row["source"],
        )
        for row, following in zip(rows, _following(rows), strict=True)
    ]


def _following(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the text after each sentence, at least as much as classifying it takes."""
    texts: list[str] = []
    after, known = "", ("", 0)
    for row in reversed(rows):
        source, number = row["source"].rsplit("#", 1)
        if known != (source, int(number) + 1):
            after = ""
        texts.append(after)
        after = f"{row['text'].strip()} {after}"[:LOOKAHEAD]
        known = source, int(number)
    return texts[::-1]


def _f1(truth: Sequence[str], guessed: Sequence[str], label: str) -> tuple[float, float, float]:
    hits = sum(a == b == label for a, b in zip(truth, guessed, strict=True))
    precision, recall = hits / max(1, guessed.count(label)), hits / max(1, truth.count(label))
    return precision, recall, 2 * hits / max(1, guessed.count(label) + truth.count(label))


def report(name: str, rows: Sequence[Labelled], kinds: Sequence[Kind]) -> str:
    truth, guessed = [row.label for row in rows], [LABEL_OF[kind] for kind in kinds]
    pairs = list(zip(truth, guessed, strict=True))
    groups = [(KIND_OF[a].group, KIND_OF[b].group) for a, b in pairs]
    labels = sorted(set(truth))
    scores = {label: _f1(truth, guessed, label) for label in labels}
    lines = [
        f"{name}: accuracy {sum(a == b for a, b in pairs) / len(pairs):.3f}, "
        f"macro-F1 {sum(score[2] for score in scores.values()) / len(labels):.3f}, "
        f"4 groups {sum(a == b for a, b in groups) / len(groups):.3f}, "
        f"unclassified {guessed.count('unclassified') / len(guessed):.3f}"
    ]
    lines += [
        f"  {label:24} precision {p:.2f}  recall {r:.2f}  F1 {f:.2f}  n {truth.count(label)}"
        for label, (p, r, f) in scores.items()
    ]
    return "\n".join(lines)
