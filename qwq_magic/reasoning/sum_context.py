"""How the words around an equality change it: it is asked, supposed, denied or modular."""

from __future__ import annotations

import re
from functools import cached_property

_AROUND = 240

_SENTENCE_END = re.compile(r"[.?!](?=\s|$|[\"')*])|[。？！\n；]")
_QUESTION = re.compile(r"\s?[?？]")
_SUPPOSED = re.compile(
    r"\b(?:if|suppos\w*|assum\w*|imagine|pretend|whether|unless|say|hypothe\w*|would|could|might|"
    r"maybe|perhaps|instead of|rather than|claims?|wrongly|contradict\w*|where|want|need|"
    r"should|must|when|impossible|to (?:get|have|make)|"
    r"cannot|claim(?:ed|ing)?|statement|quote|puzzle|until|such that|require\w*|target|goal)\b|"
    r"如果|假设|假如|若|要是|设|是否|能否|而不是|不是|也许|可能|应该|需要|当",
    re.IGNORECASE,
)
_CONCLUDED = re.compile(r"\b(?:then|so|thus|hence|therefore|gives?|get)\b|那么|则|所以|得", re.I)
_DENIED = re.compile(
    r"(?:\b(?:not|never|nor|without|no)|n['’]t|不|非|没有?)\s*(?:\w{1,9}\s){0,2}$", re.IGNORECASE
)
# Other arithmetic than that of numbers.
_OTHER_ARITHMETIC = re.compile(
    r"\bmod(?:ulo|ular|ulus)?\b|\\[bp]?mod\b|≡|\\equiv|\bbase[- ](?:\d|two|three|four|five|six|"
    r"seven|eight|nine|twelve|sixteen)|\b(?:binary|octal|hex(?:adecimal)?|XOR|clock|nim|GF|"
    r"o'clock)\b|⊕|\\oplus|\bdefin\w*\s(?:the\s|a\s|an\s|new\s)*(?:binary\s)?(?:operat|\w\s?[*@#∗⊕])|"
    r"\b[a-z]\s?[*@#∗◦∘★☆⊗]\s?[a-z]\s?=|进制|定义|新运算|模\s?\d|余数?|同余",
    re.IGNORECASE,
)
_UNSURE_BEFORE = re.compile(
    r"(?:\b(?:of|by|than|between|from|half|twice|double|triple|thrice|choose|over|log|sin|cos|tan|"
    r"root|to|minus|plus|times|divided|per|out of|from|per|fraction|percent)\b|一半|倍|根|的)\s*$",
    re.IGNORECASE,
)
_LIST_BEFORE = re.compile(
    r"\b(?:sum|product|difference|average|mean|median|between|gcd|lcm|ratio|both|quotient)\b"
    r"[^=.;]{0,60}\band\s*$",
    re.IGNORECASE,
)
_REMAINDER = re.compile(
    r"\s*,?\s?(?:with\s)?(?:an?\s)?(?:remainder|rem\b|[rR]\s?\d|余|\.{3}|…)", re.IGNORECASE
)
# "2 + 2 = 5" is false.
_JUDGED = re.compile(
    r"\s?[\"”’']|\s(?:is|was|would be|being|fails|for large|means|makes no)\b(?!\s(?:the|our|my))",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\s*(?:[\w%°$-]{1,12}\s)?(?:more|less|fewer|larger|greater|smaller|times|dozen|score|pairs?|"
    r"digits?|and\s\d|out of|of|in|to|or|away|off|short|over|mod|squared|choose|and a|"
    r"多|少|倍|或|到|至)(?![a-z])",
    re.IGNORECASE,
)


class Context:
    """The text of a step, without its code."""

    def __init__(self, text: str) -> None:
        self.text = text

    def is_asked(self, end: int) -> bool:
        """Whether the sentence is a question, or a question mark follows."""
        found = _SENTENCE_END.search(self.text, end, end + _AROUND)
        return bool(_QUESTION.match(self.text, end)) or bool(found and found[0] in "?？")

    def is_unsure(self, start: int, end: int) -> bool:
        """Whether the sentence supposes or denies it, or the words around change its meaning."""
        sentence = self._sentence_before(start)
        return bool(
            self._is_supposed(sentence)
            or _DENIED.search(sentence)
            or _UNSURE_BEFORE.search(sentence)
            or _LIST_BEFORE.search(sentence)
            or _REMAINDER.match(self.text, end)
            or _COMPARED.match(self.text, end)
            or _JUDGED.match(self.text, end)
        )

    @cached_property
    def has_other_arithmetic(self) -> bool:
        """Whether the step counts in another way: modulo, in another base, with new signs."""
        return bool(_OTHER_ARITHMETIC.search(self.text))

    def has_remainder(self, end: int) -> bool:
        """Whether a remainder follows."""
        return bool(_REMAINDER.match(self.text, end))

    def is_cut(self, end: int) -> bool:
        """Whether the text ends here, so that more digits may follow."""
        return end >= len(self.text)

    def _sentence_before(self, start: int) -> str:
        text = self.text[max(0, start - _AROUND) : start]
        last = 0
        for match in _SENTENCE_END.finditer(text):
            last = match.end()
        return text[last:]

    def _is_supposed(self, sentence: str) -> bool:
        ends = [match.end() for match in _SUPPOSED.finditer(sentence)]
        return bool(ends) and not _CONCLUDED.search(sentence, ends[-1])
