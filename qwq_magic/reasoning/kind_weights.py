"""The learned weights of `kind_weights.json`, and how they vote: a linear model, no more."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources

from qwq_magic.reasoning.features import Vocabulary
from qwq_magic.reasoning.kind_names import Kind


@dataclass(frozen=True, slots=True)
class KindWeights:
    """One weight per feature and kind, in thousandths; a step's features add theirs up."""

    kinds: tuple[Kind, ...]
    intercepts: tuple[int, ...]
    weights: Mapping[str, tuple[int, ...]]
    vocabulary: Vocabulary = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "vocabulary", Vocabulary.of(self.weights))

    def shares(self, features: Iterable[str]) -> dict[Kind, float]:
        """How the vote is shared among the kinds; the shares add up to 1."""
        known = filter(None, map(self.weights.get, features))
        # Whole numbers do not mind the order, and a set has none that lasts.
        sums = list(map(sum, zip(self.intercepts, *known, strict=True)))
        highest = max(sums)
        powers = [math.exp((value - highest) / 1_000) for value in sums]
        total = sum(powers)
        return {kind: power / total for kind, power in zip(self.kinds, powers, strict=True)}


@functools.cache
def load_weights() -> KindWeights:
    file = resources.files("qwq_magic.reasoning") / "kind_weights.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    return KindWeights(
        kinds=tuple(Kind(name) for name in data["kinds"]),
        intercepts=tuple(data["intercepts"]),
        weights={name: tuple(row) for name, row in data["weights"].items()},
    )
