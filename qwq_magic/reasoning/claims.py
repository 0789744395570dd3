"""The claims of a sentence: "the answer is 42", "so the total is 42", and what only seems one.

A hedge, a question and a list of options claim nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qwq_magic.reasoning import value_cues as cues
from qwq_magic.reasoning.canonical_value import COMPOUND, Value, read_value
from qwq_magic.reasoning.dates import DATE
from qwq_magic.reasoning.value_tokens import (
    CONTINUES,
    MATHS_FIRST,
    NUMBER_FIRST,
    TOKEN,
    phrase_of,
    token_value,
)

_LONGEST_CUE = 60  # characters before a value
_UNIT_WORDS = 4
_MOST_TRIED = 60  # sentences, so that the cost does not depend on what the text is made of

SENTENCE_END = re.compile(
    r"(?<!\bca)(?<!\bi\.e)(?<!\be\.g)(?<!\bapprox)[.!?](?:\*\*)?(?=\s|$)|[。！？\n]|;\s"
)
_LETTER_FIRST = re.compile(
    r"\(?(?P<letter>[A-J]|[a-dfgj](?=[\s.)*]{0,3}$))\)?(?=\s{0,2}(?:$|[.,;:!。，；：)*]|(?:because|"
    r"since|as|"
    r"weil|da|denn|porque|ya que|car)\b|因为|の|で|だ|입니다|이다|选?项|選?項))"
)
WORD_FIRST = re.compile(
    rf"[\s*_]{{0,4}}(?P<word>{cues.VERDICT_WORDS})(?:\*\*)?(?=\s{{0,2}}(?:[.,!;:—–、。]|$))|"
    r"[\s*_]{0,4}(?P<zh>(?:不对|不正确|错误|错|不是的?|否|对的?|正确|"
    r"是的?))(?:\*\*)?(?=[，。,.!！：:；]|$)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"(?:(?:la|el|die|der|das|le|option|choice|answer|opción|respuesta|antwort|réponse)\b\s?|"
    r"选项){1,3}"
    r"[*(]{0,2}(?=(?-i:[A-J])\b|[$(])",
    re.IGNORECASE,
)
# "这个说法是错误的": a verdict on the statement at the end of a sentence.
_VERDICT = re.compile(
    r"(?:(?:说法|命题|结论|陈述|论断|判断|它|这)是?(?P<zh>错误|错|正确|对|不对|不正确)的?$|"
    r"\b(?:statement|claim|proposition|assertion|conjecture|it|this|that|aussage|behauptung|"
    r"afirmación|"
    r"affirmation)\b[^.!?]{0,60}?\b(?:is|ist|es|est)\s[*_]{0,2}(?P<word>true|false|wahr|falsch|"
    r"verdader[oa]|"
    r"fals[oa]|vraie?|fausse)[*_]{0,2}$)",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:where|for|with|when|let|if|given|at|since|because|from|by|mit|für|con|para|avec)\s$|"
    r"[当设若取由]\s?$",
    re.IGNORECASE,
)
# "for n = 3"
_SET = re.compile(
    r"\b(?:where|for|with|when|let|if|given|at|für|mit|para|con|pour|avec)\s[$*]{0,2}[A-Za-z]\s?=\s?$|"
    r"[当设若取由]\s?[A-Za-z]\s?=\s?$"
)
_ON = re.compile(r"\b(?:on|in|am|le|el)\s[*(]{0,3}$")
_RESTATES = re.compile(r"\s?, (?:which|or)\b")
_OR = re.compile(r"\s?(?:or|oder|o|ou|或)\s?")
_OPTION = re.compile(r"(?:^|[\s(（])[A-J][.)）、:：]\s?\S", re.MULTILINE)


def is_hedged(text: str) -> bool:
    """Whether a sentence only considers what it says."""
    return cues.HEDGE.search(text) is not None or text.rstrip(" *_\n").endswith(
        ("?", "？", ":", "：")
    )


def lists_options(text: str) -> bool:
    """Whether a text lists options, such as `(A) 12 (B) 13`."""
    return len(set(_OPTION.findall(text))) > 1


def answered(text: str, *, tries: int = _MOST_TRIED) -> Value | None:
    """Return the value of the last explicit answer: "the answer is 42", `故选：A`, "B is right".

    Only the last `tries` cues are looked at.
    """
    places = [(match.end(), None) for match in cues.ANSWER.finditer(text)]
    rights = [
        (match.end(), match["letter"] or match["chosen"])
        for match in cues.RIGHT_OPTION.finditer(text)
    ]
    for end, letter in sorted([*places, *rights], key=lambda place: place[0])[: -tries - 1 : -1]:
        begin = _clause_begin(text, end)
        if cues.HEDGE.search(text, begin, end) or _only_seems(text[begin:end]):
            continue
        if letter:
            return Value("letter", letter)
        if value := _value_after(text, begin, end):
            return value
    return None


def _only_seems(clause: str) -> bool:
    return bool(cues.INTRODUCES.match(clause) or cues.TEMPTING.search(clause))


def stated(sentence: str, *, loosely: bool = False, ending: bool = False) -> Value | None:
    """Return the value that a sentence states: the last one after "is" or "=".

    What a sentence states before an explanation comes first: "it is 19: 10 + 9".

    Args:
        sentence: the sentence.
        loosely: whether other verbs count as well, such as "costs".
        ending: whether a number counts that ends the sentence, and is the only one.
    """
    if (match := cues.EXPLAINS.search(sentence)) and (
        value := _last_stated(sentence[: match.start()], by=cues.STATED_BY_VERB)
    ):
        return value
    by = cues.LOOSELY_STATED if loosely else None
    tokens = list(TOKEN.finditer(sentence))
    if ending and len(tokens) == 1 and _ends(tokens[0]) and (value := token_value(tokens[0])):
        return value
    return _last_stated(sentence, by=by)


def _ends(token: re.Match[str]) -> bool:
    """Whether only a unit follows a number, and it counts nothing that comes later."""
    after = token.string[token.end() :]
    return _is_plain(token) and len(after.split()) <= _UNIT_WORDS and not cues.COUNTED.match(after)


def claimed(sentence: str) -> Value | None:
    """Return the value that a sentence states with a verb: "it is 19", "it takes 19 minutes"."""
    return _last_stated(sentence, by=cues.STATED_BY_VERB)


def _last_stated(sentence: str, *, by: re.Pattern[str] | None) -> Value | None:
    """Return the last value after "is", "=" or the words of `by`, an emphasised one first."""
    tokens = list(TOKEN.finditer(sentence))
    bold = [token for token in tokens if token.lastgroup == "bold"]
    for token in [*(bold if len(bold) == 1 else []), *reversed(tokens)]:
        if _is_stated(token, by=by) and (value := token_value(token)):
            is_last = by is not None or token is tokens[-1]
            return value if is_last or not _says_more(sentence, token.end()) else None
    return None


def settled(sentence: str) -> str:
    """Return what follows "but" where a hedge comes before: "you might think 1, but it is 2"."""
    if not cues.HEDGE.search(sentence):
        return sentence
    return cues.SETTLES.split(sentence)[-1]


def _is_plain(token: re.Match[str]) -> bool:
    return token.lastgroup not in ("code", "math")


def _is_stated(token: re.Match[str], *, by: re.Pattern[str] | None) -> bool:
    """Whether what is before or after a token makes it the value of its sentence."""
    sentence, begin = token.string, token.start()
    before = sentence[max(0, begin - _LONGEST_CUE) : begin]
    if cues.COUNTED.match(sentence, token.end()):
        return False
    if token.lastgroup == "pair" or cues.COMPARED.match(sentence, token.end()):
        return True
    if token.lastgroup == "math" and "=" in token[0] and not _GIVEN.search(before):
        return True
    if _SET.search(before):
        return False
    if cues.STATED.search(before) and not cues.RESTATED.search(before):
        return True
    if by is None:
        return False
    is_dated = token.lastgroup == "date" and _ON.search(before) is not None
    return is_dated or (_is_plain(token) and by.search(before) is not None)


def _says_more(sentence: str, end: int) -> bool:
    """Whether another statement follows: "the first is 3, the second has 4" has no one value."""
    if _RESTATES.match(sentence, end) or cues.COMPARED.match(sentence, end):
        return False
    return cues.VERB.search(sentence, end) is not None


def verdict(sentence: str) -> Value | None:
    """Return the verdict on a statement: "the claim is false", `这个命题是错的`."""
    match = _VERDICT.search(sentence.rstrip(" .。!！*_"))
    return read_value(match["word"] or match["zh"]) if match else None


def compared(sentence: str) -> Value | None:
    """Return the value that comes first in a comparison: "9.9 is larger than 9.11"."""
    for token in TOKEN.finditer(sentence):
        if cues.COMPARED.match(sentence, token.end()):
            return token_value(token)
    return None


def iter_sentences(text: str) -> Iterator[str]:
    """Yield the last sentences of a text, the last one first."""
    end, ends = len(text), [match.end() for match in SENTENCE_END.finditer(text)]
    for begin in [*reversed(ends[-_MOST_TRIED:]), 0 if len(ends) <= _MOST_TRIED else len(text)]:
        if sentence := text[begin:end].strip():
            yield sentence
        end = min(begin, end)


def _clause_begin(text: str, at: int) -> int:
    begin = max(0, at - 240)
    for ends in (SENTENCE_END, cues.TURN):
        for match in ends.finditer(text, begin, max(begin, at - 1)):
            begin = match.end()
    return begin


def _value_after(text: str, begin: int, end: int) -> Value | None:
    """Return the value after an answer cue that ends at `end`, in a sentence from `begin`."""
    rest = text[end : end + 400]
    lead = rest.lstrip(" \t\n*_:：—>#")
    marks = text[begin:end] + rest[: len(rest) - len(lead)]
    if marks.count("\n\n") > 1 or cues.HEDGE.match(lead) or cues.NOT.match(lead):
        return None
    lead = lead[match.end() :] if (match := _ARTICLE.match(lead)) else lead
    if marks.count("**") % 2 and 0 < (close := lead.find("**")) < 120:
        return read_value(lead[:close]) if _is_value(lead[:close]) else None
    if match := MATHS_FIRST.match(lead):
        return read_value(match[0].replace("$", " ").strip(), is_math=True)
    if lead[:1] and lead[0] in "([{" and (value := _bracketed(lead)):
        return value
    line = lead.split("\n", 1)[0].rstrip(" *_")
    return _leading(line, is_named=marks.rstrip("*_ \n")[-1:] in ":：" or "\n" in marks)


def _is_value(text: str) -> bool:
    return len(text.split()) <= 8 and not is_hedged(text)


def _bracketed(lead: str) -> Value | None:
    depth = 0
    for at, sign in enumerate(lead[:100]):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0:
            value = read_value(lead[: at + 1])
            return value if value and value.kind in ("letter", "collection") else None
    return None


def _leading(line: str, *, is_named: bool) -> Value | None:
    """Return the value at the beginning of a line, or the one that the line states."""
    if match := WORD_FIRST.match(line):
        return read_value(match["word"] or match["zh"])
    if date := DATE.match(line):
        return read_value(date[0])
    phrase = phrase_of(line).strip(" *_")
    value = read_value(phrase) if phrase else None
    if value and value.kind != "text":
        return value if not cues.HEDGE.search(phrase) else None
    if match := _LETTER_FIRST.match(line):
        return Value("letter", match["letter"].upper())
    if first := COMPOUND.match(line):
        return read_value(first[0])
    if (first := NUMBER_FIRST.match(line)) and not CONTINUES.match(line, first.end()):
        return None if _OR.match(line, first.end()) else read_value(first[0])
    sentence = SENTENCE_END.split(line)[0]
    if not is_hedged(sentence) and (found := stated(sentence, loosely=True, ending=True)):
        return found
    most_words = 6 if is_named else 4
    is_name = is_named or line[:1].isupper() or line[:1] in "\"'“"
    if value and is_name and len(phrase.split()) <= most_words and len(phrase) < 60:
        is_whole = not line[len(phrase) :].strip(" .。*_!")
        return value if is_whole and not cues.HEDGE.search(phrase) else None
    return None
