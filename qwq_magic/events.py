"""What a stream is made of: deltas of text, usage, an end, and notices to the reader."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeAlias, TypeGuard, cast

MOST_TOKENS: Final = 10**12


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them; None = not reported.

    `reasoning_tokens` are part of `output_tokens`, `cached_tokens` of `input_tokens`.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


def is_count(value: Any) -> TypeGuard[int]:
    """Is it a number of tokens that some reply may have? Others cannot be calculated with."""
    return type(value) is int and 0 <= value < MOST_TOKENS


def known_counts(usage: Usage) -> Usage:
    """The usage without what cannot be a count."""
    counts = {f.name: getattr(usage, f.name) for f in fields(usage)}
    return Usage(**{name: count for name, count in counts.items() if is_count(count)})


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A fragment of what the model thinks."""

    text: str


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    """A fragment of what the model tells the user."""

    text: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The server's count so far; the last one wins, counts are never added up."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class StreamFinished:
    """The reply is complete; nothing but usage may follow.

    `finish_reason` is the server's word (`stop`, `length`, ...), or None where the
    server closed the stream properly without giving one.
    """

    finish_reason: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """One line for the reader, from the client or an advisor ("retrying in 2 s").

    A session keeps notices in the turn; `Session.stream` does not yield them. `model`
    names the model that answers from here on, where that is no longer the one asked for;
    such a notice may have no text. `wait_s` is how long the client waits before it goes on,
    in seconds; a display may count it down.
    """

    text: str
    model: str | None = None
    wait_s: float | None = field(default=None, compare=False)


Event: TypeAlias = ReasoningDelta | AnswerDelta | UsageReported | StreamFinished | Notice


def merge_deltas(events: Sequence[Event]) -> Sequence[Event]:
    """Join neighbouring deltas of one kind, so that a read costs the same however it was cut."""
    if len(events) < 2:
        return events
    merged: list[Event] = []
    for kind, group in itertools.groupby(events, key=type):
        if kind is ReasoningDelta or kind is AnswerDelta:
            merged.append(kind("".join([delta.text for delta in cast("Iterator[Any]", group)])))
        else:
            merged.extend(group)
    return merged
