"""Evaluate a sum exactly, within limits: a precedence parser over fractions.

A hostile sum costs no more than a harmless one. Numbers have at most 300 digits and exponents are
checked before they are raised, so `9^9^9^9` has no value here; nor has what is nested too deeply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, factorial, isfinite, isqrt
from typing import NamedTuple

_MOST_BITS = 1_000
_LARGEST_FACTORIAL = 150
_DEEPEST = 30
# Roots and π are exact to this many digits, far more than any sum shows.
_ROOT_DIGITS = 40
PI = Fraction(31415926535897932384626433832795028841971, 10**40)

_OPENERS = {"(": ")", "{": "}"}


# A tuple, since there is one for every few characters of a text.
class Token(NamedTuple):
    """A token of a sum.

    Attributes:
        kind: `n` a number, `(` or `{` and `)` or `}`, an operator (`+`, `-`, `*`, `/`, `÷`,
            `//`, `mod`, `^`), a sign after an operand (`!`, `%`), or `sqrt`, `root` and `frac`;
            other kinds end a sum.
        start: its start in the text, in characters.
        end: its end.
        value: the value of a number.
        slack: how far a number may be off as it was rounded: half of its last decimal place.
    """

    kind: str
    start: int
    end: int
    value: Fraction = Fraction(0)
    slack: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Number:
    """The value of a sum.

    Attributes:
        value: the value, exact unless `is_rough`.
        slack: how far it may be off, if its decimals were rounded before.
        is_rough: whether it is irrational, and so not exact.
        is_doubtful: whether the sum can also be read in another way, such as -2^2.
    """

    value: Fraction
    slack: float = 0.0
    is_rough: bool = False
    is_doubtful: bool = False


class _NoValue(Exception):
    """The tokens are not a sum, or its value is beyond the limits."""


def evaluate(tokens: Sequence[Token]) -> Number | None:
    """Return the value of the tokens; None if they are not a sum, or beyond the limits."""
    parser = _Parser(tokens)
    try:
        number = parser.total()
        if parser.at < len(tokens):
            return None
    except (_NoValue, ZeroDivisionError, OverflowError):
        return None
    return Number(number.value, number.slack, parser.is_rough, parser.is_doubtful)


def binomial(above: int, below: int) -> Fraction | None:
    """Return "n choose k"; None beyond the limits."""
    return Fraction(comb(above, below)) if above <= _LARGEST_FACTORIAL else None


class _Parser:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self.at = self._depth = 0
        self.is_rough = self.is_doubtful = False

    def total(self) -> Number:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NoValue
        total = self._product()
        while (kind := self._kind()) in ("+", "-"):
            self.at += 1
            other = self._product()
            sign = 1 if kind == "+" else -1
            total = _checked(total.value + sign * other.value, total.slack + other.slack)
        self._depth -= 1
        return total

    def _product(self) -> Number:
        product, is_divided = self._signed(), False
        while kind := self._factor_follows():
            if kind == "implicit":
                # 6÷2(1+2) is read in both ways.
                if is_divided:
                    raise _NoValue
                if self._kind() == "n" or self._is_spaced():
                    self.is_doubtful = True
            else:
                self.at += 1
            # In 3×10^8 / 5×10^14 the power belongs to the divisor.
            if is_divided and kind == "*" and self._is_power_of_ten():
                self.is_doubtful = True
            is_divided = is_divided or kind in ("/", "÷")
            product = _combined(kind, product, self._divisor() if kind == "÷" else self._signed())
        return product

    def _divisor(self) -> Number:
        """Return what follows ÷: in 1/2 ÷ 1/4, the fraction is one number."""
        number = self._signed()
        while self._kind() == "/":
            self.at += 1
            self.is_doubtful = True
            number = _combined("/", number, self._signed())
        return number

    def _factor_follows(self) -> str:
        kind = self._kind()
        if kind in ("*", "/", "÷", "//", "mod"):
            return kind
        if kind in ("(", "{", "sqrt", "root", "frac"):
            return "implicit"
        # Two numbers side by side are not a product, but 2π and (2) 3 are.
        if kind == "n" and (self._previous() in (")", "}", "!") or self._is_pi()):
            return "implicit"
        return ""

    def _signed(self) -> Number:
        kind = self._kind()
        if kind not in ("+", "-"):
            return self._power()
        self.at += 1
        if self._kind() in ("+", "-"):
            raise _NoValue
        begin = self.at
        number = self._power()
        if kind == "+":
            return number
        # -2^2 is -4, but many models mean 4.
        if any(token.kind == "^" for token in self._tokens[begin : self.at]):
            self.is_doubtful = self.is_doubtful or self._tokens[begin].kind == "n"
        return Number(-number.value, number.slack)

    def _power(self) -> Number:
        base = self._marked()
        if self._kind() != "^":
            return base
        self.at += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NoValue
        exponent = self._signed()
        self._depth -= 1
        return self._raised(base, exponent.value)

    def _raised(self, base: Number, exponent: Fraction) -> Number:
        if exponent.denominator in (2, 3):
            root = self._root(base, exponent.denominator)
            return self._raised(root, Fraction(exponent.numerator))
        power = exponent.numerator
        bits = max(base.value.numerator.bit_length(), base.value.denominator.bit_length())
        if exponent.denominator != 1 or abs(power) * bits > _MOST_BITS:
            raise _NoValue
        slope = abs(power * float(base.value) ** (power - 1)) if base.slack else 0.0
        return _checked(base.value**power, base.slack * slope)

    def _marked(self) -> Number:
        number = self._operand()
        while (kind := self._kind()) in ("!", "%"):
            self.at += 1
            if kind == "%":
                number = Number(number.value / 100, number.slack / 100)
                continue
            whole = number.value
            if whole.denominator != 1 or not 0 <= whole <= _LARGEST_FACTORIAL:
                raise _NoValue
            number = Number(Fraction(factorial(whole.numerator)))
        return number

    def _operand(self) -> Number:
        kind = self._kind()
        if kind in _OPENERS:
            return self._group()
        if kind == "n":
            return self._number()
        if kind not in ("sqrt", "root", "frac"):
            raise _NoValue
        self.at += 1
        if kind == "frac":
            return _combined("/", self._group(), self._group())
        degree = self._group().value if kind == "root" else Fraction(2)
        if degree not in (2, 3):
            raise _NoValue
        inner = self._group() if self._kind() in _OPENERS else self._number()
        return self._root(inner, int(degree))

    def _group(self) -> Number:
        closer = _OPENERS.get(self._kind())
        self.at += 1
        number = self.total() if closer else None
        if number is None or self._kind() != closer:
            raise _NoValue
        self.at += 1
        return number

    def _number(self) -> Number:
        if self._kind() != "n":
            raise _NoValue
        token = self._tokens[self.at]
        self.is_rough = self.is_rough or self._is_pi()
        self.at += 1
        part = self._part_after(token)
        return _checked(token.value + part, float(token.slack) if token.slack else 0.0)

    def _part_after(self, token: Token) -> Fraction:
        """Return the fraction of a mixed number, such as 5 1/2 or 2\\frac{1}{2}."""
        kinds = [each.kind for each in self._tokens[self.at : self.at + 7]]
        if token.value.denominator != 1 or self._kind() not in ("n", "frac"):
            return Fraction(0)
        if kinds[:3] == ["n", "/", "n"]:
            above, below, length = self.at, self.at + 2, 3
        elif kinds == ["frac", "{", "n", "}", "{", "n", "}"]:
            above, below, length = self.at + 2, self.at + 5, 7
            self.is_doubtful = True
        else:
            return Fraction(0)
        part = self._tokens[above].value / self._tokens[below].value
        if not 0 < part < 1:
            raise _NoValue
        self.at += length
        return part

    def _root(self, inner: Number, degree: int) -> Number:
        value = inner.value
        if value < 0 and degree == 2:
            raise _NoValue
        scale = 10**_ROOT_DIGITS
        root = _whole_root(abs(value.numerator) * scale**degree // value.denominator, degree)
        found = Fraction(root, scale)
        if found**degree != abs(value):
            exact = Fraction(
                _whole_root(abs(value.numerator), degree), _whole_root(value.denominator, degree)
            )
            self.is_rough = self.is_rough or exact**degree != abs(value)
            found = exact if exact**degree == abs(value) else found
        slack = inner.slack / (degree * float(found) ** (degree - 1)) if found else inner.slack
        return Number(-found if value < 0 else found, slack)

    def _kind(self) -> str:
        return self._tokens[self.at].kind if self.at < len(self._tokens) else ""

    def _previous(self) -> str:
        return self._tokens[self.at - 1].kind if self.at else "none"

    def _is_spaced(self) -> bool:
        # What follows in parentheses may be a remark: `10 (100-199)`.
        return self._tokens[self.at].start > self._tokens[self.at - 1].end

    def _is_power_of_ten(self) -> bool:
        ahead = self._tokens[self.at : self.at + 2]
        return [each.kind for each in ahead] == ["n", "^"] and ahead[0].value == 10

    def _is_pi(self) -> bool:
        return self._tokens[self.at].value == PI


def _whole_root(whole: int, degree: int) -> int:
    """Return the root of a whole number, rounded down."""
    if degree == 2 or whole < 2:
        return isqrt(whole)
    root = 1 << -(-whole.bit_length() // degree)
    while (better := ((degree - 1) * root + whole // root ** (degree - 1)) // degree) < root:
        root = better
    return root


def _combined(kind: str, one: Number, other: Number) -> Number:
    left, right = one.value, other.value
    if kind in ("//", "mod"):
        quotient = left // right
        return _checked(Fraction(quotient if kind == "//" else left - right * quotient), 0.0)
    if kind in ("/", "÷"):
        value = left / right
        slack = (one.slack + abs(float(value)) * other.slack) / abs(float(right))
        return _checked(value, slack)
    return _checked(left * right, abs(float(left)) * other.slack + abs(float(right)) * one.slack)


def _checked(value: Fraction, slack: float) -> Number:
    bits = max(value.numerator.bit_length(), value.denominator.bit_length())
    if bits > _MOST_BITS or not isfinite(slack):
        raise _NoValue
    return Number(value, slack)
