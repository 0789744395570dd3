"""How sure a model was of its tokens: log-probabilities, kept in marks along a text.

A mark sums the tokens of about 16 characters, which is finer than a step, and a quarter of what
a mark for each token would take.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from qwq_magic.events import TokenLogprob

MOST_MARKS = 100_000
_MARK_CHARACTERS = 16
# A server sends −∞ or −9999 for what it calls impossible.
_LEAST_LOGPROB = -100.0
_SCALE = 1_000


class LogprobMark(NamedTuple):
    """The tokens since the mark before.

    Attributes:
        end: how many characters of the text end with them.
        tokens: how many they are.
        logprob: the sum of their log-probabilities.
        entropy: the sum of their entropies; None if it is not known.
    """

    end: int
    tokens: int
    logprob: float
    entropy: float | None


class Sureness(NamedTuple):
    """The means over the tokens of a piece of text.

    Attributes:
        logprob: the mean log-probability of a token.
        entropy: the mean entropy, in nats; None if it is not known.
    """

    logprob: float
    entropy: float | None


@dataclass(frozen=True, slots=True)
class Logprobs:
    """The log-probabilities of a reply, in marks.

    Attributes:
        reasoning: those of the reasoning.
        answer: those of the answer.
    """

    reasoning: tuple[LogprobMark, ...] = ()
    answer: tuple[LogprobMark, ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.reasoning or self.answer)

    @property
    def answer_probability(self) -> float | None:
        """The probability of the answer as it is, 0 to 1; None without log-probabilities."""
        if not self.answer:
            return None
        return math.exp(min(0.0, sum(mark.logprob for mark in self.answer)))

    def to_dict(self) -> dict[str, list[int]]:
        """Return the marks for JSON: four whole numbers each, in thousandths where needed."""
        return {"reasoning": _packed(self.reasoning), "answer": _packed(self.answer)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Logprobs:
        """Build the value from the result of `to_dict`; the input may be an untrusted file.

        Raises:
            ValueError: the data are not valid.
        """
        return cls(_unpacked(data.get("reasoning", [])), _unpacked(data.get("answer", [])))


class LogprobRecorder:
    """Records the log-probabilities of one text as it arrives."""

    def __init__(self, given: int = 0) -> None:
        """Start after so many characters that were given."""
        self._characters = given
        self._marks: list[LogprobMark] = []

    def add_text(self, characters: int) -> None:
        """Record that so many characters have arrived."""
        self._characters += characters

    def add(self, tokens: Sequence[TokenLogprob]) -> None:
        """Record the tokens of the latest characters, in order."""
        # One delta may hold many tokens, so their ends are counted back from the end of its text.
        left = sum(token.characters for token in tokens)
        for token in tokens:
            left -= token.characters
            last = self._marks[-1].end if self._marks else 0
            # A tag is a token, but not part of the text.
            self._put(max(last, self._characters - left), token)

    def _put(self, end: int, token: TokenLogprob) -> None:
        marks = self._marks
        # Tokens join the last mark until it spans enough characters.
        begin = marks[-2].end if len(marks) > 1 else 0
        mark = LogprobMark(end, 1, token.logprob, token.entropy)
        if marks and (end - begin <= _MARK_CHARACTERS or len(marks) >= MOST_MARKS):
            mark = _joined(marks.pop(), mark)
        marks.append(mark)

    def followed_by(self, later: LogprobRecorder) -> LogprobRecorder:
        """Return the recorder of both texts, joined."""
        whole = self.copy()
        whole._marks += [mark._replace(end=mark.end + self._characters) for mark in later._marks]
        whole._characters += later._characters
        return whole

    def copy(self) -> LogprobRecorder:
        """Return a recorder that goes on from here."""
        other = copy(self)
        other._marks = list(self._marks)
        return other

    def marks(self) -> tuple[LogprobMark, ...]:
        """Return the marks, as exact as a file keeps them."""
        return tuple(
            LogprobMark(
                mark.end,
                mark.tokens,
                round(mark.logprob, 3),
                None if mark.entropy is None else round(mark.entropy, 3),
            )
            for mark in self._marks
        )


def token_logprob(text: str, logprob: float, top: Iterable[float] = ()) -> TokenLogprob:
    """Return a token, from its log-probability and those of the likeliest ones at its place."""
    likeliest = [math.exp(max(_LEAST_LOGPROB, min(0.0, each))) for each in top]
    total = sum(likeliest)
    # One alternative alone has no uncertainty to measure.
    entropy = None
    if len(likeliest) > 1 and total:
        shares = [each / total for each in likeliest]
        entropy = -sum(share * math.log(share) for share in shares if share)
    return TokenLogprob(len(text), max(_LEAST_LOGPROB, min(0.0, logprob)), entropy)


def sureness_between(offsets: Sequence[int], marks: Sequence[LogprobMark]) -> list[Sureness | None]:
    """Return the means between consecutive offsets; None where no token is known.

    A mark counts for where it ends: pieces are longer than marks, on average.
    """
    ends = [mark.end for mark in marks]
    found = []
    for begin, end in pairwise(offsets):
        first = bisect_left(ends, begin + 1)
        within = marks[first : bisect_left(ends, end + 1, lo=first)]
        tokens = sum(mark.tokens for mark in within)
        found.append(_means(within, tokens) if tokens else None)
    return found


def _means(marks: Sequence[LogprobMark], tokens: int) -> Sureness:
    entropies = [mark.entropy for mark in marks]
    # A mean over some of the tokens would look like that of all.
    known = [entropy for entropy in entropies if entropy is not None]
    entropy = sum(known) / tokens if len(known) == len(entropies) else None
    return Sureness(sum(mark.logprob for mark in marks) / tokens, entropy)


def _joined(first: LogprobMark, second: LogprobMark) -> LogprobMark:
    entropy = None
    if first.entropy is not None and second.entropy is not None:
        entropy = first.entropy + second.entropy
    return LogprobMark(
        second.end, first.tokens + second.tokens, first.logprob + second.logprob, entropy
    )


def _packed(marks: Sequence[LogprobMark]) -> list[int]:
    packed: list[int] = []
    last = 0
    for mark in marks:
        entropy = -1 if mark.entropy is None else round(mark.entropy * _SCALE)
        packed += (mark.end - last, mark.tokens, round(-mark.logprob * _SCALE), entropy)
        last = mark.end
    return packed


def _unpacked(packed: Any) -> tuple[LogprobMark, ...]:
    # `type`, since `isinstance` accepts booleans.
    if not (
        isinstance(packed, list)
        and len(packed) % 4 == 0
        and len(packed) <= 4 * MOST_MARKS
        and set(map(type, packed)) <= {int}
        and all(-1 <= number < 2**40 for number in packed)
        and min((number for place, number in enumerate(packed) if place % 4 != 3), default=0) >= 0
    ):
        raise ValueError("invalid log-probabilities")
    marks, end = [], 0
    for at in range(0, len(packed), 4):
        length, tokens, logprob, entropy = packed[at : at + 4]
        # Lengths are saved rather than ends, since they have fewer digits.
        end += length
        known = None if entropy < 0 else entropy / _SCALE
        marks.append(LogprobMark(end, tokens, -logprob / _SCALE, known))
    return tuple(marks)
