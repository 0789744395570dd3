r"""Extract the value that a reply commits to, in its one spelling: see `canonical_value`.

The last box counts; without one, the last explicit answer ("the answer is", `答案是`), a verdict
at the beginning, the last conclusion, the last emphasised value, or what a very short reply
states. A hedge, a list of options and code commit to nothing. Nothing is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from qwq_magic.reasoning import value_cues as cues
from qwq_magic.reasoning.canonical_value import LONGEST_VALUE, Value, read_value
from qwq_magic.reasoning.claims import (
    SENTENCE_END,
    WORD_FIRST,
    answered,
    claimed,
    compared,
    is_hedged,
    iter_sentences,
    lists_options,
    settled,
    stated,
    verdict,
)
from qwq_magic.reasoning.names import read_name
from qwq_magic.reasoning.value_text import plain_numbers, without_code
from qwq_magic.reasoning.value_tokens import TOKEN, phrase_of, token_value

_COMMITS_WITHIN = 20_000  # characters at the end of a text
_BRIEF = 300
_MOST_CORRECTIONS = 3

_BRACES = re.compile(r"\\boxed\s{0,3}\{|\\.|[{}]", re.DOTALL)
_LIST_ITEM = re.compile(r"\s{0,9}(?:[-*•+]|\d{1,3}[.)])\s")
_IN_A_SENTENCE = re.compile(r"\s[a-z]{3}")
_ADDRESSES = re.compile(r"\b(?:if|let|you|your|please|me)\b", re.IGNORECASE)
_CALCULATION = re.compile(r"\d\s?[-+*/×·÷=]\s?\d")
_TITLE = re.compile(r"\d{1,6}(?:\s[A-Z][a-z]+){2}")


def boxed_values(text: str) -> list[str]:
    r"""Return the content of each `\boxed{…}` with balanced braces, in order of their ends.

    Contents of more than 200 characters are left out.
    """
    values = []
    open_braces: list[int] = []  # where the content of a box begins; -1 for another brace
    for match in _BRACES.finditer(text):
        sign = match[0]
        if sign == "}":
            begin = open_braces.pop() if open_braces else -1
            if begin >= 0 and match.start() - begin <= LONGEST_VALUE:
                values.append(text[begin : match.start()])
        elif sign[-1] == "{" and sign != "\\{":
            open_braces.append(match.end() if len(sign) > 1 else -1)
    return values


def committed_value(text: str) -> str | None:
    """Return the value that a text commits to, in its one spelling; None without one."""
    text = plain_numbers(without_code(text, _COMMITS_WITHIN)).strip()
    corrections = [match.end() for match in cues.CORRECTS.finditer(text) if match.start()]
    # "Answer: 42. Wait, no: 43." A check after "wait" may also commit to nothing.
    for begin in corrections[: -_MOST_CORRECTIONS - 1 : -1]:
        rest = text[begin:].lstrip(" *,，:：")
        if found := _boxed(rest) or _found(rest, _CORRECTING):
            return found.text
    is_open = cues.UNKNOWN.search(text.split("\n", 1)[0][:_BRIEF]) is not None
    found = _boxed(text) or _found(text, (answered,) if is_open else _COMMITTING)
    return found.text if found else None


def _boxed(text: str) -> Value | None:
    # Intermediate results are boxed or claimed as well; the last one is the answer.
    for boxed in reversed(boxed_values(text)):
        if value := read_value(boxed, is_math=True):
            return value
    return None


def _found(text: str, finders: Iterable[Callable[[str], Value | None]]) -> Value | None:
    return next(filter(None, (find(text) for find in finders)), None)


def _bare(text: str) -> Value | None:
    """Read a reply that is nothing but its value."""
    if len(text) > 80 or "\n" in text.strip() or is_hedged(text) or lists_options(text):
        return None
    value = read_value(text)
    if value is None or value.kind == "text":
        return None
    is_formula = any(sign.isdigit() or sign in "=$\\^" for sign in text)
    return value if value.kind != "expression" or is_formula else None


def _verdict_first(text: str) -> Value | None:
    """Read "Yes, …", `不对，…` and an emphasised value at the beginning."""
    if match := WORD_FIRST.match(text):
        return read_value(match["word"] or match["zh"])
    line = text.split("\n", 1)[0]
    token = TOKEN.match(line)
    if token and token.lastgroup == "bold" and not _TITLE.match(token[0].strip("*")):
        return token_value(token) or _first_claim(token)
    sentence = next(iter(SENTENCE_END.split(line)), "")
    return None if is_hedged(sentence) else verdict(sentence)


def _first_claim(token: re.Match[str]) -> Value | None:
    """Return the value of an emphasised sentence: `**It takes 19 minutes:** they walk.`"""
    claim = token[0].strip("*").strip()
    if claim.endswith((":", "：")):
        # Without an explanation on its line it only introduces a list.
        if not token.string[token.end() :].strip():
            return None
        claim = claim[:-1]
        value = read_value(phrase_of(claim))
        if value and value.kind == "number":
            return value
    if is_hedged(claim) or cues.INTRODUCES.match(claim):
        return None
    if (match := cues.TOTAL.match(claim)) and (value := read_value(claim[match.end() :])):
        return value if value.kind == "number" else None
    return claimed(claim) or _only_number(claim)


def _only_number(claim: str) -> Value | None:
    """Return the only number of an emphasised sentence: `**Section 9.9 comes first.**`."""
    tokens = list(TOKEN.finditer(claim))
    if len(tokens) != 1:
        return None
    return token_value(tokens[0]) if _IN_A_SENTENCE.search(claim, tokens[0].end()) else None


def _closing(text: str) -> Value | None:
    """Read the last sentence if it states one emphasised value: "It costs **5 cents**."."""
    sentence = next(iter_sentences(text), "")
    is_only = sentence.count("**") == 2 and not _LIST_ITEM.match(sentence)
    if not is_only or is_hedged(sentence) or cues.TEMPTING.search(sentence):
        return None
    tokens = [token for token in TOKEN.finditer(sentence) if token.lastgroup == "bold"]
    return claimed(sentence[: tokens[0].end()]) if tokens else None


def _concluded(text: str) -> Value | None:
    for sentence in map(settled, iter_sentences(text)):
        if match := cues.TOTAL_ROW.match(sentence):
            cells = [cell for cell in sentence[match.end() :].split("|") if cell.strip()]
            value = read_value(cells[-1]) if cells else None
            return value if value and value.kind != "text" else None
        is_conclusion = cues.CONCLUSION.search(sentence) or (
            cues.GERMAN_CONCLUSION.search(sentence) and not cues.ENGLISH_WORDS.search(sentence)
        )
        if not is_conclusion or is_hedged(sentence):
            continue
        if value := stated(sentence, loosely=True, ending=True):
            return value
    return None


def _emphasised(text: str) -> Value | None:
    for sentence in map(settled, iter_sentences(text)):
        if "**" not in sentence or _LIST_ITEM.match(sentence) or is_hedged(sentence):
            continue
        if found := compared(sentence):
            return found
        for token in reversed(list(TOKEN.finditer(sentence))):
            is_bold = token.lastgroup == "bold" and not _TITLE.match(token[0].strip("*"))
            if is_bold and (value := token_value(token)):
                return value
    return None


def _brief(text: str) -> Value | None:
    """Read the last sentence of a reply that is one short paragraph, or else the first one."""
    if len(text) > _BRIEF or "\n\n" in text or lists_options(text):
        return None
    sentence = settled(next(iter_sentences(text), ""))
    if is_hedged(sentence) or cues.INTRODUCES.match(sentence):
        return None
    if found := verdict(sentence):
        return found
    is_only = not SENTENCE_END.search(text.rstrip(" .。!！*"))
    is_only &= len(list(TOKEN.finditer(sentence))) == 1 and not _ADDRESSES.search(sentence)
    # "The intuitive answer is 10, but that is wrong. It costs 5."
    if cues.TEMPTING.search(text):
        return claimed(sentence)
    return stated(sentence, loosely=is_only) or _explained(text)


def _explained(text: str) -> Value | None:
    """Read the first sentence of a reply that explains it: "It is 19 minutes. They walk …"."""
    end = SENTENCE_END.search(text)
    first, rest = (text[: end.start()], text[end.end() :]) if end else (text, "")
    if is_hedged(first) or cues.INTRODUCES.match(first) or _LIST_ITEM.match(first):
        return None
    is_calculated = _CALCULATION.search(rest) is not None
    return claimed(first) if is_calculated else stated(first)


_CORRECTING = (_bare, answered, _concluded, _emphasised, _brief)
_COMMITTING = (
    _bare,
    answered,
    _verdict_first,
    read_name,
    _closing,
    _concluded,
    _emphasised,
    _brief,
)
