"""The branches of a recording: prewritten ways to go on from a given text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal, TypeAlias, cast, get_args

BranchKind: TypeAlias = Literal["again", "edit", "think on", "sample"]
_KINDS: tuple[str, ...] = get_args(BranchKind)


@dataclass(frozen=True, slots=True)
class Branch:
    """Another reasoning from some step on, and the answer that it leads to.

    Attributes:
        kind: `again` for another way to the result, `edit` for what follows a user's step,
            `think on` for a check of the result, `sample` for another whole reply, whose result
            may be another one.
        reasoning: the reasoning, which begins a sentence.
        answer: the answer.
        words: beginnings of words in a user's step that this branch fits; none for any step.
    """

    kind: BranchKind
    reasoning: str
    answer: str = ""
    words: tuple[str, ...] = ()

    def last_word_in(self, text: str) -> int:
        """Return where the last of the words is in `text`; -1 for nowhere."""
        folded = text.casefold()
        hits = (hit for word in self.words for hit in re.finditer(rf"\b{re.escape(word)}", folded))
        return max((hit.start() for hit in hits), default=-1)


@dataclass(frozen=True, slots=True)
class Branches:
    """All branches of a recording.

    Attributes:
        early_answers: shares of the reasoning, ascending from 0, each with the answer from
            there on.
        branches: the reasonings that go elsewhere; a recording may have none.
        last_sentence: ends an answer that the user began in other words.
    """

    early_answers: tuple[tuple[float, str], ...]
    branches: tuple[Branch, ...]
    last_sentence: str

    def of(self, kind: BranchKind) -> list[Branch]:
        """Return the branches of one kind."""
        return [branch for branch in self.branches if branch.kind == kind]

    @property
    def samples(self) -> list[Branch]:
        """Return the other whole replies to the prompt, those with other results among them."""
        # Taken in turns, so that a few of them disagree already.
        ways, others = self.of("again"), self.of("sample")
        pairs = zip_longest(others, ways)
        return [branch for pair in pairs for branch in pair if branch is not None]

    @property
    def check(self) -> Branch:
        """The check of the result."""
        return self.of("think on")[0]

    def edit_for(self, text: str) -> Branch:
        """Return the branch that fits a user's text: the one with the last word in it."""
        edits = self.of("edit")
        general = next(branch for branch in edits if not branch.words)
        fitting = max(edits, key=lambda branch: branch.last_word_in(text))
        return fitting if fitting.last_word_in(text) >= 0 else general

    def early_answer(self, share: float) -> str:
        """Return the answer after this share of the reasoning."""
        return [text for least, text in self.early_answers if least <= share][-1]


def parse_branches(sections: Sequence[tuple[str, str, str]]) -> Branches:
    """Build the branches from sections: name, detail, text.

    Raises:
        LookupError, ValueError: a section is not known, or is at a wrong place.
    """
    early: list[tuple[float, str]] = []
    branches: list[Branch] = []
    last_sentence = ""
    for name, detail, text in sections:
        if name in _KINDS:
            words = tuple(detail.split(", ")) if detail else ()
            branches.append(Branch(cast(BranchKind, name), text, words=words))
        elif name == "answer":
            branches[-1] = replace(branches[-1], answer=text)
        elif name == "early answer":
            early.append((float(detail.removesuffix("%")) / 100, text))
        elif name == "last sentence":
            last_sentence = text
        else:
            raise ValueError(f"unknown section {name!r}")
    return Branches(tuple(early), tuple(branches), last_sentence)
