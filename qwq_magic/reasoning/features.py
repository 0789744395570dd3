r"""What the learned classifier looks at: names of things a sentence shows.

Numbers become `0`, so that what is learned is how people write and not the problem at
hand. Words, pairs and triples count wherever they stand; `^` marks the opening words and
`$` the last sign. `cue:` and `<cue:` name the kinds whose cues occur here and before.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from qwq_magic.reasoning.kind_names import Kind

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_TOKEN = re.compile(r"\\[a-z]+|[a-z]+(?:['’][a-z]+)?|0|[^\s\w]")
_RAW_NUMBER = re.compile(r"\d+")

_POSITIONS = (0.02, 0.06, 0.15, 0.4, 0.7, 0.9, 0.97)
_LENGTHS = (3, 5, 8, 12, 18, 27, 40, 70)


def tokens_of(text: str) -> list[str]:
    return _TOKEN.findall(_NUMBER.sub("0", text.lower()))


def _bucket(value: float, edges: tuple[float, ...]) -> int:
    return sum(value >= edge for edge in edges)


def _grams(tokens: list[str]) -> Iterator[str]:
    yield from tokens
    yield from map(" ".join, itertools.pairwise(tokens))
    yield from map(" ".join, zip(tokens, tokens[1:], tokens[2:], strict=False))


def _shape(text: str, tokens: list[str]) -> Iterator[str]:
    words = sum(token[0].isalpha() for token in tokens)
    numbers = tokens.count("0")
    signs = len(tokens) - words - numbers
    yield f"len:{_bucket(len(tokens), _LENGTHS)}"
    yield f"words:{_bucket(words, _LENGTHS)}"
    yield f"numbers:{min(numbers, 6)}"
    yield f"signs:{_bucket(signs, _LENGTHS)}"
    yield f"equals:{min(text.count('=') + text.count('≈'), 3)}"
    if words == 0:
        yield "no words"
    if "\n" in text.strip():
        yield "lines"
    if numbers and "=" not in text and "≈" not in text:
        yield "numbers without ="


def features_of(
    text: str, *, position: float, previous: str, cues: list[Kind], previous_cues: list[Kind]
) -> set[str]:
    tokens = tokens_of(text)
    found = set(_grams(tokens))
    found.update("^" + " ".join(tokens[:count]) for count in (1, 2, 3) if len(tokens) >= count)
    found.update(_shape(text, tokens))
    found.add(f"pos:{_bucket(position, _POSITIONS)}")
    found.update(f"cue:{kind.value}" for kind in cues)
    found.add(f"rule:{cues[0].value if cues else 'none'}")
    found.update(f"<cue:{kind.value}" for kind in previous_cues)
    found.add(f"<rule:{previous_cues[0].value if previous_cues else 'none'}")
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
