"""Classify what a step probably does, and find the cue for it: likely, never certain.

English text is classified by a small learned model over cues and words. If the model is not
confident, and in Chinese, the first cue decides. Some cues override the model, because they
define a kind: a boxed result is an answer, an opening "Alternatively" is a switch, and setup
occurs only in the first 6% of a reasoning.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from qwq_magic.reasoning.chinese_cues import CHINESE
from qwq_magic.reasoning.cues import ENGLISH, compiled
from qwq_magic.reasoning.features import Vocabulary, features_of
from qwq_magic.reasoning.kind_names import Group, Kind
from qwq_magic.reasoning.kind_weights import load_weights

__all__ = ["Group", "Guess", "Kind", "classify", "guess", "guess_by_rules"]

SETUP_ENDS = 0.06

# Only the beginning and the end of a longer step are classified, in characters.
_HEAD, _TAIL = 1_200, 400
# If no kind has this probability, the model is ignored.
_LEAST_SHARE = 0.22

_ENGLISH = compiled(ENGLISH)
_CHINESE = compiled(CHINESE, flags=re.IGNORECASE)
_CJK = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_HAS_CONTENT = re.compile(r"[a-z]{2}|\d|=", re.IGNORECASE)
_SURE_ANSWER = re.compile(r"\\boxed\b|\bfinal answer\b|最终答案", re.IGNORECASE)
_SURE_SWITCH = re.compile(
    r"[\s*#>-]{0,8}(?:(?:or|so|but|hmm+|wait|ok|okay|maybe)\b[,.]?\s{0,2}){0,2}"
    r"(?:alternatively|another (?:way|approach|method|idea)|"
    r"let(?:'s| me| us) try (?:another|a different)|"
    r"a different (?:way|approach|method))\b",
    re.IGNORECASE,
)
# Too common to indicate a kind, but enough to recognise a conclusion.
_SO = re.compile(
    r"(?:^|[,;.]\s{1,2})(?:so|thus|hence)\b(?!,? (?:let|i'?m|i|we should|if)\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A kind, and the cue for it; "" if no single cue determines it."""

    kind: Kind
    cue: str


_NOTHING = Guess(Kind.UNCLASSIFIED, "")


def classify(text: str, *, position: float = 0.0, previous: str = "") -> Kind:
    """Return what a step probably does.

    Args:
        text: the step.
        position: where the step begins in the reasoning, 0 to 1; improves the result.
        previous: the text of the previous step; improves the result.
    """
    return guess(text, position=position, previous=previous).kind


def guess(text: str, *, position: float = 0.0, previous: str = "") -> Guess:
    """Return what a step probably does, and the cue for it; see `classify`."""
    return _guess(_shortened(text), _shortened(previous), position <= SETUP_ENDS)


# Every step is classified twice: while it streams, and again when the turn has ended.
@functools.lru_cache(maxsize=4_096)
def _guess(text: str, previous: str, is_opening: bool) -> Guess:
    # The model knows English; signs alone, such as `---`, give it nothing to judge.
    if _is_chinese(text) or not _HAS_CONTENT.search(text):
        return _by_cues(text, is_opening)
    found = _found(text, is_opening)
    # A certain answer always has an answer cue, which is cheaper to check.
    if Kind.ANSWER in found and (match := _SURE_ANSWER.search(text)):
        return Guess(Kind.ANSWER, match.group().strip())
    if match := _SURE_SWITCH.match(text):
        return Guess(Kind.SWITCH, match.group().strip())
    return _by_model(text, previous, found, is_opening)


def guess_by_rules(text: str, *, position: float = 0.0, previous: str = "") -> Guess:
    """Classify by cues alone: the baseline that the learned model has to beat."""
    del previous  # same signature as `guess`
    return _by_cues(_shortened(text), position <= SETUP_ENDS)


def english_features(
    text: str, *, previous: str, is_opening: bool, vocabulary: Vocabulary | None = None
) -> set[str]:
    """Return the features of an English step; all words and pairs without a vocabulary."""
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
    """Return the kinds that have a cue in `text`, with the cue, the most specific first."""
    found = dict(_found_anywhere(text))
    if not is_opening:
        found.pop(Kind.SETUP, None)
    return found


# The cues of every step are needed twice: for itself, and for the next step.
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
    """Return lowercase text of the same length; `İ`, which would become two, is kept."""
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
    # The training data has one label for doubts and switches, so only a cue can separate them.
    if kind is Kind.DOUBT and Kind.SWITCH in found:
        kind = Kind.SWITCH
    return Guess(kind, found.get(kind, ""))


def has_conclusion_cue(text: str) -> bool:
    """Whether a step of any kind contains a cue of a conclusion or an answer."""
    text = _shortened(text)
    found = _found(text, False)
    return Kind.CONCLUDE in found or Kind.ANSWER in found or _SO.search(text) is not None
