r"""Extract the value that a reply commits to, in its one spelling: see `canonical_value`.

The last box counts; without one, the last explicit answer ("the answer is", `答案是`), a verdict
at the beginning, the last conclusion, the last emphasised value, or what a very short reply
states. A hedge, a list of options and code commit to nothing. Nothing is checked.
"""

from __future__ import annotations

import re

from qwq_magic.reasoning import value_cues as cues
from qwq_magic.reasoning.canonical_value import LONGEST_VALUE, Value, canonical, read_value
from qwq_magic.reasoning.claims import (
    SENTENCE_END,
    WORD_FIRST,
    answered,
    compared,
    is_hedged,
    iter_sentences,
    lists_options,
    stated,
    verdict,
)
from qwq_magic.reasoning.value_text import plain_numbers, without_code
from qwq_magic.reasoning.value_tokens import TOKEN, token_value

_COMMITS_WITHIN = 20_000  # characters at the end of a text
_BRIEF = 300

_BRACES = re.compile(r"\\boxed\s{0,3}\{|\\.|[{}]", re.DOTALL)
_LIST_ITEM = re.compile(r"\s{0,9}(?:[-*•+]|\d{1,3}[.)])\s")
_IN_A_SENTENCE = re.compile(r"\s[a-z]{3}")
_ADDRESSES = re.compile(r"\b(?:if|let|you|your|please|me)\b", re.IGNORECASE)
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
    # Intermediate results are boxed or claimed as well; the last one is the answer.
    for boxed in reversed(boxed_values(text)):
        if value := canonical(boxed, is_math=True):
            return value
    for find in (_bare, answered, _verdict_first, _concluded, _emphasised, _brief):
        if found := find(text):
            return found.text
    return None


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
        return token_value(token) or _only_number(token[0].strip("*"))
    sentence = next(iter(SENTENCE_END.split(line)), "")
    return None if is_hedged(sentence) else verdict(sentence)


def _only_number(claim: str) -> Value | None:
    """Return the only number of an emphasised sentence: `**Section 9.9 comes first.**`."""
    tokens = list(TOKEN.finditer(claim))
    if len(tokens) != 1 or is_hedged(claim) or cues.INTRODUCES.match(claim):
        return None
    return token_value(tokens[0]) if _IN_A_SENTENCE.search(claim, tokens[0].end()) else None


def _concluded(text: str) -> Value | None:
    for sentence in iter_sentences(text):
        is_conclusion = cues.CONCLUSION.search(sentence) or (
            cues.GERMAN_CONCLUSION.search(sentence) and not cues.ENGLISH_WORDS.search(sentence)
        )
        if not is_conclusion or is_hedged(sentence):
            continue
        if value := stated(sentence, loosely=True, ending=True):
            return value
    return None


def _emphasised(text: str) -> Value | None:
    for sentence in iter_sentences(text):
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
    """Read the last sentence of a reply that is one short paragraph."""
    if len(text) > _BRIEF or "\n\n" in text or lists_options(text):
        return None
    for sentence in iter_sentences(text):
        if is_hedged(sentence) or cues.INTRODUCES.match(sentence):
            return None
        if found := verdict(sentence):
            return found
        is_only = not SENTENCE_END.search(text.rstrip(" .。!！*"))
        is_only &= len(list(TOKEN.finditer(sentence))) == 1 and not _ADDRESSES.search(sentence)
        return stated(sentence, loosely=is_only)
    return None
