"""Classify what a step probably does, and find the cue for it: likely, never certain.

English text is classified by a small learned model over cues and words. If the model is not
confident, and in other languages, the first cue decides. Some cues override the model, because
they define a kind: a boxed result is an answer, an opening "Alternatively" is a switch, and
setup occurs only in the first 6% of a reasoning. A plain statement without a cue restates or
derives: it is work, or setup as long as the problem is being restated.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from qwq_magic.reasoning.features import Cued, Vocabulary, features_of
from qwq_magic.reasoning.found_cues import Language, cues_in, find_cues, language_of
from qwq_magic.reasoning.kind_names import Group, Kind
from qwq_magic.reasoning.kind_weights import load_weights

__all__ = ["LOOKAHEAD", "Group", "Guess", "Kind", "classify", "guess", "guess_by_rules"]

SETUP_ENDS = 0.06
_BEGINS = 0.01
# How much of the text after a step counts, in characters. A step waits for it while it streams;
# whole sentences would improve the accuracy no further.
LOOKAHEAD = 48

# Only the beginning and the end of a longer step are classified, in characters.
_HEAD, _TAIL = 1_200, 400
# If no kind has this probability, the model is ignored.
_LEAST_SHARE = 0.25
# The labels for training call many plain statements facts. Without a cue, a statement is a fact
# only if the model is this sure of it, and else of another kind with the second probability.
_SURE_RECALL, _SURE_OTHER = 0.45, 0.3

_HAS_CONTENT = re.compile(r"[a-z]{2}|\d|=", re.IGNORECASE)
_STATES = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff]{2}|[^\W\d_]{2,}\W+[^\W\d_]{2}|\d", re.IGNORECASE
)
_ASKS = re.compile(r"([?？吗呢])\W{0,8}$")
_SURE_ANSWER = re.compile(
    r"\\boxed\b|\bfinal answer\b|^\W{0,8}answer\W{0,4}:|最终答案", re.IGNORECASE
)
_SURE_CHECK = re.compile(
    r"[\s*#>-]{0,8}(?:(?:so|and|ok|okay|now|then|first)\b[,.]?\s{0,2}){0,2}"
    r"let(?:'s| me| us) (?:just |quickly |also )?"
    r"(?:double[- ]?check|verify|test|confirm|make sure)\b",
    re.IGNORECASE,
)
_SURE_SWITCH = re.compile(
    r"[\s*#>-]{0,8}(?:(?:or|so|but|hmm+|wait|ok|okay|maybe)\b[,.]?\s{0,2}){0,2}"
    r"(?:alternatively|alternative (?:approach|attempt|idea|method|solution|strategy|way)|"
    r"another (?:way|approach|method|idea)|"
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


def classify(
    text: str,
    *,
    position: float = 0.0,
    previous: str = "",
    following: str = "",
    previous_kind: Kind | None = None,
) -> Kind:
    """Return what a step probably does; all but the text is optional and improves the result.

    Args:
        text: the step.
        position: where the step begins in the reasoning, 0 to 1.
        previous: the text of the previous step.
        following: the text after the step, of which the first 48 characters count.
        previous_kind: what the previous step probably does.
    """
    found = guess(
        text,
        position=position,
        previous=previous,
        following=following,
        previous_kind=previous_kind,
    )
    return found.kind


def guess(
    text: str,
    *,
    position: float = 0.0,
    previous: str = "",
    following: str = "",
    previous_kind: Kind | None = None,
) -> Guess:
    """Return what a step probably does, and the cue for it; see `classify`."""
    is_opening = position <= SETUP_ENDS
    begins = position <= _BEGINS and previous_kind in (None, Kind.PLAN)
    place = _Place(
        previous=_shortened(previous),
        following=following[:LOOKAHEAD],
        is_opening=is_opening,
        restates=begins or (is_opening and previous_kind is Kind.SETUP),
    )
    return _guess(_shortened(text), place)


@dataclass(frozen=True, slots=True)
class _Place:
    """What surrounds a step; `restates` means that the problem is still being restated."""

    previous: str
    following: str
    is_opening: bool
    restates: bool


# Every step is classified twice: while it streams, and again when the turn has ended.
@functools.lru_cache(maxsize=4_096)
def _guess(text: str, place: _Place) -> Guess:
    found = _found(text, place.is_opening)
    # The model knows English; signs alone, such as `---`, give it nothing to judge.
    if language_of(text) is Language.ENGLISH and _HAS_CONTENT.search(text):
        # A certain answer always has an answer cue, which is cheaper to check.
        if Kind.ANSWER in found and (match := _SURE_ANSWER.search(text)):
            return Guess(Kind.ANSWER, match.group().strip())
        for kind, sure in ((Kind.SWITCH, _SURE_SWITCH), (Kind.CHECK, _SURE_CHECK)):
            if match := sure.match(text):
                return Guess(kind, match.group().strip())
        likely = _by_model(text, place, found)
        if likely and (found or not _ASKS.search(text)):
            return Guess(likely, found.get(likely, ""))
    return _first(found) or _without_cues(text, place.restates)


def guess_by_rules(text: str, *, position: float = 0.0, previous: str = "") -> Guess:
    """Classify by cues alone: the baseline that the learned model has to beat."""
    del previous  # same signature as `guess`
    return _first(_found(_shortened(text), position <= SETUP_ENDS)) or _NOTHING


def english_features(
    text: str,
    *,
    previous: str,
    following: str,
    is_opening: bool,
    vocabulary: Vocabulary | None = None,
) -> set[str]:
    """Return the features of an English step; all words and pairs without a vocabulary."""
    following = following[:LOOKAHEAD]
    return features_of(
        Cued(text, list(_found(text, is_opening))),
        previous=Cued(previous, list(_found(previous, is_opening))),
        following=Cued(following, list(find_cues(following))),
        vocabulary=vocabulary,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def _found(text: str, is_opening: bool) -> dict[Kind, str]:
    found = cues_in(text)
    if is_opening or Kind.SETUP not in found:
        return found
    return {kind: cue for kind, cue in found.items() if kind is not Kind.SETUP}


def _first(found: dict[Kind, str]) -> Guess | None:
    return Guess(*next(iter(found.items()))) if found else None


def _without_cues(text: str, restates: bool) -> Guess:
    """Return the kind of a text without cues: it asks, restates, derives or says nothing."""
    if not _STATES.search(text):
        return _NOTHING
    if restates:
        return Guess(Kind.SETUP, "")
    asks = _ASKS.search(text)
    return Guess(Kind.DOUBT, asks.group(1)) if asks else Guess(Kind.COMPUTE, "")


def _by_model(text: str, place: _Place, found: dict[Kind, str]) -> Kind | None:
    """Return the most probable kind; None if the model is not sure enough."""
    weights = load_weights()
    features = english_features(
        text,
        previous=place.previous,
        following=place.following,
        is_opening=place.is_opening,
        vocabulary=weights.vocabulary,
    )
    shares = weights.shares(features)
    if not place.is_opening:
        shares.pop(Kind.SETUP, None)
    kind = max(shares, key=shares.__getitem__)
    if shares[kind] < _LEAST_SHARE:
        return None
    if kind is Kind.RECALL and kind not in found and shares[kind] < _SURE_RECALL:
        del shares[kind]
        kind = max(shares, key=shares.__getitem__)
        if kind not in found and shares[kind] < _SURE_OTHER:
            return None
    if place.restates and kind not in found and kind in (Kind.COMPUTE, Kind.RECALL):
        return Kind.SETUP
    # The training data has one label for doubts and switches, so only a cue can separate them.
    return Kind.SWITCH if kind is Kind.DOUBT and Kind.SWITCH in found else kind


def has_conclusion_cue(text: str) -> bool:
    """Whether a step of any kind contains a cue of a conclusion or an answer."""
    text = _shortened(text)
    found = cues_in(text)
    return Kind.CONCLUDE in found or Kind.ANSWER in found or _SO.search(text) is not None
