"""A linear model for the kind of a step, with the weights in `kind_weights.json`."""

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
    """One weight per feature and kind, in thousandths; a step's score is their sum."""

    kinds: tuple[Kind, ...]
    intercepts: tuple[int, ...]
    weights: Mapping[str, tuple[int, ...]]
    vocabulary: Vocabulary = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A frozen dataclass can set its own fields only in this way.
        object.__setattr__(self, "vocabulary", Vocabulary.of(self.weights))

    def shares(self, features: Iterable[str]) -> dict[Kind, float]:
        """Return the probability of each kind (softmax); they add up to 1."""
        known = filter(None, map(self.weights.get, features))
        # Integer weights make the sums independent of the order, which a set does not fix.
        sums = list(map(sum, zip(self.intercepts, *known, strict=True)))
        highest = max(sums)
        # Relative to the highest, so that `exp` cannot overflow.
        powers = [math.exp((value - highest) / 1_000) for value in sums]
        total = sum(powers)
        return {kind: power / total for kind, power in zip(self.kinds, powers, strict=True)}


@functools.cache
def load_weights() -> KindWeights:
    """Return the weights that are shipped with the package."""
    file = resources.files("qwq_magic.reasoning") / "kind_weights.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    return KindWeights(
        kinds=tuple(Kind(name) for name in data["kinds"]),
        intercepts=tuple(data["intercepts"]),
        weights={name: tuple(row) for name, row in data["weights"].items()},
    )
