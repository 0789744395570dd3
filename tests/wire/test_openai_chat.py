"""Chunks become events: errors first, one name for the reasoning, an end that is an end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qwq_magic.errors import (
    ContentFiltered,
    ModelNotFound,
    ProtocolError,
    RateLimited,
    ServerFailure,
    StreamInterrupted,
)
from qwq_magic.events import (
    AnswerDelta,
    Notice,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.messages import ChatRequest, Message
from qwq_magic.wire.openai_chat import OpenAIChatDecoder, encode
from qwq_magic.wire.sse import MAX_EVENT_BYTES

DONE = b"data: [DONE]\n\n"


def sse(chunk: Any) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()


def delta(finish_reason: str | None = None, **fields: Any) -> bytes:
    return sse({"choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]})


def test_a_request_is_always_a_stream_with_usage() -> None:
    request = ChatRequest(
        "b",
        "m",
        (Message("system", "s"), Message("user", "a"), Message("assistant", "r")),
        {"temperature": 0.6, "stream": False, "model": "x", "stream_options": {"o": 1}},
    )

    assert encode(request) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "r"},
        ],
        "temperature": 0.6,
        "stream": True,
        "stream_options": {"o": 1, "include_usage": True},
    }


def test_one_delta_may_hold_reasoning_and_answer() -> None:
    decoder = OpenAIChatDecoder()

    assert decoder.feed(delta(reasoning="r", content="a")) == [
        ReasoningDelta("r"),
        AnswerDelta("a"),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning_content": "r", "reasoning": "r"},
        {"reasoning_content": "", "reasoning": "r"},
        {"reasoning_content": None, "thinking": "r"},
        {"reasoning_details": [{"type": "reasoning.text", "text": "r"}, {"type": "other"}]},
        {"reasoning": "r", "reasoning_details": [{"text": "r"}]},
    ],
)
def test_reasoning_under_several_names_counts_once(fields: dict[str, Any]) -> None:
    assert OpenAIChatDecoder().feed(delta(**fields)) == [ReasoningDelta("r")]


def test_only_choice_0_counts() -> None:
    other = sse({"choices": [{"index": 1, "delta": {"content": "no"}}]})
    unnumbered = sse({"choices": [{"delta": {"content": "yes"}}]})

    assert OpenAIChatDecoder().feed(other + unnumbered) == [AnswerDelta("yes")]


def test_the_end_comes_after_the_text_held_back_and_the_usage() -> None:
    decoder = OpenAIChatDecoder()
    usage = sse({"choices": [], "usage": {"prompt_tokens": 1}})

    decoder.feed(delta(content="<think>a</th"))
    events = decoder.feed(delta("length") + usage + DONE)

    assert events == [
        ReasoningDelta("</th"),
        UsageReported(Usage(input_tokens=1)),
        StreamFinished("length"),
    ]
    assert decoder.is_done
    assert decoder.close() == []


@pytest.mark.parametrize("cut", [b"data: [DONE]\n", b"data: [DONE]", DONE])
def test_a_stream_ends_once(cut: bytes) -> None:
    decoder = OpenAIChatDecoder()

    events = [*decoder.feed(delta("stop", content="a") + cut), *decoder.close()]

    assert events == [AnswerDelta("a"), StreamFinished("stop")]


def test_a_running_usage_is_reported_once_per_read_and_cuts_no_text() -> None:
    chunks = [
        sse({"choices": [{"delta": {"content": "x"}}], "usage": {"completion_tokens": n}})
        for n in range(3)
    ]

    assert OpenAIChatDecoder().feed(b"".join(chunks)) == [
        *[AnswerDelta("x")] * 3,
        UsageReported(Usage(output_tokens=2)),
    ]


def test_a_later_chunk_erases_no_finish_reason() -> None:
    decoder = OpenAIChatDecoder()

    for reason in ("stop", None, "", "null"):
        decoder.feed(delta(reason))

    assert decoder.close() == [StreamFinished("stop")]


def test_halves_of_a_character_in_two_deltas_are_joined() -> None:
    decoder = OpenAIChatDecoder()

    events = decoder.feed(
        delta(reasoning="\ud83d") + delta(reasoning="\ude00") + delta(content="a\ud83d")
    )

    assert events == [ReasoningDelta("😀"), AnswerDelta("a")]
    assert decoder.feed(DONE) == [AnswerDelta("\ufffd"), StreamFinished(None)]


def test_a_reasoning_field_makes_later_tags_text() -> None:
    decoder = OpenAIChatDecoder(inline_think="open")

    events = decoder.feed(delta(reasoning="r") + delta(content="<think>a</think>"))

    assert events == [ReasoningDelta("r"), AnswerDelta("<think>a</think>")]


def _hints(inline_think: str, *chunks: bytes) -> list[str]:
    decoder = OpenAIChatDecoder(inline_think=inline_think)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [event.text for event in events if isinstance(event, Notice)]


def test_a_lone_closing_tag_is_pointed_out_once() -> None:
    chunks = [delta(content=text) for text in ("Hm", "</think>", "So", "</think>")]

    [hint] = _hints("auto", *chunks)

    assert 'inline_think="open"' in hint


@pytest.mark.parametrize(
    ("inline_think", "chunks"),
    [
        ("open", [delta(content="Hm</think>So</think>")]),
        ("off", [delta(content="Hm</think>So")]),
        ("auto", [delta(content="<think>Hm</think>So</think>")]),
        ("auto", [delta(reasoning="Hm"), delta(content="So</think>")]),
    ],
)
def test_a_closing_tag_with_an_opening_is_no_riddle(inline_think: str, chunks: list[bytes]) -> None:
    assert _hints(inline_think, *chunks) == []


def test_events_before_an_error_in_the_same_read_are_delivered() -> None:
    decoder = OpenAIChatDecoder()
    failure = sse({"error": {"message": "Slow down", "code": "limit_requests"}})

    events = decoder.feed(delta(content="<thi") + failure + delta(content="never") + DONE)

    assert events == [AnswerDelta("<thi")]
    assert isinstance(decoder.error, RateLimited)
    assert decoder.close() == decoder.feed(DONE) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"event: error\n:HTTP_STATUS/404\ndata: {}\n\n", ModelNotFound, 404),
        (b":HTTP_STATUS/429\ndata: {}\n\n", RateLimited, 429),
        (b"event: error\ndata: it broke\n\n", ServerFailure, None),
        (b"error: it broke\n\n", ServerFailure, None),
        (sse({"error": {"code": "content_filter", "message": "m"}}), ContentFiltered, 400),
        (sse({"choices": [], "error": {"code": 503, "message": "m"}}), ServerFailure, 503),
        (delta("error") + DONE, ServerFailure, None),
    ],
)
def test_an_error_in_the_stream_is_that_error(body: bytes, kind: type, status: int | None) -> None:
    decoder = OpenAIChatDecoder()

    events = [*decoder.feed(body), *decoder.close()]

    assert events == []
    assert isinstance(decoder.error, kind)
    assert decoder.error.status == status


@pytest.mark.parametrize("chunk", [None, "ping", 1, [], {}, {"error": None}, {"usage": {}}])
def test_odd_json_is_no_error(chunk: Any) -> None:
    decoder = OpenAIChatDecoder()

    assert decoder.feed(sse(chunk) + delta("stop")) == []
    assert decoder.close() == [StreamFinished("stop")]


@pytest.mark.parametrize("data", [b"not JSON", b'{"cut": ', b"[" * 100_000])
def test_an_event_that_is_not_json_breaks_the_reply(data: bytes) -> None:
    decoder = OpenAIChatDecoder()

    events = decoder.feed(delta(content="a") + b"data: " + data + b"\n\n")

    assert events == [AnswerDelta("a")]
    assert isinstance(decoder.error, ProtocolError)


def test_noise_after_a_complete_reply_takes_nothing_away() -> None:
    decoder = OpenAIChatDecoder()

    decoder.feed(delta("stop") + b"data: bye\n\n")

    assert decoder.close() == [StreamFinished("stop")]
    assert decoder.error is None


def test_a_stream_without_an_end_is_incomplete() -> None:
    decoder = OpenAIChatDecoder()

    events = [*decoder.feed(delta(content="a")), *decoder.close()]

    assert events == [AnswerDelta("a")]
    assert isinstance(decoder.error, StreamInterrupted)


@pytest.mark.parametrize("body", [b"", b"\n\n", b": alive\n\n: alive\n\n"])
def test_silence_is_incomplete(body: bytes) -> None:
    decoder = OpenAIChatDecoder()
    decoder.feed(body)
    decoder.close()

    assert isinstance(decoder.error, StreamInterrupted)


@pytest.mark.parametrize(
    "body", [b"<html>Log in</html>", b'{"choices": []}', b"Hello.\n\nWorld.", b"null"]
)
def test_a_document_instead_of_a_stream_is_a_protocol_error(body: bytes) -> None:
    decoder = OpenAIChatDecoder()
    decoder.feed(body)
    decoder.close()

    assert isinstance(decoder.error, ProtocolError)


def test_an_endless_document_is_not_read_to_its_end() -> None:
    decoder = OpenAIChatDecoder()

    decoder.feed(b"<html>" + b"\n<p>x</p>" * 10_000)

    assert decoder.is_done
    assert isinstance(decoder.error, ProtocolError)


def test_an_oversized_event_breaks_the_reply_and_keeps_what_came() -> None:
    decoder = OpenAIChatDecoder()

    events = decoder.feed(delta(content="a") + b"data: " + b"x" * MAX_EVENT_BYTES)

    assert events == [AnswerDelta("a")]
    assert isinstance(decoder.error, ProtocolError)
