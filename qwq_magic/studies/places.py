"""Where a study cuts a reasoning, and what asking there costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from qwq_magic.errors import ConfigurationError
from qwq_magic.reasoning import Steps
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Turn


@dataclass(frozen=True, slots=True)
class StudyCost:
    """What a study asks for, ≈, before anything is sent.

    Attributes:
        calls: how many requests.
        input_tokens: tokens of all prompts with the text they are given.
        new_tokens: those of them that are new to a server with a prefix cache.
        output_tokens: the most tokens of all replies.
    """

    calls: int
    input_tokens: int
    new_tokens: int
    output_tokens: int

    def __str__(self) -> str:
        """Return one line for people."""
        return (
            f"{self.calls:,} calls · ≈ {self.input_tokens:,} tokens in, ≈ {self.new_tokens:,} of "
            f"them new to a prefix cache · ≈ {self.output_tokens:,} out at most"
        )


def require_studied(turn: object) -> Turn:
    """Return the turn.

    Raises:
        ConfigurationError: it is not a turn, or has no reasoning to cut.
    """
    if not isinstance(turn, Turn):
        raise ConfigurationError(f"{type(turn).__name__} is not a turn. Pass a Turn.")
    if not turn.steps:
        raise ConfigurationError(
            "The turn has no reasoning to study. Choose a model that thinks, or run the prompt "
            "again."
        )
    return turn


def require_count(name: str, value: object, least: int = 1) -> int:
    """Return the value.

    Raises:
        ConfigurationError: it is not a whole number of at least `least`.
    """
    # `type`, which does not accept True as a number.
    if type(value) is not int or value < least:
        raise ConfigurationError(f"{name} is {value!r}. Use a whole number, {least} or more.")
    return value


def even_places(steps: Steps, count: int) -> list[int]:
    """Return how many steps are given at each place: from none to all of them, ascending.

    The places are at ends of steps, as evenly as possible by characters. There are `count` of
    them, or fewer where steps are few or some are very long.
    """
    length = steps[-1].end if steps else 0
    ends = [0, *(step.end for step in steps)]
    # So many places need no search, and a count may have any number of digits.
    if count >= len(ends) * 100:
        return list(range(len(ends)))
    places: list[int] = []
    # The places ascend, so each search goes on where the last one ended: one pass over the steps.
    at = 0
    for number in range(count):
        wanted = length * number / max(1, count - 1)
        while at + 1 < len(ends) and abs(ends[at + 1] - wanted) <= abs(ends[at] - wanted):
            at += 1
        # Two places at one end of a step would ask the same twice.
        if not places or places[-1] != at:
            places.append(at)
    return places


def given_at(turn: Turn, place: int) -> str:
    """Return the beginning of the reasoning that a place gives."""
    return turn.reasoning[: share_end(turn.steps, place)]


def share_end(steps: Steps, place: int) -> int:
    """Return where a place is, in characters."""
    return steps[place - 1].end if place else 0


def input_tokens(turn: Turn, places: Iterable[int], samples: int) -> tuple[int, int]:
    """Estimate the tokens that are sent, and how many of them no request before has sent."""
    prompt = sum(estimate_tokens(message.text) for message in turn.messages)
    # A turn from elsewhere may have no messages.
    prompt = prompt or estimate_tokens(turn.prompt)
    each = [prompt + estimate_tokens(given_at(turn, place)) for place in places]
    # Each text is the beginning of the next, so a prefix cache reads only the longest as new.
    return round(samples * sum(each)), round(max(each, default=0.0))
