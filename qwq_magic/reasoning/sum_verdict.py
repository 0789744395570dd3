"""Compare the sides of an equality: equal, different, or not certain enough to judge."""

from __future__ import annotations

import re
from fractions import Fraction

from qwq_magic.reasoning.sum_context import Context
from qwq_magic.reasoning.sum_sides import Side

# Below this relative difference, irrational values are equal.
_TINY = Fraction(1, 10**20)
# What a unit is often converted by.
_FACTORS_TEXT = (
    "2 3 3.6 4 5 7 8 10 12 16 20 24 25 30 36 50 52 60 100 144 365 500 1000 1440 1760 3600 5280 "
    "10000 86400 100000 1000000 1000000000"
)
_FACTORS = frozenset(map(Fraction, _FACTORS_TEXT.split()))
_MEASURE = re.compile(
    r"(?:[kcmnd]?m|[km]?g|m?l|mL|h|s|hrs?|mins?|secs?|ms|ft|in|lb|oz|km/h|mph|N|J|W|V|A|K|C|L)[²³]?(?!\w)|"
    r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centur\w+|(?:kilo|centi|"
    r"milli)?(?:met(?:er|re)s?|grams?|lit(?:er|re)s?)|miles?|feet|foot|inch(?:es)?|yards?|pounds?|"
    r"ounces?|tons?|tonnes?|gallons?|tbsps?|tsps?|\w+spoons?|quarts?|pints?|cups?|cents?|penn\w+|nickels?|dimes?|quarters?|"
    r"dollars?|dozens?|degrees?|radians?|bits?|bytes?|halves|thirds|pairs?)\b|"
    r"\\text|\\mathrm|\\circ|°|.*[时秒天周月年米克吨升里尺寸斤两角分元度刻]",
)


def verdict(left: Side, right: Side, relation: str, context: Context) -> bool | None:
    """Whether two sides are equal; None if that is not to be judged."""
    if left.is_bare and right.is_bare:
        return None
    if relation == "is" and (left.is_bare or context.is_unsure(right.start, right.end)):
        return None
    if context.is_asked(right.end):
        return None
    if relation == "about":
        if _is_equal(left, right) or _is_rounded(left, right):
            return True
        return False if _is_far(left, right) and _is_wrong(left, right, context) else None
    if _is_equal(left, right):
        return True if right.goes_on or not context.has_remainder(right.end) else None
    if _is_rounded(left, right):
        return True
    if relation == "is" and not set(right.units) <= set(left.units):
        return None  # 2^10 is 4 digits
    return False if _is_wrong(left, right, context) else None


def _is_equal(left: Side, right: Side) -> bool:
    one, other = left.number, right.number
    if right.goes_on:
        return abs(one.value - other.value) < right.step
    if one.value == other.value:
        return True
    if (one.is_rough or other.is_rough) and abs(one.value - other.value) <= _TINY * abs(one.value):
        return True
    # (5 / 20) * 100 = 25%
    is_percent = right.has_percent and right.is_bare and not left.has_percent
    return is_percent and one.value == other.value * 100


def _is_rounded(left: Side, right: Side) -> bool:
    """Whether the number shown is the other side, rounded to its digits."""
    shown, computed = (right, left) if right.is_bare else (left, right)
    if not shown.step:
        return False
    off = abs(shown.number.value - computed.number.value)
    return 2 * off <= shown.step and abs(shown.number.value) >= 20 * off


def _is_far(left: Side, right: Side) -> bool:
    """Whether an approximation with three digits or more is off by a tenth or more."""
    shown, computed = right.number, left.number
    has_digits = right.step and abs(shown.value) >= 100 * right.step
    return bool(has_digits) and abs(shown.value - computed.value) * 10 > abs(computed.value)


def _is_wrong(left: Side, right: Side, context: Context) -> bool:
    """Whether nothing but an error explains the difference."""
    return not (
        left.number.is_doubtful
        or right.number.is_doubtful
        or right.goes_on
        or right.ends_in_dash
        or context.is_cut(right.end)
        or (context.has_other_arithmetic and not left.has_modulo)
        or _may_be_rounded(left, right)
        or _may_be_converted(left, right)
        or _may_mean_percent(left, right)
        or _is_named(left, right)
        or context.is_unsure(left.start, right.end)
        or _runs_on(left, right)
    )


def _is_named(left: Side, right: Side) -> bool:
    # "Case 2 = 5 - 2", "5 groups = 5 * 4".
    return left.is_bare and not right.is_bare and (not left.is_whole or bool(left.units))


def _runs_on(left: Side, right: Side) -> bool:
    """Whether the sum goes on with its result, as in 3 + 4 = 7 * 6."""
    return right.head == left.number.value


def _may_mean_percent(left: Side, right: Side) -> bool:
    # 50 + 10% = 55, 20% × 50% = 10.
    one, other = left.number.value, right.number.value
    is_hidden = left.has_percent and (one * 100 == other or other * 100 == one)
    return left.mixes_percent or right.mixes_percent or is_hidden


def _may_be_rounded(left: Side, right: Side) -> bool:
    one, other = left.number, right.number
    off = abs(one.value - other.value)
    shown, computed = (right, left) if right.is_bare else (left, right)
    if not shown.is_bare:
        if one.is_rough or other.is_rough:
            return off * 50 <= abs(one.value)
        return off <= 3 * Fraction(one.slack + other.slack)
    if step := shown.step:
        if (computed.number.value / step).denominator == 1 and not computed.number.is_rough:
            return off <= 3 * Fraction(computed.number.slack) and step < Fraction(1, 100)
        return off < max(2 * step, 3 * Fraction(computed.number.slack))
    if computed.number.value.denominator != 1 or computed.number.slack:
        return off < 1 or off <= 3 * Fraction(computed.number.slack)
    return _is_round(shown.number.value, off)


def _is_round(value: Fraction, off: Fraction) -> bool:
    """Whether a whole number ends in zeros that explain the difference, such as 998,000."""
    digits = str(abs(value))
    zeros = len(digits) - len(digits.rstrip("0"))
    return zeros >= 2 and len(digits) > zeros + 1 and off * 2 <= 10**zeros


def _may_be_converted(left: Side, right: Side) -> bool:
    units = {_root_of(unit) for unit in (*left.units, *right.units) if _MEASURE.match(unit)}
    if len(units) > 1:
        return True
    if not units or not right.number.value or not left.number.value:
        return False
    ratio = abs(left.number.value / right.number.value)
    return (ratio in _FACTORS or 1 / ratio in _FACTORS) and set(left.units) != set(right.units)


def _root_of(unit: str) -> str:
    """60 cm and 60 cm² are the same unit here."""
    return unit.rstrip("²³").removeprefix("平方").removeprefix("立方")
