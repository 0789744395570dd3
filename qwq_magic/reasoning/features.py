r"""The features of a sentence for the learned classifier, as a set of names.

Numbers become `0`, so that the model learns style and not specific problems. Words and word
pairs count at any position; `^` marks the opening words and `$` the last token. A leading `<`
marks features of the previous step, a leading `>` those of the text that follows. `cue:` and
`rule:` name kinds whose cues occur.
"""

from __future__ import annotations

import functools
import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qwq_magic.reasoning.kind_names import Kind

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_TOKEN = re.compile(r"\\[a-z]+|[a-z]+(?:['’][a-z]+)?|0|[^\s\w]")
_RAW_NUMBER = re.compile(r"\d+")
_LONG_WORD = re.compile(r"[A-Za-z]{2,}")
_MATH_SIGN = re.compile(r"[\d=+*/^<>≈×()\\{}]")

# Precomputed, since reading the value of an enum member is slow.
_CUES, _CUES_BEFORE, _CUES_AFTER = (
    {kind: f"{place}cue:{kind.value}" for kind in Kind} for place in ("", "<", ">")
)
_RULES, _RULES_BEFORE, _RULES_AFTER = (
    {kind: f"{place}rule:{kind.value}" for kind in Kind} for place in ("", "<", ">")
)
_LENGTHS = (3, 5, 8, 12, 18, 27, 40, 70)


# Every step is tokenised twice: for itself, and as the previous step of the next one.
@functools.lru_cache(maxsize=16)
def tokens_of(text: str) -> tuple[str, ...]:
    """Return lowercase words, punctuation and TeX commands, with every number as `0`."""
    return tuple(_tokens(text))


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(_NUMBER.sub("0", text.lower()))


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


class Cued(NamedTuple):
    """A text, and the kinds with cues in it, the most specific first."""

    text: str
    cues: list[Kind]


def features_of(
    step: Cued, *, previous: Cued, following: Cued, vocabulary: Vocabulary | None = None
) -> set[str]:
    """Return the names of the features of a step.

    Args:
        step: the step.
        previous: the previous step; its text is "" for the first.
        following: the beginning of the text that follows; "" for the last step.
        vocabulary: the words and pairs to include; None includes all, for training.
    """
    # The position is not a feature: while a reasoning streams, its length is unknown, and the kind
    # of a step must not change when it has ended.
    text, cues = step
    tokens = tokens_of(text)
    found = set(_grams(tokens, vocabulary))
    found.update("^" + " ".join(tokens[:count]) for count in (1, 2, 3) if len(tokens) >= count)
    found.add(f"len:{bisect_right(_LENGTHS, len(tokens))}")
    found.add(f"numbers:{min(tokens.count('0'), 6)}")
    found.add(f"words:{min(len(_LONG_WORD.findall(text)) // 3, 8)}")
    found.add(f"math:{min(8 * len(_MATH_SIGN.findall(text)) // (len(text) or 1), 5)}")
    found.add(f"equals:{min(text.count('=') + text.count('≈'), 3)}")
    found.update(map(_CUES.__getitem__, cues))
    found.add(_RULES[cues[0]] if cues else "rule:none")
    if tokens:
        found.add("$" + tokens[-1])
    found.update(_features_before(previous, text))
    found.update(_features_after(following))
    return found


def _features_before(previous: Cued, text: str) -> Iterator[str]:
    yield from map(_CUES_BEFORE.__getitem__, previous.cues)
    yield _RULES_BEFORE[previous.cues[0]] if previous.cues else "<rule:none"
    before = tokens_of(previous.text)
    if not before:
        yield "<none"
        return
    yield "<$" + before[-1]
    yield "<^" + before[0]
    yield "<^" + " ".join(before[:2])
    if not set(_RAW_NUMBER.findall(previous.text)).isdisjoint(_RAW_NUMBER.findall(text)):
        yield "shares a number"


def _features_after(following: Cued) -> Iterator[str]:
    yield from map(_CUES_AFTER.__getitem__, following.cues)
    yield _RULES_AFTER[following.cues[0]] if following.cues else ">rule:none"
    after = _tokens(following.text)
    if not after:
        yield ">none"
        return
    yield ">^" + after[0]
    yield ">^" + " ".join(after[:2])
