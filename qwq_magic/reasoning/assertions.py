"""What a step of a reasoning asserts: a value that it concludes, not one that it considers.

A box asserts its value, and so does an explicit answer. Any other value must end a sentence that
has a cue of a conclusion, or a chain such as `Q + R = 5 + 694 = 699`. Questions, hedges ("maybe
42"), denials ("not 42", "42 is wrong") and options that are only listed assert nothing.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from qwq_magic.reasoning import value_cues as cues
from qwq_magic.reasoning.canonical_value import Value, canonical
from qwq_magic.reasoning.claims import (
    answered,
    compared,
    is_hedged,
    iter_sentences,
    lists_options,
    verdict,
)
from qwq_magic.reasoning.exact_numbers import spellings
from qwq_magic.reasoning.kinds import has_conclusion_cue
from qwq_magic.reasoning.plain_math import plain_math
from qwq_magic.reasoning.value_text import plain_numbers
from qwq_magic.reasoning.value_tokens import TOKEN, token_value
from qwq_magic.reasoning.values import boxed_values

_TAIL = 240  # only so many characters at the end of a step are searched
_NUMBER_OR_LETTER = re.compile(r"-?[\d./:]+|[A-J](?:,[A-J])*")
_SIGN = re.compile(r"[^\W_]")
# In a sentence with several numbers, the result is the one after a word such as "is".
_NUMBER = re.compile(r"\d")
_STATES = re.compile(
    r"(?:[=≈:]|\b(?:is|are|be|equals|get|gives|have|has|to|of|about|approximately|exactly|but|"
    r"ist|sind|beträgt|es|son)|[是为有得于到共])[\s*$(]{0,4}$",
    re.IGNORECASE,
)
_AFTER = re.compile(r"[^\d=+*/^<>?？]{0,40}")
_MOST_WORDS_AFTER = 4  # a unit; anything longer is another statement
# The value is only the end of a longer name, fraction or product.
_CONTINUES_BEFORE = re.compile(
    r"[\w.)]\s?[*/^]\s?$|[A-Za-z_.]$|[\d)]\s?[-+]\s?$|\^[{(]?$", re.ASCII
)
# "not 42", "more than 42" and "42 is wrong" do not assert 42.
_DENIED = re.compile(
    r"(?:\b(?:not|cannot|never|than|least|most|if|unless|whether|nicht|kein|mindestens|höchstens|"
    r"menos|más|si|wenn|falls)|n['’]t|[≠<>≤≥]|\\n?[lg]?eq?|"
    r"(?:不|大于|小于|至少|至多|多于|少于|超过|如果)[\u4e00-\u9fff]{0,3})"
    r"(?:\s[a-z]{1,12}){0,2}\s?[^\w\s]{0,2}\s?$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"\b(?:not|wrong|incorrect|impossible|too|fails?|out|falsch|incorrect[oa])\b|n['’]t\b|"
    r"不对|不可能|不成立|不正确|错|排除",
    re.IGNORECASE,
)
# "the answer must be greater than 177"
_BOUND = re.compile(
    r"\b(?:be|answer is) (?:(?:strictly )?(?:greater|less|more|fewer|smaller|larger|bigger|higher|"
    r"lower) than|at (?:least|most)|between)\b|(?:大于|小于|不超过|至少)",
)
# "Let x = 42" and "when n = 42" set a value.
_SET = re.compile(
    r"\b(?:let|set|when|for|where|with|take|try|consider|given|if|at|sei|sea|si|wenn)\s"
    r"[*$]{0,2}[A-Za-z]\s?=\s?$|[设令取当若]\s?\$?[A-Za-z]\s?=\s?$",
    re.IGNORECASE,
)
# "if the answer is 42"
_CONDITION = re.compile(
    r"(?:\b(?:if|whether|unless|why|wenn|ob|falls|si)\b|如果|若|是否)[^,，]{0,40}"
    r"(?:answer|option|choice|result|答案|结果|antwort|ergebnis|respuesta|resultado)",
    re.IGNORECASE,
)
_SUM = re.compile(r"\d\s?[-+*/×÷·]|\\(?:times|cdot|div|frac)")
_NAME = re.compile(r"[^\W\d_]")
# "So it must be C": a letter that ends the sentence, after a word that names it.
_LETTER = re.compile(
    r"(?:\b(?:is|be|choose|pick|option|choice|answer|it['’]s|therefore|so|thus|hence|ist|es)\b,?|"
    r"[是为选項项：:])\s{0,2}[*(（$]{0,3}(?P<letter>[A-J])[*)）$]{0,3}(?:项|选项)?[\s.。!！]{0,3}$",
    re.IGNORECASE,
)
# "the speed of the train" in "so the speed of the train is", `Q + R` in `Q + R = 5 + 694 =`
_SUBJECT = re.compile(
    r"(?:^|[,，:：;；])(?P<subject>[^,，:：;；=≈是为]{1,60}?)\s?"
    r"(?:\b(?:is|are|was|equals?|(?:will|must|should|has to) be|comes (?:out )?to)\b|[=≈是为]|等于)"
    r"(?:[^=,，:：;；]{1,60}=)*[\s*$({]{0,4}$",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:(?:and|but|so|now|thus|hence|therefore|then|that means|which means|the|a|an|his|her|its|"
    r"our|their|my|this|that)\s|[\s*$({]|所以|因此|那么)*",
    re.IGNORECASE,
)
# These are the answer, or anything.
_ANY_SUBJECT = re.compile(
    r"(?:it|this|that|there|we|i|one|which|he|she|they|(?:final |correct |right )?"
    r"(?:answer|result|option|choice|solution|value)|答案|结果|它|这)?",
    re.IGNORECASE,
)
# "Total 11", which is often one of many
_TOTAL = re.compile(r"(?:\btotal|总共|一共|总计)\W{0,4}$", re.IGNORECASE)


class Asserted(NamedTuple):
    """A value in its one spelling, and what it is the value of; "" for the answer, or unknown."""

    value: str
    subject: str


def asserted_value(text: str) -> str | None:
    """Return the last value that a step asserts, in its one spelling; None if it asserts none."""
    return next((value for value, _ in _asserted(text.rstrip())), None)


def asserted_values(text: str) -> tuple[str, ...]:
    """Return all values that a step asserts, each in its one spelling and once, in order."""
    return tuple(dict.fromkeys(value for value, _ in assertions_in(text)))


def assertions_in(text: str) -> tuple[Asserted, ...]:
    """Return all that a step asserts, in order."""
    return tuple(found for found in reversed(_asserted(text.rstrip())) if found.value)


def asserts(text: str, value: str) -> bool:
    """Whether a step asserts a value, which is given in its one spelling."""
    # Reading values is expensive, so this check comes first.
    signs = text.lower()
    if not any(needed.issubset(signs) for needed in _signs_of(value)):
        return False
    text = text.rstrip()
    if any(found.value == value for found in _asserted(text)):
        return True
    # Names and formulas have no sign of their own in a sentence; they are looked for by text.
    return not _NUMBER_OR_LETTER.fullmatch(value) and _ends_with(text, value)


@functools.lru_cache(maxsize=64)
def _signs_of(value: str) -> tuple[frozenset[str], ...]:
    """Return the signs of each way to write a value; a text without all of one cannot have it."""
    ways = spellings(value) or [value]
    hour, colon, minute = value.partition(":")
    if colon and hour.isdigit():
        ways.append(f"{int(hour) % 12 or 12}{minute}".rstrip("0"))
    return tuple(frozenset(_SIGN.findall(way.lower())) for way in ways)


# A reasoning that loops asserts the same again and again.
@functools.lru_cache(maxsize=1_024)
def _asserted(text: str) -> tuple[Asserted, ...]:
    """Return what a step asserts, the last one first."""
    return tuple(_iter_asserted(text))


def _iter_asserted(text: str) -> Iterator[Asserted]:
    if text.endswith(("?", "？")):
        return
    tail = plain_numbers(text[-_TAIL:])
    # A box is an assertion by itself, without any cue.
    boxes = reversed(boxed_values(tail))
    yield from (Asserted(canonical(boxed, is_math=True), "") for boxed in boxes)
    is_cued = has_conclusion_cue(text)
    if not (is_cued or _may_assert(tail)) or lists_options(tail):
        return
    for sentence in iter_sentences(tail):
        if found := _asserted_in(sentence, is_cued=is_cued):
            yield found


def _may_assert(tail: str) -> bool:
    """Whether there is any cue that a sentence needs; most steps have none."""
    patterns = (cues.CONCLUSION, cues.ANSWER, cues.RIGHT_OPTION)
    return tail.count("=") > 1 or any(pattern.search(tail) for pattern in patterns)


def _asserted_in(sentence: str, *, is_cued: bool) -> Asserted | None:
    # "maybe 41, but the answer is 42"
    clause = [*cues.TURN.split(sentence)][-1]
    if is_hedged(clause) or _CONDITION.search(clause) or _BOUND.search(clause):
        return None
    if value := answered(clause, tries=2):
        return Asserted(value.text, "")
    conclusion = cues.CONCLUSION.search(sentence)
    if conclusion and (value := verdict(clause) or compared(sentence[conclusion.start() :])):
        return Asserted(value.text, "")
    match = _LETTER.search(sentence)
    value = Value("letter", match["letter"]) if match and match["letter"].isupper() else None
    before = sentence[: match.start("letter")] if match else ""
    if value is None:
        token = _ending(sentence)
        before = sentence[: token.start()] if token else ""
        value = token_value(token) if token else None
    if value is None or _DENIED.search(before):
        return None
    return (
        Asserted(value.text, _subject(before))
        if is_cued or conclusion or _is_chain(before)
        else None
    )


def _subject(before: str) -> str:
    """Return what a value is the value of, by the words before it: "speed" of "so the speed is"."""
    if _TOTAL.search(before):
        return "total"
    match = _SUBJECT.search(before)
    words = _LEAD.sub("", match["subject"], count=1) if match else ""
    subject = " ".join(words.lower().split())
    return "" if _ANY_SUBJECT.fullmatch(subject) else subject


def _is_chain(before: str) -> bool:
    """Whether `Q + R = 5 + 694 =` is before a value: a name, a sum, and its result."""
    first, *sums = before.split("=")
    return (
        len(sums) > 1
        and not sums[-1].strip(" *$")
        and _NAME.search(first) is not None
        and any(map(_SUM.search, sums))
    )


def _ending(sentence: str) -> re.Match[str] | None:
    """Return the place of the value that a sentence ends with, or that only its unit follows."""
    tokens = list(TOKEN.finditer(sentence))
    if not tokens:
        return None
    token = tokens[-1]
    before, after = sentence[: token.start()], sentence[token.end() :]
    if len(after.split()) > _MOST_WORDS_AFTER or not _AFTER.fullmatch(after):
        return None
    if _CONTINUES_BEFORE.search(before) or (_NUMBER.search(before) and not _STATES.search(before)):
        return None
    return None if _SET.search(before) or _DENIED_AFTER.search(after) else token


def _ends_with(text: str, value: str) -> bool:
    """Whether a step with the cue of a conclusion ends with a name or a formula."""
    if text.endswith(("?", "？")) or not (has_conclusion_cue(text) or cues.CONCLUSION.search(text)):
        return False
    sentence = next(iter_sentences(plain_numbers(text[-_TAIL:])), "")
    if is_hedged(sentence):
        return False
    plain = "".join(plain_math(sentence.replace("$", " ").replace("**", "")).split()).lower()
    plain = plain.rstrip(".。!！,，")
    wanted = "".join(value.split()).lower()
    before = plain.removesuffix(wanted)
    return len(before) < len(plain) and not before[-3:].endswith(("not", "n't", "不"))
