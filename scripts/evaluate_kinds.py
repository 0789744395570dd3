"""Print how well kinds are guessed on problems never seen: the cues alone, and the model.

    python scripts/evaluate_kinds.py SENTENCES.jsonl [--shipped]

Each fold leaves one problem out, trains on the others (scikit-learn is needed) and
guesses the one left out. `--shipped` scores the weights as shipped instead, which is fair
only for sentences that they were not trained on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from unittest import mock

from labelled_sentences import Labelled, read_labelled, report
from train_kinds import features_of_rows, train

from qwq_magic.reasoning import kinds
from qwq_magic.reasoning.kind_names import Kind


def by_cues(rows: Iterable[Labelled]) -> list[Kind]:
    return [kinds.guess_by_rules(row.text, position=row.position).kind for row in rows]


def as_streamed(rows: Iterable[Labelled]) -> list[Kind]:
    """Guess the kinds in order, since each depends on the kind before."""
    guessed: list[Kind] = []
    for row in rows:
        guessed.append(
            kinds.classify(
                row.text,
                position=row.position,
                previous=row.previous,
                following=row.following,
                previous_kind=guessed[-1] if row.previous else None,
            )
        )
    return guessed


def cross_validated(rows: list[Labelled]) -> list[Kind]:
    features = features_of_rows(rows)
    guessed: dict[int, Kind] = {}
    for problem in sorted({row.problem for row in rows}):
        known = [number for number, row in enumerate(rows) if row.problem != problem]
        weights = train([rows[n] for n in known], [features[n] for n in known])
        with mock.patch.object(kinds, "load_weights", lambda weights=weights: weights):
            unseen = [number for number, row in enumerate(rows) if row.problem == problem]
            found = as_streamed(rows[number] for number in unseen)
        print(report(problem, [rows[n] for n in unseen], found).split("\n")[0])
        guessed |= zip(unseen, found, strict=True)
    return [guessed[number] for number in range(len(rows))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--shipped", action="store_true")
    options = parser.parse_args()
    rows = read_labelled(options.sentences)
    print(report("cues alone", rows, by_cues(rows)))
    if options.shipped:
        print(report("as shipped", rows, as_streamed(rows)))
    else:
        print(report("model, problems never seen", rows, cross_validated(rows)))


if __name__ == "__main__":
    main()
