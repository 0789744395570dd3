"""Decide whether a sentence ends at a sign: abbreviations, numbers and ellipses do not end one."""

from __future__ import annotations

import re

# Never the end of a sentence.
_ALWAYS = "e.g i.e cf viz vs dr mr mrs ms prof jr sr st mt fig figs eqs al resp u.s u.k ph.d"
# No end before a lowercase letter or a digit.
_BEFORE_LOWER = (
    "etc approx no nos eq sec ch chap vol p pp art incl max min avg est dept ref thm prop def "
    "lem cor ex a.m p.m ca inc ltd co corp jan feb mar apr jun jul aug sep sept oct nov dec "
    "mon tue wed thu fri sat sun hr hrs sq ft lb lbs oz"
)
_NEVER_END = frozenset(_ALWAYS.split())
_SELDOM_END = frozenset(_BEFORE_LOWER.split())
_LAST_WORD = re.compile(r"(?:[A-Za-z]+\.)*[A-Za-z]+$")
_LIST_NUMBER = re.compile(
    r"(?:^|[\n;(（]|[.?!。？！；]\s)[\s>#*_+-]{0,12}(?:\(?\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})$|"
    r"[:：]\s?\(?1$"
)
# No sentence begins with one of these, but `n! + 1` goes on with it.
_OPERATORS = frozenset("+=/×÷·^<>≤≥≈≠−%")
_FACTOR = re.compile(r"(?:[\d)\]}]|(?<![A-Za-z'’])[A-Za-z])$")
_DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]$")
_INITIALS = re.compile(r"(?:^|[\s(])(?:[A-Z]\.\s?)+[A-Z]$")
_LONGEST_WORD = 32  # no abbreviation comes near


def ends_sentence(before: str, signs: str, following: str) -> bool:
    """Do `signs`, after `before` and a blank, end a sentence that `following` does not continue?

    `before` is the step so far, or its last characters; `following` is the next character
    that is not blank.
    """
    goes_on = following.islower() or following.isdigit() or following in "(["
    if following and following in _OPERATORS:
        return False
    if signs.startswith("!") and goes_on and _FACTOR.search(before):
        return False
    if signs != ".":
        is_ellipsis = signs.endswith("..") or signs.endswith("…")
        return not (is_ellipsis and not (following.isupper() or following > "\u2e7f"))
    # Most sentences end with a plain word, which these two need not look for.
    last = before[-1:]
    may_be_number = last in "ivxIVX" or not before[-2:-1].isalpha()
    if may_be_number and _LIST_NUMBER.search(before):
        return False
    if last.isupper() and _INITIALS.search(before):
        return False
    if last.isdigit():
        return not following.islower()
    match = _LAST_WORD.search(before, max(0, len(before) - _LONGEST_WORD))
    word = match.group().lower() if match else ""
    if word in _NEVER_END or (_DOTTED.match(word) and word not in _SELDOM_END):
        return False
    return not (word in _SELDOM_END and goes_on)
