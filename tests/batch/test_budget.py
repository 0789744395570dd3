from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qwq_magic import QwqError, Turn
from qwq_magic.batch.budget import Budget, checked_prices, cost_of, tokens_of
from qwq_magic.events import Usage
from qwq_magic.turns import Message

_USAGE = Usage(input_tokens=1_000, output_tokens=2_000, total_tokens=3_000)


def _turn(usage: Usage = _USAGE) -> Turn:
    return Turn(
        "1", "Why?", "x" * 360, "y" * 36, "m", usage=usage, messages=(Message("user", "Why?"),)
    )


def test_tokens_are_those_reported() -> None:
    assert tokens_of(_turn()) == 3_000
    assert tokens_of(_turn(Usage(input_tokens=5, output_tokens=7))) == 12


def test_tokens_that_were_not_reported_are_estimated() -> None:
    assert tokens_of(_turn(Usage())) == 1 + 110


def test_a_price_is_for_a_million_tokens() -> None:
    assert cost_of(_turn(), {"m": (2.0, 4.0)}) == pytest.approx(0.01)


def test_what_the_server_charged_goes_before_a_price() -> None:
    assert cost_of(replace(_turn(), cost=0.5), {"m": (2.0, 4.0)}) == 0.5


@pytest.mark.parametrize(
    ("usage", "prices"),
    [(_USAGE, None), (_USAGE, {"other": (1.0, 1.0)}), (Usage(), {"m": (1.0, 1.0)})],
)
def test_a_cost_is_never_guessed(usage: Usage, prices: Any) -> None:
    assert cost_of(_turn(usage), prices) is None


@pytest.mark.parametrize(
    "values", [{"tokens": 0}, {"seconds": -1}, {"cost": "5"}, {"tokens": True}]
)
def test_a_bound_is_a_number_above_zero(values: dict[str, Any]) -> None:
    with pytest.raises(QwqError, match="Use a number above zero"):
        Budget(**values)


@pytest.mark.parametrize("prices", [5, {"m": 1.0}, {"m": (1.0,)}, {"m": (1.0, -2.0)}])
def test_prices_that_are_no_pairs_are_an_error_that_shows_one(prices: Any) -> None:
    with pytest.raises(QwqError, match=r'prices=\{"qwq-plus": \(1\.6, 4\.0\)\}'):
        checked_prices(prices)
