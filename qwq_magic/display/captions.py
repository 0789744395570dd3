"""Captions: the short lines around a turn, such as its duration, its cost and how it ended.

The analysis reads untrusted text and counts. A bug in it must not cost the reader the answer,
so everything derived from it goes through `analysed`, which falls back to a default.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeVar

from qwq_magic.errors import NoRecording
from qwq_magic.events import Ending
from qwq_magic.memory import TurnPosition
from qwq_magic.plain_text import one_line
from qwq_magic.token_estimate import estimate_tokens, split_tokens
from qwq_magic.turns import Turn, ending_in, is_cut

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
    "The model is looping; it rarely recovers. Stop it and rephrase the prompt, or press Answer "
    "now."
)


def reasoning_caption(turn: Turn) -> str:
    """Return `Thought for 12.4 s · 412 tokens`, with `≈` if the tokens are estimated."""
    if turn.prefix and turn.given[0] >= len(turn.reasoning):
        return "Given reasoning"
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
    """Return `19 in · 372 reasoning · 223 answer · 120 tok/s · 5.3 s · qwq-plus · demo · main`.

    Unknown parts are omitted.
    """
    total_s = turn.timing.total_s
    parts = (
        *analysed(lambda: list(_token_parts(turn)), otherwise=list[str]()),
        "" if total_s is None else spoken_seconds(total_s),
        turn.model,
        turn.server,
        turn.conversation,
        "" if place is None else f"turn {place.number}",
        _attempt_caption(turn, place),
        act_caption(turn),
        cut_caption(turn),
        "" if ending_in(turn) in (None, Ending.COMPLETE) else f"finished: {turn.finish_reason}",
    )
    return " · ".join(part for part in parts if part)


# A shorter reply, such as one that a test replays, has no speed worth a figure.
_LEAST_SECONDS: Final = 0.1


def _token_parts(turn: Turn) -> Iterator[str]:
    """Yield what the turn took: tokens by where they went, and how fast they came."""
    usage, (given, given_answer) = turn.usage, turn.given
    if usage.input_tokens:
        yield f"{usage.input_tokens:,} in"
    thought, answered, is_estimated = split_tokens(
        turn.reasoning[given:],
        turn.answer[given_answer:],
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )
    about = "≈ " if is_estimated else ""
    if thought:
        yield f"{about}{thought:,} reasoning"
    if answered:
        yield f"{about}{answered:,} answer"
    streamed_s = (turn.timing.total_s or 0.0) - (turn.timing.ttft_s or 0.0)
    if streamed_s >= _LEAST_SECONDS and (produced := usage.output_tokens or thought + answered):
        about = "" if usage.output_tokens else "≈ "
        yield f"{about}{produced / streamed_s:,.0f} tok/s"


def _attempt_caption(turn: Turn, place: TurnPosition | None) -> str:
    if place is None or place.attempt == 1:
        return ""
    return f"{'' if turn.parent else 're-run: '}attempt {place.attempt}"


_ACTS: Final = {
    "continue": "continued",
    "edit": "edited",
    "answer_now": "answered from the reasoning",
    "rescue": "answered from the reasoning",
    "resample": "resampled",
    "probe": "probed",
}


def act_caption(turn: Turn) -> str:
    """Return what was done to the parent of the turn: `edited at step 3`; "" without one."""
    parent, prefix = turn.parent, turn.prefix
    quoted = " (quoted)" if prefix and prefix.way == "quoted" else ""
    if parent is None:
        return f"given a beginning{quoted}" if prefix else ""
    where = "" if parent.step is None else f" at step {parent.step:,}"
    return f"{_ACTS[parent.kind]}{where}{quoted}"


def cut_caption(turn: Turn) -> str:
    """Return what ended the reasoning: `ended by tokens=2000 after 12.4 s`; "" for the model."""
    by = turn.stopped_by
    if by is None:
        return ""
    cause = "you" if by.limit == "user" else one_line(str(by), limit_bytes=_LONGEST_WORD)
    when = "" if by.seconds is None else f" after {spoken_seconds(by.seconds)}"
    quoted = " (quoted)" if by.way == "quoted" else ""
    return f"reasoning ended by {cause}{when}{quoted}"


def turn_tokens(turn: Turn) -> str:
    """Return the server's token count, `1,203`, or an estimate from the texts, `≈ 1,200`."""
    usage = turn.usage
    counted = usage.total_tokens if usage.total_tokens is not None else usage.output_tokens
    if counted is not None:
        return f"{counted:,}"
    given, given_answer = turn.given
    received = (turn.reasoning[given:], turn.answer[given_answer:])
    return f"≈ {round(sum(map(estimate_tokens, received))):,}"


def ending_caption(turn: Turn) -> str:
    """Return how the turn ended; "" for a normal ending."""
    if turn.error is not None:
        return turn.error.message
    ended = ending_in(turn)
    if is_cut(turn) and ended is Ending.UNKNOWN:
        return f"The server ended the reply with `{turn.finish_reason}`; it may not be whole."
    if is_cut(turn):
        return "The answer is cut off." if turn.answer.strip() else "Cut off before the answer."
    if turn.state == "stopped":
        by = turn.stopped_by
        is_limit = by is not None and by.then == "stop"
        return f"Stopped by the limit {by}." if is_limit else "Stopped by you."
    if ended is Ending.TOKEN_LIMIT:
        if turn.answer.strip():
            return f"Ran out of tokens: the answer is cut off. {_more_tokens(turn)}"
        limit = _limit_in(turn)
        took = f" Thinking took all {limit[1]:,} tokens." if limit else ""
        return (
            f"Ran out of tokens while thinking: no answer.{took} "
            f"{_more_tokens(turn).removesuffix('.')}, or answer from this reasoning: %qwq_answer."
        )
    if ended is Ending.TOOL_CALLS:
        return "The model called a tool, but none is available. Ask it to answer without tools."
    return "" if turn.answer.strip() else "The reply has no answer."


# The parameters that set the limit of a reply, as the servers name them.
_LIMITS: Final = ("max_completion_tokens", "max_tokens", "num_predict", "max_output_tokens")
_USUAL_LIMIT: Final = 32_768


def _more_tokens(turn: Turn) -> str:
    """What to type for a longer reply: twice the limit that was set."""
    limit = _limit_in(turn)
    name, tokens = ("max_tokens", _USUAL_LIMIT) if limit is None else (limit[0], 2 * limit[1])
    return f"Raise the limit with -p {name}={tokens}."


def _limit_in(turn: Turn) -> tuple[str, int] | None:
    """The parameter that limits the tokens, and its value; None if the request set none."""
    for name in _LIMITS:
        limit = turn.parameters.get(name)
        if type(limit) is int and limit > 0:
            return name, limit
    return None


_STATE_WORDS: Final = {
    Ending.TOKEN_LIMIT: "Cut off",
    Ending.FILTERED: "Filtered",
    Ending.UNKNOWN: "Ended with {word}",
}
_LONGEST_WORD: Final = 40


def plain_state(turn: Turn) -> str:
    """The state in the middle of a sentence or in a table: `cut off` if the server cut it."""
    return state_caption(turn).lower() if is_cut(turn) else turn.state


def state_caption(turn: Turn) -> str:
    """The state in words, where the server cut the reply: `Cut off`; else empty."""
    if isinstance(turn.error, NoRecording):
        return "Not recorded"
    ended = ending_in(turn)
    if ended is Ending.TOKEN_LIMIT and turn.state != "error":
        return _STATE_WORDS[ended]
    if not is_cut(turn) or ended is None:
        return ""
    word = one_line(turn.finish_reason or "", limit_bytes=_LONGEST_WORD)
    return _STATE_WORDS.get(ended, "Cut off").format(word=word)


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
