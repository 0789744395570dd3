"""Recognise what follows a number as its unit: words that say what is counted, and no more."""

from __future__ import annotations

import re

# Units that may follow a number without a blank, even in a formula.
_SYMBOLS = frozenset(
    [
        "mm",
        "cm",
        "dm",
        "km",
        "nm",
        "mg",
        "kg",
        "kb",
        "mb",
        "gb",
        "tb",
        "ml",
        "cl",
        "dl",
        "ms",
        "min",
        "sec",
        "hr",
        "hrs",
        "ft",
        "lb",
        "lbs",
        "oz",
        "mi",
        "mph",
        "km/h",
        "m/s",
        "kmh",
        "hz",
        "khz",
        "mhz",
        "ghz",
        "kj",
        "kw",
        "mw",
        "kwh",
        "mol",
        "ev",
        "pa",
        "kpa",
        "atm",
        "rad",
        "deg",
        "usd",
        "eur",
        "gbp",
        "cny",
        "rmb",
        "yr",
        "yrs",
        "pm",
        "am",
        "cm^2",
        "cm^3",
        "km^2",
        "mm^2",
        "m/s^2",
        "m/s2",
        "kg/m^3",
        "g/cm^3",
        "n/m",
    ]
)
_LETTERS = frozenset(["m", "g", "s", "h", "l", "L", "J", "N", "W", "V", "A", "K", "C", "F", "d"])
# Words after which a second noun names a thing: "1 kilogram of steel" is not the number 1.
_MEASURES = re.compile(
    r"(?:kilogramm?s?|kilos?|grams?|gramm|tons?|tonnen?|pounds?|ounces?|pfund|lit(?:er|re)s?|"
    r"kilogramos?|gramos?|libras?|litros?|kg|g|lbs?|千克|公斤|克|吨|斤|升|磅)(?![a-z])",
    re.IGNORECASE,
)
_CHINESE_MEASURE = re.compile(r"\s?(?:千克|公斤|克|吨|斤|升|磅)的?[\u4e00-\u9fff]")
_THING = re.compile(r"\s(?:of|von|de|di)\s|\s[A-ZÄÖÜ][a-zäöüß]+\s?$")
# A word that makes it a statement or another value.
_MORE = re.compile(
    r"\b(?:or|and|to|than|of|for|with|if|by|is|are|was|not|but|in|plus|minus|times|through|"
    r"oder|und|bis|als|o|y|hasta|que|ou|et|à|but|ways? to)\b|[或和到至比是]",
    re.IGNORECASE,
)
_EXPONENT = re.compile(r"(?<=[A-Za-z])(?:[23](?!\d)|\^\(?-?\d\)?)")
_SHAPE = re.compile(r"[^\d=+<>?∪±!|\\{}\[\]]{0,60}")
_IN_BRACKETS = re.compile(r"\s?\([^()]{0,40}\)$")
_SEPARATOR = re.compile(r"[\s/·*.]+")
_NAMES = frozenset(["pi", "sqrt", "sin", "cos", "tan", "log", "ln", "inf", "mod", "i"])
_MOST_WORDS = 4


def has_only_a_unit(rest: str, *, is_math: bool) -> bool:
    """Whether the text after a number is nothing, a percent sign, or a unit.

    Args:
        rest: the text after the number, plain.
        is_math: whether both come from a formula, in which a letter is a variable.
    """
    rest = _IN_BRACKETS.sub("", rest)
    stripped = rest.strip().rstrip(".")
    if not stripped or stripped in ("%", "‰", "°", "'", '"', "$", "€", "£", "¥", "₽", "%."):
        return True
    if stripped.lower() in _SYMBOLS:
        return True
    bare = _EXPONENT.sub("", stripped)
    if not _SHAPE.fullmatch(bare) or bare[:1] in "-/^*:,;'(":
        return False
    if _CHINESE_MEASURE.match(rest) or (_MEASURES.match(stripped) and _THING.search(stripped)):
        return False
    is_attached = rest[:1] == rest[:1].strip()
    return _is_unit(bare, is_attached=is_attached, is_math=is_math)


def _is_unit(bare: str, *, is_attached: bool, is_math: bool) -> bool:
    words = [word for word in _SEPARATOR.split(bare) if word]
    first = words[0] if words else ""
    if len(words) > _MOST_WORDS or _MORE.search(bare):
        return False
    if len(first) == 1 and first.isascii() and first.isalpha():
        return first in _LETTERS and not (is_attached and is_math)
    if is_attached and first.isascii() and first.isalpha():
        return first.lower() in _SYMBOLS or not (is_math or first in _NAMES)
    # `3 pi` and `2 sqrt(3)` are products.
    return first not in _NAMES
