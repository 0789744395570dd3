"""Acts on a turn: what of it another reply begins with, and what that is called.

Nothing is sent here. A session sends an act with the messages of the turn, as they were sent
before, so that the beginning of the reply is the only difference.
"""

from __future__ import annotations

from dataclasses import dataclass

from qwq_magic.errors import ConfigurationError
from qwq_magic.events import Ending
from qwq_magic.turns import Parent, Prefix, Turn, ending_in


@dataclass(frozen=True, slots=True)
class Act:
    """A reply that goes on from a turn.

    Attributes:
        turn: the turn that it comes from.
        prefix: what the reply begins with.
        parent: what the new turn says of where it came from.
    """

    turn: Turn
    prefix: Prefix
    parent: Parent


def answer_from(turn: Turn) -> Act:
    """Return the act that ends the reasoning of `turn`, and asks for the answer.

    Raises:
        ConfigurationError: the turn has no reasoning.
    """
    _require_reasoning(turn, "There is nothing to answer from")
    # A reply that the server ended without an answer is rescued: it was not cut by the user.
    is_rescued = not turn.answer.strip() and ending_in(turn) is not None
    kind = Parent(turn.id, None, "rescue" if is_rescued else "answer_now")
    return Act(turn, Prefix(turn.reasoning, closed=True), kind)


def go_on_from(turn: Turn) -> Act:
    """Return the act that continues a stopped, failed or cut reply where it ended.

    Raises:
        ConfigurationError: the model ended the reply itself, or nothing of it has arrived.
    """
    _require_turn(turn)
    if turn.complete and ending_in(turn) is not Ending.TOKEN_LIMIT:
        raise ConfigurationError(
            "The turn is complete, so there is nothing to continue. Use think_on to reopen its "
            "reasoning, or fork to continue from a step."
        )
    if not (turn.reasoning or turn.answer):
        raise ConfigurationError("The turn has no text to continue. Run its cell again instead.")
    prefix = Prefix(turn.reasoning, closed=bool(turn.answer), answer=turn.answer)
    return Act(turn, prefix, Parent(turn.id, None, "continue"))


def fork_at(turn: Turn, step: int | None, text: str | None = None, *, closed: bool = False) -> Act:
    """Return the act that samples a reply again from a step on, or from a changed one.

    Args:
        turn: the turn.
        step: the step, from 1, before which the given text ends; None for the end of the
            reasoning.
        text: what takes the place of that step; None or "" to sample it again.
        closed: whether the reasoning is over after the given text.

    Raises:
        ConfigurationError: the turn has no such step.
    """
    _require_reasoning(turn, "There is nothing to continue from")
    _require_text(text)
    steps = turn.steps
    last = len(steps) + 1
    if step is not None and not (type(step) is int and 1 <= step <= last):
        raise ConfigurationError(
            f"The reasoning has {len(steps):,} steps, so step {step!r} is not one of them. Use a "
            f"number from 1 to {last:,}."
        )
    at_end = step is None or step == last
    given = turn.reasoning if at_end else turn.reasoning[: steps[(step or 1) - 1].start]
    if text and text.strip():
        return Act(turn, Prefix(_joined(given, text), closed), Parent(turn.id, step, "edit"))
    kind = Parent(turn.id, step, "continue" if at_end else "resample")
    return Act(turn, Prefix(given, closed), kind)


def think_on_from(turn: Turn, text: str = "Wait") -> Act:
    """Return the act that reopens a finished reasoning with a word that makes a model go on.

    Raises:
        ConfigurationError: the turn has no reasoning, or the text is empty.
    """
    _require_text(text)
    if not text.strip():
        raise ConfigurationError('The text is empty. Use a word that goes on, such as "Wait".')
    return fork_at(turn, None, text)


def _joined(given: str, text: str) -> str:
    """The given steps and the user's text, which begins a paragraph of its own at their end."""
    if not given or given.endswith((" ", "\n", "\t")):
        return given + text
    return f"{given}\n\n{text}"


def _require_text(text: object) -> None:
    if not (text is None or isinstance(text, str)):
        raise ConfigurationError(f"The text is of type {type(text).__name__}. Pass a string.")


def _require_turn(turn: object) -> None:
    if not isinstance(turn, Turn):
        raise ConfigurationError(f"{type(turn).__name__} is not a turn. Pass a Turn.")


def _require_reasoning(turn: Turn, why_not: str) -> None:
    _require_turn(turn)
    if not turn.reasoning.strip():
        raise ConfigurationError(
            f"{why_not}: the turn has no reasoning. Choose a model that thinks, or run the "
            "prompt again."
        )
