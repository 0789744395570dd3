"""Say what a step probably does, and which words say so: likely, never certain.

English goes to a small learned model over the cues and the words around them; where it
is not sure, and in Chinese, the first cue found decides. Some cues outrank the model,
because the kind is defined by them: a boxed result is an answer, an opening
"Alternatively" is a switch, and a problem is set up in the first 6 % only.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from qwq_magic.reasoning.cues import CHINESE, ENGLISH, compiled
from qwq_magic.reasoning.features import Vocabulary, features_of
from qwq_magic.reasoning.kind_names import Group, Kind
from qwq_magic.reasoning.kind_weights import load_weights

__all__ = ["Group", "Guess", "Kind", "classify", "guess", "guess_by_rules"]

SETUP_ENDS = 0.06

# A longer step is judged by its beginning and its end.
_HEAD, _TAIL = 1_200, 400
# Below this share of the vote the model has nothing to say.
_LEAST_SHARE = 0.22

_ENGLISH = compiled(ENGLISH)
_CHINESE = compiled(CHINESE, flags=re.IGNORECASE)
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_SPOKEN = re.compile(r"[a-z]{2}|\d|=", re.IGNORECASE)
_SURE_ANSWER = re.compile(r"\\boxed\b|\bfinal answer\b|最终答案", re.IGNORECASE)
_SURE_SWITCH = re.compile(
    r"[\s*#>-]{0,8}(?:(?:or|so|but|hmm+|wait|ok|okay|maybe)\b[,.]?\s{0,2}){0,2}"
    r"(?:alternatively|another (?:way|approach|method|idea)|"
    r"let(?:'s| me| us) try (?:another|a different)|"
    r"a different (?:way|approach|method))\b",
    re.IGNORECASE,
)
# Too common to tell a kind, enough to tell a claim.
_SO = re.compile(
    r"(?:^|[,;.]\s{1,2})(?:so|thus|hence)\b(?!,? (?:let|i'?m|i|we should|if)\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A kind, and the cue that speaks for it; "" where its words and form together do."""

    kind: Kind
    cue: str


_NOTHING = Guess(Kind.UNCLASSIFIED, "")


def classify(text: str, *, position: float = 0.0, previous: str = "") -> Kind:
    """What the step `text` probably does.

    `position` is where it begins, from 0 to 1 of the reasoning; `previous` is the step
    before it. Both help, and neither is needed.
    """
    return guess(text, position=position, previous=previous).kind


def guess(text: str, *, position: float = 0.0, previous: str = "") -> Guess:
    """Like `classify`, with the cue."""
    return _guess(_shortened(text), _shortened(previous), position <= SETUP_ENDS)


# A step that was looked at while it streamed is looked at again when the turn has ended.
@functools.lru_cache(maxsize=4_096)
def _guess(text: str, previous: str, is_opening: bool) -> Guess:
    if _is_chinese(text) or not _SPOKEN.search(text):
        return _by_cues(text, is_opening)
    found = _found(text, is_opening)
    # What is surely an answer has a cue of one, which is known already.
    if Kind.ANSWER in found and (match := _SURE_ANSWER.search(text)):
        return Guess(Kind.ANSWER, match.group().strip())
    if match := _SURE_SWITCH.match(text):
        return Guess(Kind.SWITCH, match.group().strip())
    return _by_model(text, previous, found, is_opening)


def guess_by_rules(text: str, *, position: float = 0.0, previous: str = "") -> Guess:
    """What the cues say alone: the yardstick that the learned model has to beat."""
    del previous  # the signature is `guess`'s
    return _by_cues(_shortened(text), position <= SETUP_ENDS)


def english_features(
    text: str, *, previous: str, is_opening: bool, vocabulary: Vocabulary | None = None
) -> set[str]:
    """What the model sees: all of it for its training, what it knows for its use."""
    return features_of(
        text,
        previous=previous,
        cues=list(_found(text, is_opening)),
        previous_cues=list(_found(previous, is_opening)),
        vocabulary=vocabulary,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def _found(text: str, is_opening: bool) -> dict[Kind, str]:
    """The kinds with a cue here and the words, the telling ones first."""
    found = dict(_found_anywhere(text))
    if not is_opening:
        found.pop(Kind.SETUP, None)
    return found


# A step is asked for its cues, and asked again as the one before the next.
@functools.lru_cache(maxsize=16)
def _found_anywhere(text: str) -> tuple[tuple[Kind, str], ...]:
    cues, searched = (_CHINESE, text) if _is_chinese(text) else (_ENGLISH, _lowered(text))
    found = []
    for kind, finds in cues:
        for find in finds:
            if match := find(searched):
                found.append((kind, text[match.start() : match.end()].strip()))
                break
    return tuple(found)


def _is_chinese(text: str) -> bool:
    return not text.isascii() and _CJK.search(text) is not None


def _lowered(text: str) -> str:
    """In lower case, each character in its place: `İ` alone would become two."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)


def _by_cues(text: str, is_opening: bool) -> Guess:
    found = _found(text, is_opening)
    return Guess(*next(iter(found.items()))) if found else _NOTHING


def _by_model(text: str, previous: str, found: dict[Kind, str], is_opening: bool) -> Guess:
    weights = load_weights()
    features = english_features(
        text, previous=previous, is_opening=is_opening, vocabulary=weights.vocabulary
    )
    shares = weights.shares(features)
    if not is_opening:
        shares.pop(Kind.SETUP, None)
    kind = max(shares, key=shares.__getitem__)
    if shares[kind] < _LEAST_SHARE:
        return _by_cues(text, is_opening)
    if kind is Kind.DOUBT and Kind.SWITCH in found:
        kind = Kind.SWITCH
    return Guess(kind, found.get(kind, ""))


def has_conclusion_cue(text: str) -> bool:
    """Does the step conclude or answer in so many words, whatever its kind?"""
    text = _shortened(text)
    found = _found(text, False)
    return Kind.CONCLUDE in found or Kind.ANSWER in found or _SO.search(text) is not None
