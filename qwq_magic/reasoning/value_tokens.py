"""The places in a sentence where a value may be: numbers, formulas and emphasised texts."""

from __future__ import annotations

import re

from qwq_magic.reasoning.canonical_value import COMPOUND, Value, read_value
from qwq_magic.reasoning.dates import DATE
from qwq_magic.reasoning.ranges import RANGE

_HALF_DAY = r"(?:上午|下午|早上|晚上|凌晨)"
_CLOCK = (
    rf"(?:{_HALF_DAY}\s?)?(?<![\d:.])\d{{1,2}}:\d{{2}}(?!\d)(?::\d{{2}})?(?:\s?[apAP][mM]\b)?|"
    r"(?<![\d:.])\d{1,2}(?:\s?(?:[apAP][mM]|Uhr|o['’]clock)\b|\s?h\s?[0-5]\d(?!\d))|"
    rf"{_HALF_DAY}?(?<![\d:.])\d{{1,2}}\s?[点點时時](?:\s?\d{{1,2}}分?|整)?(?!间)"
)
_RATIO = r"(?<![\d:.])\d{1,4}(?::\d{1,4}){1,4}(?![\d:])"
_LATEX_FRACTION = r"\d{0,12}\s?\\[dtc]?frac\s?(?:\d|\{[^{}]{1,40}\})\s?(?:\d|\{[^{}]{1,40}\})"
_DIGITS = (
    r"(?<![A-Za-z0-9_.])(?:\d{1,3}(?:(?:,|\{,\}|\\,)\d{3}){1,20}(?!\d)(?:\.\d{1,60})?|"
    r"\d{0,60}\.\d{1,60}|\d{1,60})(?!\d)"
)
_POWER = (
    r"(?:\s?(?:×|\\times|\\cdot|·|\*|x)\s?10\s?\^\s?\{?[-+−]?\d{1,4}\}?|"
    r"[eE][-+]?\d{1,4}(?!\w))"
)
_MAGNITUDE = r"(?:thousand|million|billion|trillion|Millionen|Milliarden|millones|[万亿])(?![a-z])"
NUMBER = (
    r"(?:(?<![A-Za-z0-9_)\]}.])[-+−]\s?)?\\?[$€£¥]?"
    rf"(?:{_CLOCK}|{_RATIO}|{_LATEX_FRACTION}|{_DIGITS}(?:\s?/\s?\d{{1,60}}|\s\d{{1,9}}/\d{{1,9}})?"
    rf"{_POWER}?(?:\s?\\?%)?(?:\s?{_MAGNITUDE})?)"
)
_MATH = r"(?<![\\$])\$(?![\s$])[^$\n]{1,120}(?<![\s\\])\$(?!\d)"
_BOLD = r"\*\*(?!\s)[^*\n]{1,100}\*\*"
_JOINED = r"(?:\s?(?:,|;|or|and|oder|und|o|y|ou|et|或|和)\s?"
_MATHS = rf"{_MATH}{_JOINED}{_MATH}){{0,6}}"
# Two solutions: `x = 3 or x = -2`.
_ONE = r"[A-Za-z]\s?=\s?[-−]?[\d./]{1,20}(?<!\.)"
_PAIR = rf"(?<![A-Za-z]){_ONE}(?:,?\s(?:or|and|oder|und|o|y|ou|et)\s{_ONE}){{1,3}}"
_MEMBER = r"[-−+]?(?:[\d.]{1,20}(?:/\d{1,9})?|[A-Za-z]|∞|inf)"
_COLLECTION = rf"(?<![\w\\])[\[({{]\s?{_MEMBER}(?:\s?[,;]\s?{_MEMBER}){{1,12}}\s?[\])}}]"
TOKEN = re.compile(
    rf"(?P<bold>{_BOLD})|(?P<pair>{_PAIR})|(?P<collection>{_COLLECTION})|(?P<math>{_MATHS})|"
    rf"(?P<code>`[^`\n]{{1,60}}`)|(?P<date>{DATE.pattern})|(?P<range>{RANGE.pattern})|"
    rf"(?P<number>{NUMBER})"
)
NUMBER_FIRST = re.compile(NUMBER)
MATHS_FIRST = re.compile(_MATHS)
_LIST = re.compile(
    rf"{NUMBER}(?:,\s{NUMBER}){{0,9}},?\s?(?:\b(?:and|und|y|et|e)\b|[和与])\s?{NUMBER}"
)
_OR = re.compile(rf"(?:\s[a-z]{{1,12}})?\s?(?:\b(?:or|oder|o|ou)\b|或者?|还是)\s?\*{{0,2}}{NUMBER}")
CONTINUES = re.compile(
    r"\s?[*/^+]\s?[\w(\\]|[A-Za-z_](?!\b)|[a-zA-Z](?<![mgshlLJNWVAKC])|\d|\s-\s\d|[-–]\d|\sin\s\d"
)
_PHRASE_END = re.compile(
    r"\.(?=\s|$)|,(?=\s)|[\n。，；;！!？?]|\s(?:since|because|weil|porque|denn|car|as)\b|\s[(（—–]|"
    r"因为"
)
_NUMBERED = re.compile(r"\d{1,3}[.)]\s")
_SURE = ("number", "letter", "word", "time", "collection")


def token_value(token: re.Match[str]) -> Value | None:
    """Return the value of a number, a formula or an emphasised text; None for mere words."""
    if token.lastgroup == "number":
        return _number_value(token)
    if token.lastgroup in ("date", "range"):
        return read_value(token[0])
    inner = token[0].strip("*`") if token.lastgroup != "math" else token[0]
    value = read_value(inner)
    if value is None or value.kind in _SURE or (value.kind == "expression" and "$" in inner):
        return value
    first = NUMBER_FIRST.match(inner)
    if first is None or _NUMBERED.match(inner) or CONTINUES.match(inner, first.end()):
        return value if value.kind == "expression" else None
    return None if inner.rstrip().endswith((":", "：")) else read_value(first[0])


def _number_value(token: re.Match[str]) -> Value | None:
    """Return the value of a number with what continues it; None for one of several choices."""
    sentence, begin, end = token.string, *token.span()
    if compound := COMPOUND.match(sentence, begin):
        return read_value(compound[0])
    if _OR.match(sentence, end):
        return None
    if several := _LIST.match(sentence, begin):
        numbers = [read_value(number[0]) for number in NUMBER_FIRST.finditer(several[0])]
        return Value("collection", ",".join(number.text for number in numbers if number))
    if CONTINUES.match(sentence, end):
        value = read_value(phrase_of(sentence[begin : end + 80]))
        return value if value and value.kind != "text" else None
    return read_value(token[0])


def phrase_of(text: str) -> str:
    """Return the text up to the end of its first phrase."""
    match = _PHRASE_END.search(text)
    return text[: match.start()] if match else text
