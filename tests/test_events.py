from qwq_magic.events import (
    AnswerDelta,
    Event,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
    merge_deltas,
)


def test_neighbouring_deltas_of_one_kind_are_joined() -> None:
    usage = UsageReported(Usage(output_tokens=3))
    events: list[Event] = [
        ReasoningDelta("a"),
        ReasoningDelta("b"),
        AnswerDelta("c"),
        usage,
        AnswerDelta("d"),
        AnswerDelta("e"),
        StreamFinished("stop"),
    ]

    assert merge_deltas(events) == [
        ReasoningDelta("ab"),
        AnswerDelta("c"),
        usage,
        AnswerDelta("de"),
        StreamFinished("stop"),
    ]


def test_nothing_to_merge_is_nothing() -> None:
    assert merge_deltas([]) == []
