"""Align the steps of two reasonings by their words, monotonously, in nearly linear time.

Steps are compared by the cosine of their words, weighted by how rare these are (TF-IDF). Two steps
whose common words are all frequent ones cannot reach the threshold, so only steps with a rarer word
in common are compared, and of those with the same word, only the ones at about the same place. The
alignment is the chain of pairs with the largest sum of cosines, in which no two pairs cross.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import nlargest
from math import log, sqrt

# By hand, 33 of 40 pairs from this cosine on were right.
SIMILAR = 0.42
# Of the steps that have a word, so many at about the same place are compared.
_MOST_WITH_A_WORD = 64
_MOST_PER_STEP = 8
# Chinese and Japanese are compared by characters and pairs of them, since no blanks separate words.
_RUN = re.compile(r"[\u3040-\u9fff]+|[^\W_\u3040-\u9fff]+")
_CJK = re.compile(r"[\u3040-\u9fff]")

Vector = Mapping[str, float]


def similar_pairs(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Return pairs of indices of similar texts, increasing on both sides."""
    vectors, others = _vectors([_words(text) for text in (*left, *right)], len(left))
    return _best_chain(_candidates(vectors, others))


def _words(text: str) -> Counter[str]:
    words: list[str] = []
    for run in _RUN.findall(text.lower()):
        if _CJK.match(run):
            words += (*run, *(run[at : at + 2] for at in range(len(run) - 1)))
        else:
            words.append(run)
    # A step of signs only is similar to one that is the same.
    return Counter(words or [text.strip()])


def _vectors(counts: Sequence[Counter[str]], left: int) -> tuple[list[Vector], list[Vector]]:
    """Return the vectors of both sides, of length 1, with the rarest words first."""
    frequency: Counter[str] = Counter(word for words in counts for word in words)
    rarity = {word: log((1 + len(counts)) / (1 + n)) + 1 for word, n in frequency.items()}
    vectors: list[Vector] = []
    for words in counts:
        length = sqrt(sum((n * rarity[word]) ** 2 for word, n in words.items())) or 1.0
        # By the word, too, so that both sides have words of one rarity in one order.
        ordered = sorted(words, key=lambda word: (frequency[word], word))
        vectors.append({word: words[word] * rarity[word] / length for word in ordered})
    return vectors[:left], vectors[left:]


def _prefix(vector: Vector) -> Iterator[str]:
    """Yield the rarest words; all others together are too little for a similar step.

    If the rarest word that two steps have in common is none of these, their cosine is below the
    threshold: so two steps that are similar have one of them in common.
    """
    rest = sum(weight * weight for weight in vector.values())
    for word, weight in vector.items():
        if rest < SIMILAR * SIMILAR:
            return
        yield word
        rest -= weight * weight


def _candidates(
    left: Sequence[Vector], right: Sequence[Vector]
) -> Iterator[tuple[int, int, float]]:
    """Yield similar steps with their cosine, by the left index, then by the right one, falling."""
    places: dict[str, list[int]] = defaultdict(list)
    for j, vector in enumerate(right):
        for word in _prefix(vector):
            places[word].append(j)
    scale = len(right) / max(1, len(left))
    for i, vector in enumerate(left):
        expected = round(i * scale)
        near = {j for word in _prefix(vector) for j in _nearest(places.get(word, ()), expected)}
        found = [(cosine, j) for j in near if (cosine := _cosine(vector, right[j])) >= SIMILAR]
        # Of equal ones, those at about the same place.
        best = nlargest(_MOST_PER_STEP, found, key=lambda each: (each[0], -abs(each[1] - expected)))
        for cosine, j in sorted(best, key=lambda each: -each[1]):
            yield i, j, cosine


def _nearest(places: Sequence[int], expected: int) -> Iterable[int]:
    if len(places) <= _MOST_WITH_A_WORD:
        return places
    begin = max(0, bisect_left(places, expected) - _MOST_WITH_A_WORD // 2)
    return places[begin : begin + _MOST_WITH_A_WORD]


def _cosine(vector: Vector, other: Vector) -> float:
    if len(other) < len(vector):
        vector, other = other, vector
    return sum(weight * other[word] for word, weight in vector.items() if word in other)


def _best_chain(pairs: Iterable[tuple[int, int, float]]) -> list[tuple[int, int]]:
    """Return the pairs that increase on both sides and have the largest sum."""
    known: list[tuple[int, int]] = []
    before: list[int] = []  # per pair, the one before it in its best chain, or -1
    best = _BestBefore()
    for i, j, cosine in pairs:
        # Those of the same step come by falling indices, so none of them is before another.
        total, previous = best.before(j)
        before.append(previous)
        best.put(j, total + cosine, len(known))
        known.append((i, j))
    _, number = best.last()
    chain: list[tuple[int, int]] = []
    while number >= 0:
        chain.append(known[number])
        number = before[number]
    return chain[::-1]


class _BestBefore:
    """The best total of chains by the index on the right at which they end.

    Totals rise with the index: a chain that ends later and is not better is forgotten.
    """

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._chains: list[tuple[float, int]] = []

    def before(self, index: int) -> tuple[float, int]:
        """Return the best total of the chains that end before an index, and the pair it ends in."""
        at = bisect_left(self._ends, index)
        return self._chains[at - 1] if at else (0.0, -1)

    def last(self) -> tuple[float, int]:
        return self._chains[-1] if self._chains else (0.0, -1)

    def put(self, index: int, total: float, number: int) -> None:
        at = bisect_left(self._ends, index)
        if at and self._chains[at - 1][0] >= total:
            return
        end = at
        while end < len(self._ends) and self._chains[end][0] <= total:
            end += 1
        if end == at and at < len(self._ends) and self._ends[at] == index:
            return
        self._ends[at:end] = [index]
        self._chains[at:end] = [(total, number)]
