"""The budget of a batch: what it may use before it ends in order."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from qwq_magic.errors import ConfigurationError
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Turn

# Prices for a million tokens: of the input, and of the output, reasoning included.
Prices: TypeAlias = Mapping[str, tuple[float, float]]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """What a batch may use; None for no bound.

    When it is used up, nothing more is asked. Replies that stream already end by themselves, so
    a batch may exceed its budget by those.

    Attributes:
        tokens: input and output tokens, added up.
        seconds: wall-clock time.
        cost: money, in the unit of the prices.

    Raises:
        ConfigurationError: a bound is not a number above zero.
    """

    tokens: int | None = None
    seconds: float | None = None
    cost: float | None = None

    def __post_init__(self) -> None:
        for name in ("tokens", "seconds", "cost"):
            value = getattr(self, name)
            # `type`, which does not accept True as a number.
            is_number = type(value) in (int, float) and math.isfinite(value) and value > 0
            if value is not None and not is_number:
                raise ConfigurationError(f"Budget {name} is {value!r}. Use a number above zero.")


@dataclass(frozen=True, slots=True)
class Spent:
    """What earlier batches have used of the same budget, as in the stages of a study.

    Attributes:
        tokens: input and output tokens, added up.
        seconds: wall-clock time.
        cost: money, as far as it is known.
    """

    tokens: int = 0
    seconds: float = 0.0
    cost: float = 0.0


NOTHING_SPENT = Spent()


def tokens_of(turn: Turn) -> int:
    """How many tokens a turn has used: as reported, or else estimated."""
    usage = turn.usage
    if usage.total_tokens is not None:
        return usage.total_tokens
    sent = usage.input_tokens
    if sent is None:
        sent = round(sum(estimate_tokens(message.text) for message in turn.messages))
    received = usage.output_tokens
    if received is None:
        received = round(estimate_tokens(turn.reasoning) + estimate_tokens(turn.answer))
    return sent + received


def cost_of(turn: Turn, prices: Prices | None) -> float | None:
    """What a turn has cost; None where neither the server nor the user named a price.

    A price counts only with token counts that the server reported: an estimate is not a bill.
    """
    usage = turn.usage
    if turn.cost is not None:
        return turn.cost
    price = (prices or {}).get(turn.model)
    if price is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    return (usage.input_tokens * price[0] + usage.output_tokens * price[1]) / _MILLION


def checked_prices(prices: object) -> Prices | None:
    """Return the prices.

    Raises:
        ConfigurationError: they are not pairs of numbers by model.
    """
    if prices is None:
        return None
    if not isinstance(prices, Mapping):
        raise ConfigurationError(_PRICES_HINT)
    for price in prices.values():
        pair = price if isinstance(price, (tuple, list)) else ()
        if len(pair) != 2 or not all(type(each) in (int, float) and each >= 0 for each in pair):
            raise ConfigurationError(_PRICES_HINT)
    return {str(model): (float(price[0]), float(price[1])) for model, price in prices.items()}


_PRICES_HINT = (
    "prices are pairs for a million input and output tokens, by model. "
    'Use, for example, prices={"qwq-plus": (1.6, 4.0)}.'
)
