"""Train the weights of `qwq_magic/reasoning/kind_weights.json` from labelled sentences.

    python scripts/train_kinds.py SENTENCES.jsonl

Needs scikit-learn, which the package itself does not. A feature enters only if several
problems show it and it is no whole sentence, so neither a sentence nor a problem's own
vocabulary is stored.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelled_sentences import KIND_OF, Labelled, read_labelled

from qwq_magic.reasoning import kinds
from qwq_magic.reasoning.features import tokens_of
from qwq_magic.reasoning.kind_names import Kind
from qwq_magic.reasoning.kind_weights import KindWeights

TARGET = Path(kinds.__file__).with_name("kind_weights.json")
LICENCE = (
    "Weights of a logistic regression over words and cues, trained by scripts/train_kinds.py on "
    "the labelled sentences of Thought Anchors, none of which is stored here "
    "(https://github.com/interp-reasoning/thought-anchors.com), under their licence: "
    "MIT License "
    "Copyright (c) 2025 interp-reasoning "
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this "
    'software and associated documentation files (the "Software"), to deal in the Software '
    "without restriction, including without limitation the rights to use, copy, modify, "
    "merge, publish, distribute, sublicense, and/or sell copies of the Software, and to "
    "permit persons to whom the Software is furnished to do so, subject to the following "
    "conditions: "
    "The above copyright notice and this permission notice shall be included in all copies or "
    "substantial portions of the Software. "
    'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, '
    "INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR "
    "PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE "
    "LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT "
    "OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR "
    "OTHER DEALINGS IN THE SOFTWARE."
)

MIN_SENTENCES = 5
MIN_PROBLEMS = 3
STRENGTH = 0.02  # inverse of the regularisation; the best of 0.005 to 0.2 by cross-validation
BALANCE = 0.6  # how far rare labels are weighed up: 0 not at all, 1 fully


def features_of_rows(rows: Sequence[Labelled]) -> list[set[str]]:
    return [
        kinds.english_features(
            row.text,
            previous=row.previous,
            following=row.following,
            is_opening=row.position <= kinds.SETUP_ENDS,
        )
        for row in rows
    ]


def _vocabulary(rows: Sequence[Labelled], features: Sequence[set[str]]) -> set[str]:
    sentences: Counter[str] = Counter()
    problems: defaultdict[str, set[str]] = defaultdict(set)
    for row, names in zip(rows, features, strict=True):
        sentences.update(names)
        for name in names:
            problems[name].add(row.problem)
    whole = {" ".join(tokens_of(row.text)).rstrip(" .,:!?") for row in rows}
    return {
        name
        for name, count in sentences.items()
        if count >= MIN_SENTENCES
        and len(problems[name]) >= MIN_PROBLEMS
        and not (" " in name and name.strip("^ .,:!?") in whole)
    }


def train(rows: Sequence[Labelled], features: Sequence[set[str]]) -> KindWeights:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    vocabulary = _vocabulary(rows, features)
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(
        [dict.fromkeys(sorted(names & vocabulary), 1.0) for names in features]
    )
    labels = [row.label for row in rows]
    counts = Counter(labels)
    model = LogisticRegression(
        C=STRENGTH,
        class_weight={
            label: (len(rows) / len(counts) / count) ** BALANCE for label, count in counts.items()
        },
        max_iter=1_000,
    ).fit(matrix, labels)
    columns = _thousandths(model.coef_.T)
    return KindWeights(
        kinds=tuple(KIND_OF[label] for label in model.classes_),
        intercepts=tuple(_thousandths(model.intercept_)),
        weights={
            name: tuple(column)
            for name, column in zip(vectorizer.feature_names_, columns, strict=True)
        },
    )


def _thousandths(values: Any) -> Any:
    return (1_000 * values).round().astype(int).tolist()


def write(weights: KindWeights, target: Path) -> None:
    head = {
        "licence": LICENCE,
        "kinds": [kind.value for kind in weights.kinds],
        "intercepts": weights.intercepts,
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    rows = [
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(row)}"
        for name, row in sorted(weights.weights.items())
    ]
    body = ",\n".join(rows)
    lines.append(f'"weights": {{\n{body}\n}}')
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", type=Path)
    rows = read_labelled(parser.parse_args().sentences)
    weights = train(rows, features_of_rows(rows))
    write(weights, TARGET)
    assert {Kind.COMPUTE, Kind.DOUBT} <= set(weights.kinds)
    print(f"{len(weights.weights)} features, {TARGET.stat().st_size:,} bytes: {TARGET}")


if __name__ == "__main__":
    main()
