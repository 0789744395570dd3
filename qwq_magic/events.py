"""The events of a stream: text deltas, token usage, the end of the reply, and notices.

Deltas of one kind, joined in order, are the whole text; no delta is repeated or revised.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeAlias, TypeGuard, cast

MAX_TOKENS: Final = 10**12


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


def is_count(value: Any) -> TypeGuard[int]:
    """Whether the value is a plausible number of tokens.

    A server may report anything; a negative or a huge count would make sums meaningless.
    """
    return type(value) is int and 0 <= value < MAX_TOKENS


def known_counts(usage: Usage) -> Usage:
    """Return the usage without values that are not plausible counts."""
    counts = {f.name: getattr(usage, f.name) for f in fields(usage)}
    return Usage(**{name: count for name, count in counts.items() if is_count(count)})


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A fragment of the reasoning."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    """A fragment of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The token counts so far; each report replaces the one before, they are never added."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class StreamFinished:
    """The reply is complete; only usage may follow.

    `finish_reason` is the server's value (`stop`, `length`, ...), or None if the server
    closed the stream properly without one. `signature` is what the server requires back if
    the reasoning is sent again, in a form that only its protocol reads.
    """

    finish_reason: str | None
    signature: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """A one-line message to the reader, from the client or an advisor ("retrying in 2 s").

    A session keeps notices in the turn; `Session.stream` does not yield them.

    Attributes:
        text: the line; may be empty if only the model changes.
        model: the model that replies from now on, if it is not the requested one.
        wait_s: how long the client waits before it continues, in seconds; a display may count
            it down.
    """

    text: str
    model: str | None = None
    wait_s: float | None = field(default=None, compare=False)


Event: TypeAlias = ReasoningDelta | AnswerDelta | UsageReported | StreamFinished | Notice


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
