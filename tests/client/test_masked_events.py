import asyncio
from collections.abc import AsyncGenerator, Iterable

import pytest

from qwq_magic.client.masked_events import masked_events
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Ending,
    Event,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.keys import ApiKey

KEY = "sk-4c1d9e7a02f85b36qrstuv"
COUNT = UsageReported(Usage(output_tokens=2))


async def _stream(events: Iterable[Event]) -> AsyncGenerator[Event, None]:
    for event in events:
        yield event


def masked(*events: Event) -> list[Event]:
    async def collect() -> list[Event]:
        return [event async for event in masked_events(_stream(events), ApiKey(KEY, source="test"))]

    return asyncio.run(collect())


def text_of(events: Iterable[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, AnswerDelta))


@pytest.mark.parametrize("size", [1, 4, 12, len(KEY)])
@pytest.mark.parametrize("between", [(), (COUNT,)], ids=["alone", "with counts between"])
def test_a_key_cut_over_deltas_is_masked(size: int, between: tuple[Event, ...]) -> None:
    deltas = [KEY[at : at + size] for at in range(0, len(KEY), size)]

    events = masked(*(event for text in deltas for event in (AnswerDelta(text), *between)))

    assert text_of(events) == "***"
    assert [event for event in events if event == COUNT] == [*between] * len(deltas)


def test_what_only_looked_like_a_key_comes_before_the_end_and_before_other_text() -> None:
    events = masked(
        ReasoningDelta("It is"), COUNT, AnswerDelta("so: sk"), COUNT, StreamFinished("stop")
    )

    assert [event for event in events if event != COUNT] == [
        ReasoningDelta("It i"),
        ReasoningDelta("s"),
        AnswerDelta("so: "),
        AnswerDelta("sk"),
        StreamFinished("stop"),
    ]


def test_the_key_as_the_reason_is_masked() -> None:
    assert masked(StreamFinished(KEY), StreamFinished(None)) == [
        StreamFinished("***"),
        StreamFinished(None),
    ]


def test_a_signature_goes_through_and_a_key_in_it_is_masked() -> None:
    assert masked(StreamFinished("stop", "EqQB")) == [StreamFinished("stop", "EqQB")]
    assert masked(StreamFinished("stop", f"a{KEY}b")) == [StreamFinished("stop", "a***b")]


def test_a_key_before_a_move_is_masked_and_moves_with_its_text() -> None:
    deltas: list[Event] = [
        AnswerDelta(KEY[:9]),
        AnswerDelta(KEY[9:]),
        AnswerBecameReasoning(),
        AnswerDelta("4"),
    ]

    events = masked(*deltas, StreamFinished("x", ending=Ending.UNKNOWN))

    at = events.index(AnswerBecameReasoning())
    assert KEY not in text_of(events[:at]) != ""
    assert events[at + 1] == AnswerDelta("4")
    assert [event.ending for event in events if isinstance(event, StreamFinished)] == [
        Ending.UNKNOWN
    ]
