r"""The features of a sentence for the learned classifier, as a set of names.

Numbers become `0`, so that the model learns style and not specific problems. Words and word
pairs count at any position; `^` marks the opening words and `$` the last token. A leading `<`
marks features of the previous step. `cue:` and `rule:` name kinds whose cues occur.
"""

from __future__ import annotations

import functools
import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qwq_magic.reasoning.kind_names import Kind

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_TOKEN = re.compile(r"\\[a-z]+|[a-z]+(?:['’][a-z]+)?|0|[^\s\w]")
_RAW_NUMBER = re.compile(r"\d+")

# Precomputed, since reading the value of an enum member is slow.
_CUES, _RULES, _CUES_BEFORE, _RULES_BEFORE = (
    {kind: f"{name}:{kind.value}" for kind in Kind} for name in ("cue", "rule", "<cue", "<rule")
)
_LENGTHS = (3, 5, 8, 12, 18, 27, 40, 70)


# Every step is tokenised twice: for itself, and as the previous step of the next one.
@functools.lru_cache(maxsize=16)
def tokens_of(text: str) -> tuple[str, ...]:
    """Return lowercase words, punctuation and TeX commands, with every number as `0`."""
    return tuple(_TOKEN.findall(_NUMBER.sub("0", text.lower())))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words and pairs that have weights; all others can be skipped."""

    words: frozenset[str]
    pairs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, names: Iterable[str]) -> Vocabulary:
        grams = [tuple(name.split(" ")) for name in names]
        return cls(
            words=frozenset(gram[0] for gram in grams if len(gram) == 1),
            pairs=frozenset(gram for gram in grams if len(gram) == 2),
        )


def _grams(tokens: Sequence[str], vocabulary: Vocabulary | None) -> Iterator[str]:
    # Pairs only: triples of words do not improve the accuracy on problems that training has not
    # seen, and make the weights larger.
    pairs = itertools.pairwise(tokens)
    if vocabulary is None:
        yield from tokens
        yield from map(" ".join, pairs)
    else:
        yield from vocabulary.words.intersection(tokens)
        yield from map(" ".join, vocabulary.pairs.intersection(pairs))


def features_of(
    text: str,
    *,
    previous: str,
    cues: list[Kind],
    previous_cues: list[Kind],
    vocabulary: Vocabulary | None = None,
) -> set[str]:
    """Return the names of the features of a step.

    Args:
        text: the step.
        previous: the text of the previous step; "" for the first.
        cues: the kinds with cues in the step, the most specific first.
        previous_cues: the same for the previous step.
        vocabulary: the words and pairs to include; None includes all, for training.
    """
    # The position is not a feature: while a reasoning streams, its length is unknown, and the kind
    # of a step must not change when it has ended.
    tokens = tokens_of(text)
    found = set(_grams(tokens, vocabulary))
    found.update("^" + " ".join(tokens[:count]) for count in (1, 2, 3) if len(tokens) >= count)
    found.add(f"len:{bisect_right(_LENGTHS, len(tokens))}")
    found.add(f"numbers:{min(tokens.count('0'), 6)}")
    found.add(f"equals:{min(text.count('=') + text.count('≈'), 3)}")
    found.update(map(_CUES.__getitem__, cues))
    found.add(_RULES[cues[0]] if cues else "rule:none")
    found.update(map(_CUES_BEFORE.__getitem__, previous_cues))
    found.add(_RULES_BEFORE[previous_cues[0]] if previous_cues else "<rule:none")
    before = tokens_of(previous)
    if tokens:
        found.add("$" + tokens[-1])
    if before:
        found.add("<$" + before[-1])
        found.update("<^" + " ".join(before[:count]) for count in (1, 2))
        seen = set(_RAW_NUMBER.findall(previous))
        if seen & set(_RAW_NUMBER.findall(text)):
            found.add("shares a number")
    else:
        found.add("<none")
    return found
