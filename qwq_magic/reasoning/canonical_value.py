r"""Give a value its one spelling, so that equal values are equal strings.

`$\boxed{1{,}234}$` and `1234 cm²` are both `1234`, `.375` and `\frac{3}{8}` are `3/8`, `(C) 12`
is `C`, `{3, -2}` is `{-2,3}` and `3:30 PM` is `15:30`: markup, units and the names of variables
are dropped. Nothing is computed and nothing checked.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from qwq_magic.reasoning.dates import read_date
from qwq_magic.reasoning.exact_numbers import read_number, spelled
from qwq_magic.reasoning.plain_math import plain_math
from qwq_magic.reasoning.ranges import read_range
from qwq_magic.reasoning.units import has_only_a_unit
from qwq_magic.reasoning.value_cues import VERDICT_WORDS

LONGEST_VALUE = 200  # characters, with markup

ValueKind: TypeAlias = Literal[
    "number", "letter", "word", "time", "collection", "expression", "text"
]


@dataclass(frozen=True, slots=True)
class Value:
    """A value in its one spelling, and what it is."""

    kind: ValueKind
    text: str


_MARKUP = re.compile(r"\b(?:US|CA|AU|HK|NZ|[ACRS])(?=\$\d)|\*\*|__|[`$]|^\*(?=\w)|(?<=\w)\*$")
_BLANKS = re.compile(r"\s+")
_LETTER = re.compile(
    r"\(([A-Z]|[a-j])\)(?:$|[\s:：.])|([A-Z])$|([A-J])(?:[.:：、]\s?(?=[^\s.])(?![A-Z]\.)|\)(?:\s|"
    r"$))|([a-j])\)\s(?!.{0,80}\b[a-j]\)\s)"
)
_ABOUT = re.compile(
    r"^(?:[≈~=]|(?:about|approximately|roughly|around|etwa|rund|aproximadamente|environ)\b|"
    r"大?约)\s?"
    r"(?=[\d.$-])",
    re.IGNORECASE,
)
_OPTION = re.compile(
    r"^(?:option|choice|answer|opción|antwort|respuesta|réponse|选项|选)\s?(?=\(?[A-J]\b)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"\(?[A-J]\)?(?:(?:\s?[,、&]\s?|\s(?:and|und|y|et|和)\s)\(?[A-J]\)?){1,8}")
_WORD = re.compile(rf"({VERDICT_WORDS})(?:$|\s?[,.!;:—、。]|\s-\s)", re.IGNORECASE)
_CHINESE_WORD = re.compile(
    r"(?:这个?(?:说法|命题|结论)?)?(?:(?P<wrong>不对|不正确|不成立|错误?的?)|"
    r"(?P<no>不是的?|否)|(?P<right>对的?|正确的?)|(?P<yes>是的?))(?:$|[，。,.!！:：；;])"
)
_CHINESE_WORDS = {"wrong": "错", "no": "否", "right": "对", "yes": "是"}
_TIME = re.compile(
    r"(?P<before>上午|早上|凌晨|下午|晚上|中午)?\s?(?P<hour>[01]?\d|2[0-4])"
    r"(?::(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?|\s?[点點时時]\s?(?:(?P<cjk>[0-5]?\d)分?|整)|"
    r"\s?h\s?(?P<french>[0-5]\d)|(?=\s?(?:[ap]\.?m\b|uhr\b|o'clock))|(?<=午\d)[点點]|"
    r"(?<=午\d\d)[点點])"
    r"\s{0,2}(?P<half>[ap]\.?m\b\.?)?(?:\s?(?:uhr|hours|hrs|h|o'clock)\b)?",
    re.IGNORECASE,
)
# "1 hour and 20 minutes" is not a number of hours; it is kept as a text.
_COUNT = (
    r"\d{1,9}(?:\.\d{1,9})?\s?"
    r"(?!(?:or|and|to|bis|a|à|hasta|plus|minus|times|is|of|by|x)\b)[^\W\d_]{1,20}"
)
COMPOUND = re.compile(rf"{_COUNT}(?:,?\s?(?:(?:and|und|y|et)\s)?{_COUNT}){{1,3}}(?![^\W\d_])")
_AND = re.compile(r",?\s(?:and|und|y|et)\s|,\s")
_NAMED = re.compile(
    r"(?P<name>[A-Za-zα-ωΑ-Ω]|[A-Za-z](?=_?\d)|[A-Za-z]\([A-Za-z0-9, ]{1,12}\)|"
    r"[∠△]?[^\W\d_]{2,20}(?:\s[^\W\d_]{1,20}){0,3})"
    r"(?:_?\w{1,8})?\s?[=≈∈]\s?"
)
_CALCULATION = re.compile(r"(?:[-+*/^\d\s.()]|pi|sqrt|sin|cos|tan|log|ln){1,80}")
_SUM = re.compile(r"[-+*/^\d\s.()]{1,200}")
_EQUALS = re.compile(r"(?<![<>!=])[=≈∈](?!=)")
_ALTERNATIVES = re.compile(r"\s?[,;或和]\s?|\s(?:or|and|oder|und|o|y|ou|et)\s")
_OPENING, _CLOSING = "([{⟨", ")]}⟩"
# Names that may be part of a formula; any other word of three letters makes it a text.
_FUNCTION = re.compile(
    r"sqrt|sin|cos|tan|cot|sec|csc|log|ln|exp|lim|max|min|mod|pi|inf|theta|alpha|beta|"
    r"gamma|delta|lambda|mu|sigma|phi|omega|epsilon|rho|tau|gcd|lcm|det|binom|arcsin|"
    r"arccos|arctan|arg|dx|dy|dt|sinh|cosh|tanh|int|sum|prod"
)
_NAME = re.compile(
    r"[^\W\d_]{3,}|[\u3040-\u9fff\uac00-\ud7af]|"
    r"\b(?i:to|or|of|is|in|by|at|as|it|we|if|on|so|no|am|be|do|ok|hi|de|la|el|es|du|et|ou|zu)\b"
)
_FORMULA = re.compile(r"[\d=+*/^<>±∪∩()|!_]|\b(?:sqrt|pi|inf)\b")
_STAR = re.compile(r"(?<=[\w)])\*(?=[A-Za-z(])")
_NOT_SPACED = re.compile(r"\s*([-+*/^=<>(),;±∪∩∈|!:])\s*")
# `2 pi r` is `2pi r`: without the blank, two names would become one.
_BLANK = re.compile(r"(?<![^\W_]) | (?![^\W_])|(?<=\d) (?=[^\W\d_])")
_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ENDS = " \t\n.。,，;；:：!！\"'"


def canonical(text: str, *, is_math: bool = False) -> str:
    """Return the one spelling of a value; "" if nothing is left of it.

    Args:
        text: the value as it is written; only its first 200 characters are read.
        is_math: whether the value is a formula, in which `5m` is a product and no length.
    """
    value = read_value(text, is_math=is_math)
    return value.text if value else ""


# Reasonings repeat their values.
@functools.lru_cache(maxsize=1_024)
def read_value(text: str, *, is_math: bool = False) -> Value | None:
    """Return a value in its one spelling, with its kind; None if nothing is left of it."""
    text = text[:LONGEST_VALUE]
    is_math = is_math or "$" in text or "\\" in text
    plain = _BLANKS.sub(" ", _MARKUP.sub("", plain_math(text))).strip(_ENDS)
    plain = _ABOUT.sub("", plain)
    # A full stop at the beginning belongs to a decimal.
    if re.match(rf"\s*[-+$*(]*\.{re.escape(plain[:1])}\d?", text.strip()) and plain[:1].isdigit():
        plain = f".{plain}"
    return _read(plain, is_math) if plain else None


def _read(plain: str, is_math: bool) -> Value | None:
    for read in (_letter, _word, _time):
        if value := read(plain):
            return value
    if date := read_date(plain):
        return Value("time", date)
    if value := _number(plain, is_math):
        return value
    if found := read_range(plain, is_math=is_math):
        return Value("collection", found)
    return _solutions(plain, is_math) or _collection(plain, is_math) or _other(plain)


def _letter(plain: str) -> Value | None:
    if _LETTERS.fullmatch(plain):
        return Value("letter", ",".join(sorted(re.findall(r"[A-J]", plain))))
    plain = _OPTION.sub("", plain)
    match = _LETTER.match(plain)
    return Value("letter", next(filter(None, match.groups())).upper()) if match else None


def _word(plain: str) -> Value | None:
    if match := _WORD.match(plain):
        return Value("word", match[1].lower())
    match = _CHINESE_WORD.match(plain)
    return Value("word", _CHINESE_WORDS[str(match.lastgroup)]) if match else None


def _time(plain: str) -> Value | None:
    match = _TIME.fullmatch(plain)
    if match is None:
        return None
    hour = int(match["hour"])
    half = (match["half"] or "")[:1].lower()
    if hour < 12 and (half == "p" or match["before"] in ("下午", "晚上")):
        hour += 12
    elif hour == 12 and (half == "a" or match["before"] == "凌晨"):
        hour = 0
    minute = (match["minute"] or match["cjk"] or match["french"] or "").rjust(2, "0")
    second = f":{match['second']}" if match["second"] else ""
    return Value("time", f"{hour}:{minute}{second}")


def _number(plain: str, is_math: bool) -> Value | None:
    found = read_number(plain)
    if found is None:
        return None
    if has_only_a_unit(found[1], is_math=is_math):
        return Value("number", spelled(found[0]))
    match = COMPOUND.fullmatch(plain)
    return Value("number", _AND.sub(" ", plain.lower())) if match else None


def _solutions(plain: str, is_math: bool) -> Value | None:
    """Read `x = 3`, `x = 3 or x = -2` and `±2`."""
    if plain.startswith("±") and (found := read_number(plain[1:].strip())) and not found[1]:
        return Value("collection", _set([spelled(-found[0]), spelled(found[0])]))
    if not _EQUALS.search(plain) or re.search(r"[<>]", plain):
        return None
    parts = [part.strip() for part in _ALTERNATIVES.split(plain) if part.strip()]
    names = [_NAMED.match(part) for part in parts]
    if len(parts) > 1 and all(names) and len({name["name"] for name in names if name}) == 1:
        values = [
            _read(part[name.end() :], is_math)
            for part, name in zip(parts, names, strict=True)
            if name
        ]
        return Value("collection", _set([value.text for value in values if value]))
    if len(parts) > 1 and sum(map(bool, names)) > 1:
        return None
    # `a + b = 1 + 2 = 3` is 3, and `f(x) = x + 1` is x + 1, but `2x + 3y = 6` is an equation.
    *sides, last = (side.strip() for side in _EQUALS.split(_exact(plain)))
    if _NAMED.match(plain) or len(sides) > 1 or not sides or _CALCULATION.fullmatch(sides[0]):
        return _read(last, is_math) if last else None
    return None


def _exact(plain: str) -> str:
    """Return `x = 22/7` of `x = 22/7 ≈ 3.14`, and `x ≈ 3.14` of `x = 22*3.14/22 ≈ 3.14`."""
    exact, *about = plain.split("≈")
    *sides, last = (side.strip() for side in exact.split("="))
    if not about or not last:
        return plain
    is_name = not sides and _NAMED.match(plain) is not None
    number = read_number(last)
    is_value = (number is not None and not number[1]) or (
        _CALCULATION.fullmatch(last) is not None and not _SUM.fullmatch(last)
    )
    return exact if (is_value and not is_name) or (sides and not _SUM.fullmatch(last)) else plain


def _collection(plain: str, is_math: bool) -> Value | None:
    """Read a set, an interval, a tuple or a union of them."""
    if "∪" in plain:
        parts = [_collection(part.strip(), is_math) for part in plain.split("∪")]
        texts = [part.text for part in parts if part]
        return Value("collection", "∪".join(texts)) if len(texts) == len(parts) else None
    if plain == "{}":
        return Value("collection", plain)
    opening, closing = plain[:1], plain[-1:]
    if not opening or opening not in _OPENING or closing not in _CLOSING or len(plain) < 3:
        return None
    inner = _split(plain[1:-1])
    if inner is None or (len(inner) < 2 and opening != "{"):
        return None
    texts = [canonical(part, is_math=True) for part in inner]
    if opening == "{" and not re.search(r"[|:]", plain):
        return Value("collection", _set(texts))
    return Value("collection", f"{opening}{','.join(texts)}{closing}")


def _split(inner: str) -> list[str] | None:
    """Split at the commas outside brackets; None if brackets are not balanced."""
    separator = ";" if ";" in inner else ","
    parts, depth, begin = [], 0, 0
    for at, sign in enumerate(inner):
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth < 0:
            return None
        if sign == separator and not depth:
            parts.append(inner[begin:at])
            begin = at + 1
    parts.append(inner[begin:])
    return None if depth or not all(part.strip() for part in parts) else parts


def _set(texts: list[str]) -> str:
    return f"{{{','.join(sorted(set(texts), key=_order))}}}"


def _order(text: str) -> tuple[int, Fraction, str]:
    found = read_number(text)
    return (0, found[0], text) if found and not found[1] else (1, Fraction(0), text)


def _other(plain: str) -> Value:
    names = {name.lower() for name in _NAME.findall(plain)}
    if all(map(_FUNCTION.fullmatch, names)) and _FORMULA.search(plain):
        formula = _NOT_SPACED.sub(r"\1", _COMMA.sub("", plain))
        return Value("expression", _BLANK.sub("", _STAR.sub("", formula)))
    # A single letter is a name, of which capitals are another.
    return Value("text", plain if len(plain) == 1 else plain.lower())
