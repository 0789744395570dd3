"""The two sides of an equality: the sum that ends before its sign, and the one after it.

Words after a number are its unit and do not count; other words end the sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from qwq_magic.reasoning.arithmetic import Number, Token, evaluate

_OPERATORS = frozenset(("+", "-", "*", "/", "÷", "//", "mod", "^"))
_OPERAND_ENDS = frozenset(("n", ")", "}", "!", "%"))
_LONGEST_UNIT = 4
_UNIT_PARTS = (["/", "word"], ["*", "word"], ["^", "n"])
# Words that begin or join clauses are not units.
_CLAUSES = (
    "and or so then but while which that if since because as with where when we is are for to the "
    "not thus hence therefore 和 与 所以 则 而 且 或 但 因为 那么 以及"
)
_JOINING = frozenset(_CLAUSES.split())
_DOTS = (".", "…", "\\")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an equality.

    Attributes:
        start: its start in the text, in characters.
        end: its end, with its unit on the left and without it on the right.
        number: its value.
        is_bare: whether it is just a number, so that nothing is computed.
        has_percent: whether it has a percent sign.
        mixes_percent: whether it adds percentages to other numbers.
        has_modulo: whether it has a modulo sign.
        units: the words after its numbers, in order.
        is_whole: whether nothing else comes before it (on the left) or after it (on the right).
        step: one in its last place, if it is just a number; 0 for a whole number without %.
        goes_on: whether dots follow it, as in 0.333….
        head: its first number, if that is not all; None if it begins with something else.
    """

    start: int
    end: int
    number: Number
    is_bare: bool
    has_percent: bool
    mixes_percent: bool
    has_modulo: bool
    units: tuple[str, ...]
    is_whole: bool
    step: Fraction
    goes_on: bool
    ends_in_dash: bool
    head: Fraction | None


def left_side(text: str, run: Sequence[Token], before: str) -> Side | None:
    """Return the sum at the end of a run; None without one. `before` is the kind before it."""
    marks = _marks(text, run)
    begin = _after_last_opener(run, marks)
    while begin < len(run) and marks[begin] == "cut":
        begin += 1
    kinds = [token.kind for token in run[begin:]]
    if not kinds or kinds[0] == "+":
        return None
    if _goes_on_before(run, begin, kinds[0]):
        return None
    words = {text[token.start : token.end].lower() for token in run[:begin]}
    is_whole = words <= _JOINING and before != "is"
    return _side(text, run[begin:], marks[begin:], run[-1].end, is_whole=is_whole)


def _goes_on_before(run: Sequence[Token], begin: int, first: str) -> bool:
    """Whether the words before a sum are a part of it: `profit - 3`, `3 + tens (50)`."""
    at = begin
    while at > 0 and run[at - 1].kind == "word":
        at -= 1
    if at == begin:
        return False
    return first == "-" or (at > 0 and run[at - 1].kind in _OPERATORS)


def right_side(text: str, run: Sequence[Token], after: str) -> Side | None:
    """Return the sum that a run begins with; None without one. `after` is the kind after it."""
    marks = _marks(text, run)
    end = _first_closer(run, marks)
    goes_on = end > 1 and run[end - 1].kind == "unknown" and _is_dots(text, run[end - 1])
    if goes_on:
        end -= 1
    numbers = [token for token, mark in zip(run[:end], marks, strict=False) if mark == "keep"]
    if not numbers:
        return None
    # Of the words after it, the first is the unit: `= 3 hours and a half`.
    unit_end = _first_unit_end(text, run, end)
    return _side(
        text,
        run[:unit_end],
        marks[:end] + ["unit"] * (unit_end - end),
        numbers[-1].end,
        is_whole=end == len(run),
        goes_on=goes_on,
        ends_in_dash=after == "dash",
    )


def _first_unit_end(text: str, run: Sequence[Token], at: int) -> int:
    """Return the end of the unit at `at`, in tokens; `at` without one."""
    follows = 0 < at < len(run) and run[at - 1].kind in _OPERAND_ENDS
    if not follows or run[at].kind != "word" or text[run[at].start : run[at].end] in _JOINING:
        return at
    is_compound = [token.kind for token in run[at + 1 : at + 3]] == ["/", "word"]
    return at + 3 if is_compound else at + 1


def _side(
    text: str,
    run: Sequence[Token],
    marks: Sequence[str],
    end: int,
    *,
    is_whole: bool,
    goes_on: bool = False,
    ends_in_dash: bool = False,
) -> Side | None:
    kept = [token for token, mark in zip(run, marks, strict=False) if mark == "keep"]
    number = evaluate(kept) if kept else None
    if number is None:
        return None
    kinds = [token.kind for token in kept]
    is_bare = _is_bare(text, kept)
    units = _units(text, run, marks)
    if any("的" in unit or unit in ("factorial", "choose", "degrees", "root") for unit in units):
        return None
    return Side(
        start=run[0].start,
        end=end,
        number=number,
        is_bare=is_bare,
        has_percent="%" in kinds,
        mixes_percent=_mixes_percent(kinds),
        has_modulo="mod" in kinds,
        units=units,
        is_whole=is_whole,
        step=_step(kept, kinds) if is_bare else Fraction(0),
        goes_on=goes_on,
        ends_in_dash=ends_in_dash,
        head=kept[0].value if len(kept) > 2 and kinds[0] == "n" else None,
    )


def _is_bare(text: str, kept: Sequence[Token]) -> bool:
    kinds = [token.kind for token in kept]
    while len(kinds) > 2 and kinds[0] == "(" and kinds[-1] == ")":
        kinds, kept = kinds[1:-1], kept[1:-1]
    if kinds[:1] == ["-"]:
        kinds = kinds[1:]
    if kinds[-1:] == ["%"]:
        kinds = kinds[:-1]
    return (
        kinds == ["n"]
        and "C" not in (shown := text[kept[-1].start : kept[-1].end])
        and ("binom" not in shown)
    )


def _mixes_percent(kinds: Sequence[str]) -> bool:
    """Whether percentages are added to other numbers, outside parentheses: 50 + 10%."""
    if "%" not in kinds or kinds.count("%") >= kinds.count("n"):
        return False
    depth = 0
    for kind in kinds:
        depth += (kind in "({") - (kind in ")}")
        if depth == 0 and kind in "+-":
            return True
    return False


def _step(kept: Sequence[Token], kinds: Sequence[str]) -> Fraction:
    slack = next((token.slack for token in kept if token.kind == "n"), Fraction(0))
    if "%" in kinds:
        return (2 * slack or Fraction(1)) / 100
    return 2 * slack


def _units(text: str, run: Sequence[Token], marks: Sequence[str]) -> tuple[str, ...]:
    starts = [at for at, mark in enumerate(marks) if mark == "unit" and marks[at - 1] != "unit"]
    units: list[str] = []
    for begin in starts:
        end = begin
        while end < len(run) and marks[end] == "unit":
            end += 1
        units.append(text[run[begin].start : run[end - 1].end])
    return tuple(units)


def _is_dots(text: str, token: Token) -> bool:
    return text[token.start : token.end].startswith(_DOTS)


def _marks(text: str, run: Sequence[Token]) -> list[str]:
    """Mark each token: `keep`, `unit` for a word after a number, or `cut` for another word."""
    marks = ["keep"] * len(run)
    at = 0
    while at < len(run):
        if run[at].kind != "word":
            at += 1
            continue
        end = _unit_end(run, at)
        follows = at > 0 and run[at - 1].kind in _OPERAND_ENDS
        next_kind = run[end].kind if end < len(run) else "end"
        is_unit = follows and (next_kind in _OPERATORS or next_kind in (")", "}", "end"))
        words = [text[each.start : each.end] for each in run[at:end] if each.kind == "word"]
        is_unit = is_unit and len(words) <= _LONGEST_UNIT and _JOINING.isdisjoint(words)
        marks[at:end] = ["unit" if is_unit else "cut"] * (end - at)
        at = end
    return marks


def _unit_end(run: Sequence[Token], at: int) -> int:
    """Return the end of a group of words, which may be a compound unit such as m/s."""
    while at < len(run):
        if run[at].kind == "word":
            at += 1
        elif [token.kind for token in run[at : at + 2]] in _UNIT_PARTS:
            at += 2
        elif [token.kind for token in run[at : at + 4]] == ["^", "{", "n", "}"]:
            at += 4
        else:
            break
    return at


def _after_last_opener(run: Sequence[Token], marks: Sequence[str]) -> int:
    """Return where the sum at the end of a run begins."""
    depth = 0
    for at in range(len(run) - 1, -1, -1):
        kind = run[at].kind
        if marks[at] == "cut":
            return at + 1
        if kind in (")", "}"):
            depth += 1
        elif kind in ("(", "{"):
            depth -= 1
            if depth < 0:
                return at + 1
    return 0


def _first_closer(run: Sequence[Token], marks: Sequence[str]) -> int:
    """Return where the sum that a run begins with ends."""
    depth = 0
    for at, token in enumerate(run):
        if marks[at] == "cut":
            return at
        if token.kind in ("(", "{"):
            # A remark in parentheses ends the sum: `= 12 (apples)`.
            if at + 1 < len(run) and marks[at + 1] == "cut":
                return at
            depth += 1
        elif token.kind in (")", "}"):
            depth -= 1
            if depth < 0:
                return at
    return len(run)
