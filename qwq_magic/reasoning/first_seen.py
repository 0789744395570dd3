"""Where the reasoning first asserts the final answer: "first seen", never "found".

When a model knows something cannot be observed. A step counts if it is not a question, has a
cue of a conclusion, and ends a sentence with the value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qwq_magic.reasoning.kinds import has_conclusion_cue
from qwq_magic.reasoning.steps import Step
from qwq_magic.reasoning.values import (
    boxed_values,
    committed_value,
    normalised,
    without_unit,
)

_TAIL = 240  # only so many characters at the end of a step are searched
# The value is only the end, or the beginning, of a longer number, word, fraction or product.
_CONTINUES_BEFORE = re.compile(r"[\da-z_.]\w$|[\d)][-+/*^]\S$|(?<![\w)])-\d$", re.ASCII)
_CONTINUES_AFTER = re.compile(r"\d[.,]?\d|\d\s?[/*^+]|[a-z_][a-z_\d]", re.ASCII)
# In a sentence with several numbers, the result is the one after a word such as "is".
_NUMBER = re.compile(r"\d")
_SIGN = re.compile(r"[a-z0-9]")
_WHOLE_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:/\d+)?")
_STATES = re.compile(
    r"(?:[=≈:]|\b(?:is|are|be|equals|get|gives|have|has|to|of|about|approximately|exactly|but)|"
    r"[是为有得于到共])\s{0,3}$"
)
_AFTER = re.compile(r"[^\d=+*/^<>?？]{0,40}")
_SENTENCE_END = re.compile(r"[.!?]\s|[。！？]")
# "not 42", "more than 42" and "42 is wrong" do not assert 42.
_DENIED = re.compile(
    r"(?:\b(?:not|cannot|never|than|least|most|if|unless|whether)|n['’]t|[≠<>≤≥]|"
    r"(?:不|大于|小于|至少|至多|多于|少于|超过|如果)[\u4e00-\u9fff]{0,3})"
    r"(?:\s[a-z]{1,12}){0,2}\s?[^\w\s]{0,2}\s?$"
)
_DENIED_AFTER = re.compile(
    r"\b(?:not|wrong|incorrect|impossible|too)\b|n['’]t\b|不对|不可能|不成立|错"
)


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """The first step that asserts the final answer.

    Attributes:
        value: the final answer, normalised.
        step: the step's index, from 0.
        share: the share of the reasoning's characters up to the end of the step, 0 to 1.
    """

    value: str
    step: int
    share: float


def first_seen(steps: Sequence[Step], *, answer: str) -> FirstSeen | None:
    """Return where `steps` first assert the value of `answer`; None if either is unclear.

    Without an answer, the last value the reasoning itself commits to is used.
    """
    if not steps:
        return None
    value = committed_value(answer)
    # Only without an answer: an answer that states no clear value must not be given another one.
    if value is None and not answer.strip():
        value = committed_value("".join(step.text for step in steps))
    if value is None:
        return None
    signs = frozenset(_SIGN.findall(value))
    for step in steps:
        # Normalising is expensive and never adds letters or digits, so this check comes first.
        if signs.issubset(step.text.lower()) and _asserts(step, value):
            return FirstSeen(value, step.index, step.end / steps[-1].end)
    return None


def asserted_value(text: str) -> str | None:
    """Return the value that a step asserts, normalised; None if it asserts none."""
    text = text.rstrip()
    if text.endswith(("?", "？")):
        return None
    tail = text[-_TAIL:]
    if boxed := boxed_values(tail):
        return without_unit(normalised(boxed[-1])) or None
    if not has_conclusion_cue(text):
        return None
    sentence = normalised(tail)
    numbers = _WHOLE_NUMBER.findall(sentence)
    for value in (committed_value(tail), numbers[-1] if numbers else None):
        if value and _ends_with(sentence, value):
            return value
    return None


def _asserts(step: Step, value: str) -> bool:
    text = step.text.rstrip()
    if text.endswith(("?", "？")):
        return False
    tail = text[-_TAIL:]
    # A box is an assertion by itself, without any cue.
    if any(without_unit(normalised(boxed)) == value for boxed in boxed_values(tail)):
        return True
    return _ends_with(normalised(tail), value) and has_conclusion_cue(step.text)


def _ends_with(sentence: str, value: str) -> bool:
    """Whether the sentence ends with the value, or with the value and a unit."""
    at = sentence.rfind(value)
    if at < 0:
        return False
    before, after = _SENTENCE_END.split(sentence[:at])[-1], sentence[at + len(value) :]
    if _CONTINUES_BEFORE.search(sentence[max(0, at - 2) : at] + value[0]):
        return False
    if _CONTINUES_AFTER.match(value[-1] + after):
        return False
    if _NUMBER.search(before) and not _STATES.search(before):
        return False
    if _DENIED.search(before) or _DENIED_AFTER.search(after):
        return False
    # A unit has a few words at most; anything longer is another statement.
    return len(after.split()) <= 4 and _AFTER.fullmatch(after) is not None
