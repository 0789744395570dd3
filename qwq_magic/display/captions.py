"""The few words that stand around a turn: how long it thought, what it cost, how it ended.

A turn as text, whole: for a terminal, where the notebook would show both areas.

What the analysis adds to a turn; where it fails, the turn is shown without it.

The analysis reads whatever a model wrote and a server counted. A bug in it must cost the
reader neither the answer nor the end of the cell.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar

from qwq_magic.memory import Place
from qwq_magic.token_estimate import estimate_tokens
from qwq_magic.turns import Turn

if TYPE_CHECKING:
    from qwq_magic.reasoning import Loop

_logger = logging.getLogger("qwq_magic")
_T = TypeVar("_T")


def analysed(analyse: Callable[[], _T], *, otherwise: _T) -> _T:
    """What `analyse` returns, or `otherwise` if it fails."""
    try:
        return analyse()
    except Exception:
        # A cell's output is no place for a traceback; who looks for the bug sets the level.
        _logger.debug("A part of the analysis failed and is left out.", exc_info=True)
        return otherwise


# While it streams; the reader is about to act.
_LOOP_ADVICE: Final = (
    "The model repeats itself and seldom recovers. Stop it, and run the cell again or ask "
    "in other words."
)


def reasoning_caption(turn: Turn) -> str:
    """`Thought for 12.4 s · 412 tokens`; `≈` where the server did not count them."""
    seconds = turn.timing.thinking_s
    verb = "Thought" if turn.complete or turn.answer else "Thought so far"
    thought = verb if seconds is None else f"Thought for {spoken_seconds(seconds)}"
    from qwq_magic.reasoning.analysis import reasoning_tokens_in  # %load_ext is quick

    tokens = analysed(lambda: reasoning_tokens_in(turn), otherwise=None)
    if tokens is None:
        return thought
    about = "≈ " if turn.usage.reasoning_tokens is None else ""
    return f"{thought} · {about}{counted(tokens, 'token')}"


def footer_caption(turn: Turn, *, place: Place | None) -> str:
    """`qwq-plus · dashscope · 1,203 tokens · 14.2 s · main · turn 3`, leaving out the unknown."""
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
    """`1,203`, as the server counted, or `≈ 1,200` of reasoning and answer."""
    usage = turn.usage
    counted = usage.total_tokens if usage.total_tokens is not None else usage.output_tokens
    if counted is not None:
        return f"{counted:,}"
    return f"≈ {round(estimate_tokens(turn.reasoning) + estimate_tokens(turn.answer)):,}"


def ending_caption(turn: Turn) -> str:
    """How the turn ended, where that is not simply its end; else empty."""
    if turn.error is not None:
        return turn.error.message
    if turn.state == "stopped":
        return "Stopped by you."
    if turn.finish_reason == "length":
        if turn.answer.strip():
            return "Ran out of tokens: the answer is cut off."
        return "Ran out of tokens while thinking: no answer."
    if turn.finish_reason == "tool_calls":
        return "The model asked for a tool, and has none here: ask it to answer without."
    return "" if turn.answer.strip() else "The reply has no answer."


def loop_advice(loop: Loop | None) -> str:
    """What to do about the loop that a reply is in; empty if it is in none."""
    return "" if loop is None or loop.is_ruler else _LOOP_ADVICE


def loop_caption(loops: Iterable[Loop]) -> str:
    """That a reasoning with these loops repeats itself; else empty."""
    count = sum(not loop.is_ruler for loop in loops)
    if not count:
        return ""
    return f"The reasoning repeats itself word for word{'' if count == 1 else f', {count} times'}."


def counted(count: int, name: str) -> str:
    """`1 token`, `1,203 tokens`."""
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def spoken_seconds(seconds: float) -> str:
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
