"""The events of a stream: text deltas, token usage, the end of the reply, and notices.

Deltas of one kind, joined in order, are the whole text; no delta is repeated or revised.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypeGuard, cast

from qwq_magic.shown_record import record_line, record_table

MAX_TOKENS: Final = 10**12
_MAX_COST: Final = 10**9


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts reported by the server; None if not reported.

    `reasoning_tokens` are part of `output_tokens`, and `cached_tokens` of `input_tokens`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None

    def __repr__(self) -> str:
        return record_line(self)

    def _repr_html_(self) -> str:
        return record_table(self)


def is_count(value: Any) -> TypeGuard[int]:
    """Whether the value is a plausible number of tokens.

    A server may report anything; a negative or a huge count would make sums meaningless.
    """
    return type(value) is int and 0 <= value < MAX_TOKENS


def known_counts(usage: Usage) -> Usage:
    """Return the usage without values that are not plausible counts."""
    counts = {f.name: getattr(usage, f.name) for f in fields(usage)}
    return Usage(**{name: count for name, count in counts.items() if is_count(count)})


def is_cost(value: Any) -> TypeGuard[float]:
    """Whether the value is a plausible amount of money."""
    return type(value) in (int, float) and 0 <= value < _MAX_COST


# More characters than any tokenizer puts into one token on average, white space included.
_MOST_CHARACTERS_PER_TOKEN: Final = 128


def plausible_counts(usage: Usage, *, reasoning: int, answer: int) -> Usage:
    """The usage without counts that the text contradicts, such as a zero beside a reasoning.

    `reasoning` and `answer` are the characters received. Hidden reasoning is counted without
    any text, so a count may be larger than its text explains, but not smaller.
    """
    counts = {f.name: getattr(usage, f.name) for f in fields(usage)}

    def drop(*names: str) -> None:
        counts.update(dict.fromkeys(names))

    thought, output = usage.reasoning_tokens, usage.output_tokens
    if thought is not None and (
        _is_too_small(thought, reasoning)
        # The answer takes tokens, too.
        or (output is not None and answer and thought == output)
    ):
        drop("reasoning_tokens")
    if output is not None and _is_too_small(output, reasoning + answer):
        drop("output_tokens")
    if thought is not None and output is not None and thought > output:
        # Either may be wrong, and every figure derived from them would be.
        drop("reasoning_tokens", "output_tokens")
    # There is always a prompt.
    if counts["input_tokens"] == 0:
        drop("input_tokens")
    cached, read = counts["cached_tokens"], counts["input_tokens"]
    if cached is not None and read is not None and cached > read:
        drop("cached_tokens")
    total = usage.total_tokens
    if total is not None and (
        _is_too_small(total, reasoning + answer)
        or total < (usage.input_tokens or 0) + (usage.output_tokens or 0)
        or total < (thought or 0)
    ):
        drop("total_tokens")
    return Usage(**counts)


def _is_too_small(tokens: int, characters: int) -> bool:
    return tokens * _MOST_CHARACTERS_PER_TOKEN < characters


class Ending(Enum):
    """How a reply ended.

    The values are saved with a turn, so they stay as they are.
    """

    COMPLETE = "complete"
    TOOL_CALLS = "tool_calls"
    # The limit of tokens that the request set.
    TOKEN_LIMIT = "token_limit"  # noqa: S105  # tokens of a text
    # The prompt and the reply fill the context of the model.
    CONTEXT_FULL = "context_full"
    FILTERED = "filtered"
    OUT_OF_RESOURCES = "out_of_resources"
    ABORTED = "aborted"
    REPETITION = "repetition"
    FAILED = "failed"
    # The server used a word that is not known.
    UNKNOWN = "unknown"
    # The server fills the field although the reply continues.
    UNFINISHED = "unfinished"

    @property
    def is_whole(self) -> bool:
        """Whether the model ended the reply itself, or a limit that the user set."""
        return self in (Ending.COMPLETE, Ending.TOOL_CALLS, Ending.TOKEN_LIMIT)


# The words of OpenAI's API, which a model without a wire protocol uses as well.
_STANDARD_WORDS: Final = {
    "length": Ending.TOKEN_LIMIT,
    "tool_calls": Ending.TOOL_CALLS,
    "function_call": Ending.TOOL_CALLS,
    "content_filter": Ending.FILTERED,
}


def standard_ending(finish_reason: str | None) -> Ending:
    """What OpenAI's finish reasons mean; all other words are an ordinary end."""
    return _STANDARD_WORDS.get(finish_reason or "", Ending.COMPLETE)


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A fragment of the reasoning."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    """A fragment of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerBecameReasoning:
    """All answer text so far is reasoning; it moves to the end of the reasoning.

    Some servers send a closing tag without an opening one, and only that tag shows that the
    text before it was reasoning.
    """


@dataclass(frozen=True, slots=True)
class ReasoningBecameAnswer:
    """All reasoning so far is the answer; it moves to the end of the answer.

    A reply that was expected to begin inside the reasoning ended without a closing tag.
    """


class TokenLogprob(NamedTuple):
    """One token that was received.

    Attributes:
        characters: how many characters it has.
        logprob: the natural logarithm of its probability.
        entropy: the entropy in nats over the likeliest tokens at its place, scaled to a sum of 1;
            None without them.
    """

    characters: int
    logprob: float
    entropy: float | None = None


@dataclass(frozen=True, slots=True)
class LogprobsReported:
    """The log-probabilities of the tokens of the latest delta, where they were asked for."""

    tokens: tuple[TokenLogprob, ...]


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The token counts so far; each report replaces the one before, they are never added.

    `cost` is what the server charged, in its own unit; None if it did not report that.
    """

    usage: Usage
    cost: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class StreamFinished:
    """The reply is complete; only usage may follow.

    `finish_reason` is the server's value (`stop`, `length`, ...), or None if the server
    closed the stream properly without one. `signature` is what the server requires back if
    the reasoning is sent again, in a form that only its protocol reads. `ending` is what the
    finish reason means; without it, the value has the meaning it has in OpenAI's API.
    """

    finish_reason: str | None
    signature: str = field(default="", repr=False)
    ending: Ending | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """A one-line message to the reader, from the client or an advisor ("retrying in 2 s").

    A session keeps notices in the turn; `Session.stream` does not yield them.

    Attributes:
        text: the line; may be empty if only the model changes.
        model: the model that replies from now on, if it is not the requested one.
        wait_s: how long the client waits before it continues, in seconds; a display may count
            it down.
        way: how the model was given the text that this reply begins with, where it was given
            any: `native` or `quoted`. All text so far stays; what follows is added to it.
    """

    text: str
    model: str | None = None
    wait_s: float | None = field(default=None, compare=False)
    way: Literal["", "native", "quoted"] = ""


Event: TypeAlias = (
    ReasoningDelta
    | AnswerDelta
    | AnswerBecameReasoning
    | ReasoningBecameAnswer
    | LogprobsReported
    | UsageReported
    | StreamFinished
    | Notice
)


def merge_deltas(events: Sequence[Event]) -> Sequence[Event]:
    """Join adjacent deltas of the same kind, so that the cost does not depend on their number."""
    if len(events) < 2:
        return events
    merged: list[Event] = []
    for kind, group in itertools.groupby(events, key=type):
        if kind is ReasoningDelta or kind is AnswerDelta:
            merged.append(kind("".join([delta.text for delta in cast("Iterator[Any]", group)])))
        else:
            merged.extend(group)
    return merged
