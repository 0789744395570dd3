"""Captions: the short lines around a turn, such as its duration, its cost and how it ended.

The analysis reads untrusted text and counts. A bug in it must not cost the reader the answer,
so everything derived from it goes through `analysed`, which falls back to a default.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar

from qwq_magic.memory import TurnPosition
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.reasoning import Loop

_logger = logging.getLogger("qwq_magic")
_T = TypeVar("_T")


def analysed(analyse: Callable[[], _T], *, otherwise: _T) -> _T:
    """Return the result of `analyse`, or `otherwise` if it raises."""
    try:
        return analyse()
    except Exception:
        # The reader can do nothing about it, so the traceback goes to the log, at debug level.
        _logger.debug("Part of the analysis failed and is omitted.", exc_info=True)
        return otherwise


# Shown while the turn streams, when stopping it still saves time and tokens.
_LOOP_ADVICE: Final = (
    "The model is looping; it rarely recovers. Stop it, then run the cell again or rephrase "
    "the prompt."
)


def reasoning_caption(turn: Turn) -> str:
    """Return `Thought for 12.4 s · 412 tokens`, with `≈` if the tokens are estimated."""
    seconds = turn.timing.thinking_s
    verb = "Thought" if turn.complete or turn.answer else "Thought so far"
    thought = verb if seconds is None else f"Thought for {spoken_seconds(seconds)}"
    # Imported late to keep %load_ext fast.
    from qwq_magic.reasoning.analysis import reasoning_tokens_in

    tokens = analysed(lambda: reasoning_tokens_in(turn), otherwise=None)
    if tokens is None:
        return thought
    about = "≈ " if turn.usage.reasoning_tokens is None else ""
    return f"{thought} · {about}{counted(tokens, 'token')}"


def footer_caption(turn: Turn, *, place: TurnPosition | None) -> str:
    """Return `qwq-plus · dashscope · 1,203 tokens · 14.2 s · main · turn 3`.

    Unknown parts are omitted.
    """
    tokens = turn_tokens(turn)
    total_s = turn.timing.total_s
    parts = (
        turn.model,
        turn.server,
        f"{tokens} token{'' if tokens.removeprefix('≈ ') == '1' else 's'}",
        "" if total_s is None else spoken_seconds(total_s),
        turn.conversation,
        "" if place is None else f"turn {place.number}",
        "" if place is None or place.attempt == 1 else f"re-run: attempt {place.attempt}",
        "" if turn.finish_reason in (None, "", "stop") else f"finished: {turn.finish_reason}",
    )
    return " · ".join(part for part in parts if part)


def turn_tokens(turn: Turn) -> str:
    """Return the server's token count, `1,203`, or an estimate from the texts, `≈ 1,200`."""
    usage = turn.usage
    counted = usage.total_tokens if usage.total_tokens is not None else usage.output_tokens
    if counted is not None:
        return f"{counted:,}"
    return f"≈ {round(estimate_tokens(turn.reasoning) + estimate_tokens(turn.answer)):,}"


def ending_caption(turn: Turn) -> str:
    """Return how the turn ended; "" for a normal ending."""
    if turn.error is not None:
        return turn.error.message
    if turn.state == "stopped":
        return "Stopped by you."
    if turn.finish_reason == "length":
        if turn.answer.strip():
            return "Ran out of tokens: the answer is cut off."
        return "Ran out of tokens while thinking: no answer."
    if turn.finish_reason == "tool_calls":
        return "The model called a tool, but none is available. Ask it to answer without tools."
    return "" if turn.answer.strip() else "The reply has no answer."


def loop_advice(loop: Loop | None) -> str:
    """Return advice about the loop a reply is in; "" without one.

    A ruler, such as a long line of dashes, is usually intended and gets no advice.
    """
    return "" if loop is None or loop.is_ruler else _LOOP_ADVICE


def loop_caption(loops: Iterable[Loop]) -> str:
    """Return a note that the reasoning repeated itself; "" if it did not."""
    count = sum(not loop.is_ruler for loop in loops)
    if not count:
        return ""
    where = "" if count == 1 else f" in {count} places"
    return f"The reasoning repeats itself word for word{where}."


def counted(count: int, name: str) -> str:
    """Return a count with its noun: `1 token`, `1,203 tokens`."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def spoken_seconds(seconds: float) -> str:
    """Return a duration such as `12.4 s` or `2 min 5 s`."""
    # 59.95 would round to `60.0 s`.
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
