"""Read a number exactly and give it its one spelling: equal numbers are equal strings.

A number is spelled as a decimal or as a fraction in lowest terms, whichever is shorter; of two
that are equally long, the fraction below 1 and the decimal above. Zeros right after the point do
not count: 3/8, 1/2, 1/3, 0.1, 0.005, 9.9, 2.5. So `.375`, `0.3750` and `6/16` are `3/8`, and
`99/10` is `9.9`. Whole numbers are written out.
"""

from __future__ import annotations

import re
from fractions import Fraction

# Larger exponents are left as they are written, and longer numbers have no exact value here.
_LARGEST_EXPONENT = 100

_CURRENCY = r"(?:(?:US)?[$€£¥₹₽]|(?:USD|EUR|GBP|CHF|Rs\.?)\s)"
_DIGITS = (
    r"(?:\d{1,3}(?:(?:,|\s|')\d{3}){1,20}(?!\d)(?:\.\d{1,80})?|\d{0,80}\.\d{1,80}|\d{1,80}\.?)"
)
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s?(?:{_CURRENCY})?\s?(?P<sign2>-?)(?P<digits>{_DIGITS})(?!\d)"
    r"(?:\s?/\s?(?P<below>\d{1,80})(?![\d.])|\s{1,3}(?P<part>\d{1,20}/\d{1,20})(?![\d.]))?"
    r"(?:\s{0,3}\*\s{0,3}10\s?\^\s?\(?(?P<power>[-+]?\d{1,6})\)?|e(?P<exponent>[-+]?\d{1,6})(?!\w))?",
    re.IGNORECASE,
)
_POWER_OF_TEN = re.compile(r"(?P<sign>[-+]?)10\s?\^\s?\(?(?P<power>[-+]?\d{1,6})\)?(?!\d)")
_ZEROS = re.compile(r"(?<=^0)\.0+|(?<=^-0)\.0+")
_GROUPS = re.compile(r"[,\s']")
# Words that are part of the number, in the languages that write them after it.
_MAGNITUDES = (
    (r"thousand|tausend|mil|mille", 3),
    (r"million(?:s|en)?|mio\.?|mill(?:ón|ones)", 6),
    (r"billions?|milliarden?|mrd\.?|milliards?|mil millones", 9),
    (r"trillions?", 12),
)
_MAGNITUDE = re.compile(
    r"\s{0,3}(?:"
    + "|".join(rf"(?P<m{power}>(?:{words})(?![^\W_]))" for words, power in _MAGNITUDES)
    + r"|(?P<m7>千万)|(?P<m6b>百万)|(?P<m4>[万萬])|(?P<m8>[亿億]))",
    re.IGNORECASE,
)
_WORDS = {
    word: value
    for value, words in enumerate(
        (
            "zero 零",
            "one 一",
            "two 二 两",
            "three 三",
            "four 四",
            "five 五",
            "six 六",
            "seven 七",
            "eight 八",
            "nine 九",
            "ten 十",
            "eleven 十一",
            "twelve 十二",
        )
    )
    for word in words.split()
}


def read_number(text: str) -> tuple[Fraction, str] | None:
    """Return the number that a plain text begins with, and the text after it; None without one.

    The text may group digits by thousands, have a sign, a currency sign, a fraction, a power of
    ten and a word such as "million".
    """
    if text in _WORDS:
        return Fraction(_WORDS[text]), ""
    match = _POWER_OF_TEN.match(text) or _NUMBER.match(text)
    if match is None:
        return None
    parts = match.groupdict()
    power = int(parts["power"] or parts.get("exponent") or 0)
    value = Fraction(_GROUPS.sub("", parts.get("digits") or "1").rstrip("."))
    below = int(parts.get("below") or 1)
    if abs(power) > _LARGEST_EXPONENT or below == 0:
        return None
    value /= below
    if part := parts.get("part"):
        above, under = map(int, part.split("/"))
        if not under or value.denominator > 1:
            return None
        value += Fraction(above, under)
    value *= Fraction(10) ** power
    rest = text[match.end() :]
    if magnitude := _MAGNITUDE.match(rest):
        value *= 10 ** int(str(magnitude.lastgroup).strip("mb"))
        rest = rest[magnitude.end() :]
    return (-value if "-" in (parts["sign"], parts.get("sign2")) else value), rest


def spelled(value: Fraction) -> str:
    """Return the one spelling of a number."""
    fraction, decimal = str(value), _decimal(value)
    if decimal is None:
        return fraction
    length = len(_ZEROS.sub(".", decimal))
    is_fraction = len(fraction) < length or (len(fraction) == length and abs(value) < 1)
    return fraction if is_fraction else decimal


def spellings(text: str) -> list[str]:
    """Return the ways to write a number that is given in its one spelling; [] for another value."""
    found = read_number(text)
    if found is None or found[1]:
        return []
    value = found[0]
    whole, part = divmod(abs(value), 1)
    # Zeros at the end may be written as a power of ten or as "million".
    ways = [str(value), _decimal(value) or "", str(value).rstrip("0"), f"{whole} {part}"]
    ways += [word for word, number in _WORDS.items() if number == value]
    return [way for way in ways if way]


def _decimal(value: Fraction) -> str | None:
    """Return the finite decimal of a number; None without one."""
    rest, places = value.denominator, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    if rest != 1 or places > _LARGEST_EXPONENT:
        return None
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    point = len(digits) - places
    return f"{'-' if value < 0 else ''}{digits[:point]}{'.' if places else ''}{digits[point:]}"
