"""Recompute the equalities between numbers in a step: `17 × 24 = 418` is wrong.

A verdict needs two values that are certain. So nothing is judged that has an unknown on either
side, that is asked, supposed or denied, that converts units, or that differs by no more than its
rounding. Code is not read, and of a very long step only the beginning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qwq_magic.reasoning.arithmetic import Token
from qwq_magic.reasoning.exact_numbers import spelled
from qwq_magic.reasoning.sum_context import Context
from qwq_magic.reasoning.sum_sides import Side, left_side, right_side
from qwq_magic.reasoning.sum_tokens import tokens_of, without_code
from qwq_magic.reasoning.sum_verdict import verdict

# No sentence is longer, and a step of this length is not prose.
_LONGEST_STEP = 20_000
_MAY_HAVE = re.compile(
    r"[=＝≈]|\\(?:approx|equals)|\b(?:is|are|equals?|gives|makes|yields)\b|[等是为為得约]"
)
_SIGN = re.compile(
    r"[-+*/×÷^%!√\\·⋅−–∙✕％（(²³＋C]|\b(?:times|plus|minus|divided|multiplied|squared|cubed|mod|power)\b|"
    r"\d\s?[xX]\s?\d|[加减乘除方分]"
)
_RELATIONS = frozenset(("relation", "is", "about", "other"))
_ENDS = _RELATIONS | {"stop", "dash"}
_MOST_TOKENS = 200
# No step of prose has more.
_MOST_RELATIONS = 200
_MOST_SUMS = 5_000


@dataclass(frozen=True, slots=True)
class Check:
    """An equality between numbers that was recomputed.

    Attributes:
        start: its start in the text of the step, in characters.
        end: its end, so that `step.text[start:end] == text`.
        text: the equality as it is written.
        expression: the side of it that was computed.
        shown: the other side.
        computed: the value of the expression; rounded, after "≈ ", if it has no short decimal.
        holds: whether the sides are equal, or `shown` is the value rounded to its digits.
    """

    start: int
    end: int
    text: str
    expression: str
    shown: str
    computed: str
    holds: bool


def checks_of(text: str) -> tuple[Check, ...]:
    """Return the equalities in the text of a step that could be recomputed, in order."""
    return _checks_and_relations(text)[0]


def _checks_and_relations(text: str) -> tuple[tuple[Check, ...], int]:
    """Return the checks, and how many relations were looked at."""
    text = text[:_LONGEST_STEP]
    if not _MAY_HAVE.search(text) or not _SIGN.search(text):
        return (), 0
    masked = without_code(text)
    tokens = tokens_of(masked)
    runs = _runs_of(tokens)
    context = Context(masked)
    found = (_check(runs, at, tokens, context) for at in range(len(runs) - 1))
    relations = sum(tokens[end].kind in _RELATIONS for _, end in runs[:-1])
    return tuple(check for check in found if check), relations


class SumChecker:
    """Checks the steps of one reasoning in order, up to a limit that only a hostile one reaches.

    A check takes 50 to 200 µs, so a megabyte that consists of sums would take seconds.
    """

    def __init__(self) -> None:
        self._room = _MOST_SUMS

    def checks_of(self, text: str) -> tuple[Check, ...]:
        """Return the checks of the next step; none when the limit is reached."""
        if self._room <= 0:
            return ()
        checks, relations = _checks_and_relations(text)
        self._room -= relations
        return checks


def _runs_of(tokens: list[Token]) -> list[tuple[int, int]]:
    """Return the stretches between relations and stops, each up to the token that ends it."""
    ends = [at for at, token in enumerate(tokens) if token.kind in _ENDS]
    related = [at for at, token in enumerate(tokens) if token.kind in _RELATIONS]
    if len(related) > _MOST_RELATIONS:
        ends = [end for end in ends if end <= related[_MOST_RELATIONS]]
        tokens = tokens[: related[_MOST_RELATIONS]]
    return list(zip([0, *(end + 1 for end in ends)], [*ends, len(tokens)], strict=True))


def _check(
    runs: list[tuple[int, int]], at: int, tokens: list[Token], context: Context
) -> Check | None:
    begin, middle = runs[at]
    relation, end = tokens[middle], runs[at + 1][1]
    if relation.kind not in ("relation", "is", "about"):
        return None
    if not 0 < middle - begin <= _MOST_TOKENS or not 0 < end - middle - 1 <= _MOST_TOKENS:
        return None
    before = tokens[begin - 1].kind if begin else "stop"
    left = left_side(context.text, tokens[begin:middle], before)
    after = tokens[end].kind if end < len(tokens) else "end"
    right = right_side(context.text, tokens[middle + 1 : end], after) if left else None
    if left is None or right is None:
        return None
    holds = verdict(left, right, relation.kind, context)
    return None if holds is None else _made(left, right, holds, context.text)


def _made(left: Side, right: Side, holds: bool, text: str) -> Check:
    computed, shown = (right, left) if left.is_bare and not right.is_bare else (left, right)
    return Check(
        start=left.start,
        end=right.end,
        text=text[left.start : right.end],
        expression=text[computed.start : computed.end],
        shown=text[shown.start : shown.end],
        computed=_spelled(computed),
        holds=holds,
    )


def _spelled(side: Side) -> str:
    exact = spelled(side.number.value)
    if side.number.is_rough or len(exact) > 24:
        return f"≈ {float(side.number.value):.6g}"
    return exact
