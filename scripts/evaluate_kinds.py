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
from qwq_magic.reasoning.kind_weights import KindWeights


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


def by_weights(rows: list[Labelled], weights: KindWeights) -> list[Kind]:
    """Return what the model alone finds likeliest, whatever cues override it."""
    guessed: list[Kind] = []
    for row, features in zip(rows, features_of_rows(rows), strict=True):
        shares = weights.shares(features)
        if row.position > kinds.SETUP_ENDS:
            del shares[Kind.SETUP]
        guessed.append(max(shares, key=shares.__getitem__))
    return guessed


def cross_validated(rows: list[Labelled]) -> tuple[list[Kind], list[Kind]]:
    """Return the guesses of the model alone and those of the program, in the order of `rows`."""
    features = features_of_rows(rows)
    guessed: dict[int, tuple[Kind, Kind]] = {}
    for problem in sorted({row.problem for row in rows}):
        known = [number for number, row in enumerate(rows) if row.problem != problem]
        weights = train([rows[n] for n in known], [features[n] for n in known])
        with mock.patch.object(kinds, "load_weights", lambda weights=weights: weights):
            numbers = [number for number, row in enumerate(rows) if row.problem == problem]
            unseen = [rows[number] for number in numbers]
            found = as_streamed(unseen)
        print(report(problem, unseen, found).split("\n")[0])
        guessed |= zip(numbers, zip(by_weights(unseen, weights), found, strict=True), strict=True)
    alone, streamed = zip(*(guessed[number] for number in range(len(rows))), strict=True)
    return list(alone), list(streamed)


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
        alone, streamed = cross_validated(rows)
        print(report("model alone, problems never seen", rows, alone))
        print(report("with cues, problems never seen", rows, streamed))


if __name__ == "__main__":
    main()
