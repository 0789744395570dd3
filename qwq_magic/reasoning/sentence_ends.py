"""Decide whether punctuation ends a sentence, from the characters around it."""

from __future__ import annotations

import re

from qwq_magic.reasoning.lines import LABELS

# Punctuation that can end a sentence, of all scripts that have their own.
ENDS = ".?!。？！；．｡।॥۔؟።፧།༎։။។៕‼⁇⁈⁉"
# Text in these scripts often has no blank after them, so they end a sentence without one.
_NO_BLANK_AFTER = frozenset("。？！；｡।॥።།༎။។៕")
# How many characters after the blanks decide, at most.
LOOKAHEAD = 16

# Abbreviations that never end a sentence.
_ALWAYS = "e.g i.e cf viz vs dr mr mrs ms prof jr sr st mt fig figs eqs al resp u.s u.k ph.d"
# Abbreviations that do not end a sentence before a lowercase letter or a digit.
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
    rf"[:：]\s?\(?1$|(?:^|\n)[\s>#*_+-]{{0,12}}(?i:{LABELS})\s\d{{1,2}}$"
)
# A sentence does not begin with these, so after `n!` they continue a formula, or a cell ends.
_OPERATORS = frozenset("+=/×÷·^<>≤≥≈≠−%|,;)]}，、")
_FACTOR = re.compile(r"(?:[\d)\]}]|(?<![A-Za-z'’])[A-Za-z])$")
# These are operators after a factor only: elsewhere they are a dash, emphasis or LaTeX.
_AFTER_FACTOR = re.compile(
    r"\*{1,2}\s|[-*–][\s\d(]|[-–][A-Za-z]|[≡∣|∙⋅∗∼≅∝→⇒∈\u2e80-\u9fff]|\\[A-Za-z]"
)
_DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]$")
_LONGEST_WORD = 32  # longer than any abbreviation

_CAPITAL = "A-ZÀ-ÖØ-ÞΑ-ΩА-ЯЁІЇЄ"
_SMALL = "a-zß-öø-ÿά-ώа-яёіїє"
_INITIALS = re.compile(rf"(?:^|[\s(])(?:(?:[{_CAPITAL}]|Mr|Mrs|Ms|Dr|Prof|St)\.\s?)+[{_CAPITAL}]$")
_LONE = re.compile(rf"(?:^|[\s(])[{_CAPITAL}]$")
_NAME_AND_INITIAL = re.compile(rf"(?:^|[\s(\"“*])([{_CAPITAL}][{_SMALL}'’-]{{1,20}}) [{_CAPITAL}]$")
_NEXT_INITIAL = re.compile(rf"[{_CAPITAL}]\.")
_NEXT_NAME = re.compile(rf"[{_CAPITAL}][{_SMALL}]+|(?:[Dd]e|[Vv]an|[Vv]on|[Dd]u|Le) ")
# What a letter may name, and verbs that choose one: "Option B." is not the beginning of a name.
_NAMED = (
    "option options answer answers choice case person player team point points vertex angle "
    "triangle set group type box bag plane node graph matrix vector statement part step plan "
    "method class column row figure table section vitamin city town train car bus house door "
    "urn jar room bucket friend line side event letter letters item block square circle "
    "segment war chapter volume book act scene appendix region planet zone model version "
    "level grade series category choose pick select take so thus hence therefore if when and "
    "but or not either both is are then also only just with for to in of the"
)
_STARTS = (
    "next then so the we it this that these those therefore since but and now in if for however "
    "because thus hence let they he she there also wait as at each from similarly finally "
    "alternatively first second third after all any both by can could do does given here how i "
    "is its my no not note of on once one only or our some such suppose their to two using what "
    "when where which while why with yes you actually again hmm okay ok maybe perhaps"
)
_NAMED_BY_LETTER = frozenset(_NAMED.split())
_STARTERS = frozenset(_STARTS.split())


def ends_without_blank(before: str, signs: str) -> bool:
    """Whether `signs` end a sentence even if text follows at once."""
    # In numbers and after the numbers of lists, a full-width point is just a point.
    if signs == "．":
        return not before[-1:].isdigit() and not before[-1:].isascii()
    return signs[-1:] in _NO_BLANK_AFTER


def ends_sentence(before: str, signs: str, after: str, *, closed: bool = True) -> bool | None:
    """Whether `signs` end a sentence; None if more text is needed to decide.

    Args:
        before: the step so far, or its last characters, up to the signs.
        signs: punctuation, which is followed by a blank.
        after: up to `LOOKAHEAD` characters from the next one that is not blank; "" at the end
            of the text. What follows a line break in it is another line.
        closed: whether the text is complete, so that nothing follows `after`.
    """
    following = after[:1]
    may_continue = following.islower() or following.isdigit() or following in "(["
    if following and following in _OPERATORS:
        return False
    # `n!` and `(k+1)!` are factorials if more of a formula can follow.
    if signs[0] == "!" and _FACTOR.search(before):
        return _ends_after_factor(after, may_continue, closed)
    if signs != ".":
        # Ideographs have no case, so after an ellipsis any of them may begin a sentence.
        is_ellipsis = signs.endswith("..") or signs.endswith("…")
        return not (is_ellipsis and not (following.isupper() or following > "\u2e7f"))
    # A quick check, since most sentences end with a word that cannot be a list number.
    last = before[-1:]
    may_be_number = last in "ivxIVX" or not before[-2:-1].isalpha()
    if may_be_number and _LIST_NUMBER.search(before):
        return False
    if last.isupper():
        if _LONE.search(before):
            return _ends_after_letter(before, after, closed)
        if _INITIALS.search(before):
            return False
    if last.isdigit():
        return not following.islower()
    return _ends_after_word(before, may_continue)


def _ends_after_factor(after: str, may_continue: bool, closed: bool) -> bool | None:
    if may_continue:
        return False
    if len(after) < 3 and after[:1] in "-*–\\" and not closed:
        return None
    return _AFTER_FACTOR.match(after) is None


def _ends_after_letter(before: str, after: str, closed: bool) -> bool | None:
    """Whether a period after a lone capital letter ends a sentence: not after an initial."""
    is_complete = closed or len(after) >= LOOKAHEAD
    if len(after) < 2 and after.isupper() and not is_complete:
        return None
    if _INITIALS.search(before) or _NEXT_INITIAL.match(after):
        return False
    name = _NAME_AND_INITIAL.search(before)
    if name is None or name.group(1).lower() in _NAMED_BY_LETTER:
        return True
    following = _NEXT_NAME.match(after)
    if not is_complete and (following is None or following.end() == len(after)):
        return None
    return following is None or following.group().lower() in _STARTERS


def _ends_after_word(before: str, may_continue: bool) -> bool:
    match = _LAST_WORD.search(before, max(0, len(before) - _LONGEST_WORD))
    word = match.group().lower() if match else ""
    if word in _NEVER_END or (_DOTTED.match(word) and word not in _SELDOM_END):
        return False
    return not (word in _SELDOM_END and may_continue)
