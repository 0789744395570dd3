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
    ResponseError,
    ServerFailure,
    StreamInterrupted,
)
from qwq_magic.events import (
    AnswerBecameReasoning,
    AnswerDelta,
    Event,
    Notice,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.settings.layers import InlineThink
from qwq_magic.settings.presets import SERVERS
from qwq_magic.turns import ChatRequest, Message, Turn, TurnBuilder
from qwq_magic.wire.framing import MAX_EVENT_BYTES
from qwq_magic.wire.openai import PROTOCOL, encode
from qwq_magic.wire.reply import MAX_CHARACTERS

decoder = PROTOCOL.decoder
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


@pytest.mark.parametrize(
    ("server", "extra"), [("dashscope", {"reasoning_content": "r"}), ("custom", {})]
)
def test_reasoning_goes_back_under_the_servers_name_for_it(
    server: str, extra: dict[str, str]
) -> None:
    request = ChatRequest("b", "m", (Message("assistant", "a", "r"), Message("user", "b")))

    assert encode(request, SERVERS[server])["messages"][0] == {
        "role": "assistant",
        "content": "a",
        **extra,
    }


def test_one_delta_may_hold_reasoning_and_answer() -> None:
    reply = decoder()

    assert reply.feed(delta(reasoning="r", content="a")) == [
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
    assert decoder().feed(delta(**fields)) == [ReasoningDelta("r")]


def test_parts_of_content_that_are_thinking_are_reasoning() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "r"}]}
    told = {"type": "reasoning", "text": "s"}
    parts = [thinking, told, {"type": "text", "text": "a"}, {"type": "reference", "ids": [1]}]
    reply = decoder()

    events = reply.feed(delta(content=parts) + delta("stop", content=[thinking]) + DONE)

    assert events == [
        ReasoningDelta("rs"),
        AnswerDelta("a"),
        ReasoningDelta("r"),
        StreamFinished("stop"),
    ]


def test_thinking_that_has_a_field_of_its_own_counts_once() -> None:
    parts = [{"type": "thinking", "thinking": "r"}, {"type": "text", "text": "a"}]

    assert decoder().feed(delta(reasoning="r", content=parts)) == [
        ReasoningDelta("r"),
        AnswerDelta("a"),
    ]


@pytest.mark.parametrize(
    ("content", "text"), [({"a": 1}, ""), (5, ""), (["x", 5], "x"), ([{"thinking": {"a": 1}}], "")]
)
def test_content_of_an_unknown_form_is_not_lost_in_silence(content: Any, text: str) -> None:
    reply = decoder()

    events = reply.feed(delta(content=content) + delta("stop", content="!") + DONE)

    assert events == [AnswerDelta(f"{text}!")]
    assert isinstance(reply.error, ProtocolError)
    assert "may lack a part" in reply.error.message


@pytest.mark.parametrize(
    "content", [["x"], {"text": "x"}, [{"type": "text", "text": None}, None, "x"]]
)
def test_strings_in_content_are_text(content: Any) -> None:
    reply = decoder()

    events = reply.feed(delta("stop", content=content) + DONE)

    assert events == [AnswerDelta("x"), StreamFinished("stop")]


@pytest.mark.parametrize(
    "choices",
    [
        [{"index": 0, "delta": {"refusal": "x"}}],
        [{"index": 0, "delta": {"content": [{"type": "refusal", "refusal": "x"}]}}],
        [{"index": 0, "delta": "x"}],
        [{"index": "0", "delta": {"content": "x"}}],
        [{"index": 0, "text": "x"}],
        [{"index": 0, "delta": {}, "text": "x"}],
        [{"index": 0, "delta": {"content": "x"}, "text": "x"}],
        [{"index": 0, "message": {"content": "x"}}],
        [{"index": 0, "delta": {"content": "x"}, "message": {"content": "all"}}],
        {"0": {"delta": {"content": "x"}}, "1": {"delta": {"content": "no"}}},
        {"delta": {"content": "x"}},
    ],
)
def test_an_answer_is_read_where_odd_servers_put_it(choices: Any) -> None:
    reply = decoder()

    events = reply.feed(sse({"choices": choices}) * 2 + delta("stop") + DONE)

    assert events == [AnswerDelta("xx"), StreamFinished("stop")]


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning": ["r"]},
        {"reasoning": {"text": "r"}},
        {"thinking": [{"type": "thinking", "thinking": "r"}]},
        {"reasoning": True, "thinking": "r"},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "r"}]},
    ],
)
def test_reasoning_is_read_where_odd_servers_put_it(fields: dict[str, Any]) -> None:
    reply = decoder()

    events = reply.feed(delta(**fields) + delta("stop", content="a") + DONE)

    assert events == [ReasoningDelta("r"), AnswerDelta("a"), StreamFinished("stop")]


@pytest.mark.parametrize(
    "choices",
    [
        "x",
        ["x"],
        {"a": 1},
        [{"delta": 5}],
        [{"text": {"a": 1}}],
        [{"delta": {"reasoning": 5}}],
        [{"delta": {"refusal": {"a": 1}}}],
    ],
)
def test_a_choice_of_an_unknown_form_is_not_lost_in_silence(choices: Any) -> None:
    reply = decoder()

    events = reply.feed(delta(content="a") + sse({"choices": choices}) + delta("stop") + DONE)

    assert events == [AnswerDelta("a")]
    assert isinstance(reply.error, ProtocolError)
    assert "may lack a part" in reply.error.message


def test_a_message_that_repeats_the_deltas_counts_once() -> None:
    last = {"message": {"content": "ab"}, "finish_reason": "stop"}

    events = decoder().feed(delta(content="a") + delta(content="b") + sse({"choices": [last]}))

    assert events == [AnswerDelta("ab")]


@pytest.mark.parametrize("end", [b"", DONE])
def test_the_only_choice_counts_whatever_its_number(end: bytes) -> None:
    def second(text: str, reason: str | None = None) -> bytes:
        choice = {"index": 1, "delta": {"reasoning": text, "content": text.upper()}}
        return sse({"choices": [{**choice, "finish_reason": reason}]})

    third = sse({"choices": [{"index": 2, "delta": {"content": "no"}}]})
    reply = decoder()

    events = reply.feed(second("a") + third + second("b", "stop") + end) + reply.close()

    assert events == [
        *(ReasoningDelta("a"), AnswerDelta("A"), ReasoningDelta("b"), AnswerDelta("B")),
        StreamFinished("stop"),
    ]


def test_only_choice_0_counts() -> None:
    other = sse({"choices": [{"index": 1, "delta": {"content": "no"}}]})
    unnumbered = sse({"choices": [{"delta": {"content": "yes"}}]})

    assert decoder().feed(other + unnumbered) == [AnswerDelta("yes")]


def test_the_end_comes_after_the_text_held_back_and_the_usage() -> None:
    reply = decoder()
    usage = sse({"choices": [], "usage": {"prompt_tokens": 1}})

    reply.feed(delta(content="<think>a</th"))
    events = reply.feed(delta("length") + usage + DONE)

    assert events == [
        ReasoningDelta("</th"),
        UsageReported(Usage(input_tokens=1)),
        StreamFinished("length"),
    ]
    assert reply.is_done
    assert reply.close() == []


@pytest.mark.parametrize("cut", [b"data: [DONE]\n", b"data: [DONE]", DONE])
def test_a_stream_ends_once(cut: bytes) -> None:
    reply = decoder()

    events = [*reply.feed(delta("stop", content="a") + cut), *reply.close()]

    assert events == [AnswerDelta("a"), StreamFinished("stop")]


def test_a_running_usage_is_reported_once_per_read_and_cuts_no_text() -> None:
    chunks = [
        sse({"choices": [{"delta": {"content": "x"}}], "usage": {"completion_tokens": n}})
        for n in range(3)
    ]

    assert decoder().feed(b"".join(chunks)) == [
        AnswerDelta("xxx"),
        UsageReported(Usage(output_tokens=2)),
    ]


@pytest.mark.parametrize("digits", [400, 5_000])
def test_a_count_beyond_all_reason_is_no_count_and_costs_no_text(digits: int) -> None:
    absurd = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1%s}}\n\n'

    reply = decoder()
    events = reply.feed(delta(content="a") + absurd % (b"0" * digits) + delta("stop") + DONE)

    assert events == [
        AnswerDelta("a"),
        UsageReported(Usage(input_tokens=3)),
        StreamFinished("stop"),
    ]


def test_a_later_chunk_erases_no_finish_reason() -> None:
    reply = decoder()

    for reason in ("stop", None, "", "null"):
        reply.feed(delta(reason))

    assert reply.close() == [StreamFinished("stop")]


def test_halves_of_a_character_in_two_deltas_are_joined() -> None:
    reply = decoder()

    events = reply.feed(
        delta(reasoning="\ud83d") + delta(reasoning="\ude00") + delta(content="a\ud83d")
    )

    assert events == [ReasoningDelta("😀"), AnswerDelta("a")]
    assert reply.feed(DONE) == [AnswerDelta("\ufffd"), StreamFinished(None)]


def test_a_reasoning_field_makes_later_tags_text() -> None:
    reply = decoder(inline_think="open")

    events = reply.feed(delta(reasoning="r") + delta(content="<think>a</think>"))

    assert events == [ReasoningDelta("r"), AnswerDelta("<think>a</think>")]


def _hints(inline_think: InlineThink, *chunks: bytes) -> list[str]:
    reply = decoder(inline_think=inline_think)
    events = [event for chunk in chunks for event in reply.feed(chunk)]
    return [event.text for event in events if isinstance(event, Notice)]


def test_a_lone_closing_tag_moves_the_text_before_it_and_needs_no_hint() -> None:
    chunks = [delta(content=text) for text in ("Hm", "</think>", "So", "</think>")]
    reply = decoder()

    events = [event for chunk in chunks for event in reply.feed(chunk)]

    assert events == [
        AnswerDelta("Hm"),
        AnswerBecameReasoning(),
        AnswerDelta("So"),
        AnswerDelta("</think>"),
    ]
    assert reply.began_inside
    assert _hints("auto", *chunks) == []


@pytest.mark.parametrize(
    ("inline_think", "chunks"),
    [
        ("open", [delta(content="Hm</think>So</think>")]),
        ("off", [delta(content="Hm</think>So")]),
        ("auto", [delta(content="<think>Hm</think>So</think>")]),
        ("auto", [delta(reasoning="Hm"), delta(content="So</think>")]),
    ],
)
def test_a_closing_tag_with_an_opening_is_no_riddle(
    inline_think: InlineThink, chunks: list[bytes]
) -> None:
    assert _hints(inline_think, *chunks) == []


def test_events_before_an_error_in_the_same_read_are_delivered() -> None:
    reply = decoder()
    failure = sse({"error": {"message": "Slow down", "code": "limit_requests"}})

    events = reply.feed(delta(content="<thi") + failure + delta(content="never") + DONE)

    assert events == [AnswerDelta("<thi")]
    assert isinstance(reply.error, RateLimited)
    assert reply.close() == reply.feed(DONE) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"event: error\n:HTTP_STATUS/404\ndata: {}\n\n", ModelNotFound, 404),
        (b":HTTP_STATUS/429\ndata: {}\n\n", RateLimited, 429),
        (b"event: error\ndata: it broke\n\n", ServerFailure, None),
        (b"error: it broke\n\n", ServerFailure, None),
        (sse({"error": {"code": "content_filter", "message": "m"}}), ContentFiltered, 400),
        (sse({"choices": [], "error": {"code": 503, "message": "m"}}), ServerFailure, 503),
        (sse({"choices": [{"error": {"code": 502, "message": "m"}}]}), ServerFailure, 502),
        (sse({"choices": [{"finish_reason": "error", "error": "m"}]}), ServerFailure, None),
        (sse({"choices": [], "message": "m", "status": 503}), ServerFailure, 503),
        (delta("error") + sse({"error": {"code": 429, "message": "m"}}), RateLimited, 429),
        (delta("error") + DONE, ServerFailure, None),
    ],
)
def test_an_error_in_the_stream_is_that_error(
    body: bytes, kind: type[ResponseError], status: int | None
) -> None:
    reply = decoder()

    events = [*reply.feed(body), *reply.close()]

    assert events == []
    assert isinstance(reply.error, kind)
    assert reply.error.status == status


@pytest.mark.parametrize(
    ("chunk", "said", "status"),
    [
        ({"detail": "out of memory"}, "failed: out of memory.", None),
        ({"error": ["boom"]}, "failed: boom.", None),
        ({"error": [{"message": "boom", "code": 429}]}, "answered 429: boom.", 429),
        ({"error": 500}, "answered 500: no explanation.", 500),
        ({"error": True, "message": "boom"}, "failed: boom.", None),
        ({"error": True}, "failed: no explanation.", None),
        ({"message": "boom"}, "failed: boom.", None),
        ({"message": "boom", "status": 500}, "answered 500: boom.", 500),
        ({"code": 0, "message": "boom", "status": 500}, "answered 500 0: boom.", 500),
        ({"code": 1001, "msg": "boom"}, "answered 1001: boom.", None),
        ({"errors": [{"message": "boom"}]}, "failed: boom.", None),
        ({"errors": ["a", "b"], "usage": None}, 'failed: ["a", "b"].', None),
    ],
)
@pytest.mark.parametrize("end", [b"", DONE])
def test_an_error_after_text_has_many_forms(
    chunk: Any, said: str, status: int | None, end: bytes
) -> None:
    reply = decoder()

    events = [*reply.feed(delta(content="half") + sse(chunk) + end), *reply.close()]

    assert events == [AnswerDelta("half")]
    assert reply.error is not None
    assert f"The server {said}" in reply.error.message
    assert reply.error.status == status


@pytest.mark.parametrize(
    "late",
    [
        sse({"error": {"message": "boom"}}),
        sse({"choices": [{"finish_reason": "error", "error": "boom"}]}),
        b"event: error\ndata: boom\n\n",
    ],
)
def test_an_error_after_the_end_is_told_and_takes_nothing_away(late: bytes) -> None:
    reply = decoder()

    events = reply.feed(delta("stop", content="a") + late + late + DONE)

    said = "The server reported an error after the end of the reply: boom."
    assert events == [AnswerDelta("a"), Notice(said), StreamFinished("stop")]
    assert reply.error is None


@pytest.mark.parametrize(
    "chunk",
    [
        {"code": "0", "message": "success"},
        {"code": 0, "message": "accepted"},
        {"code": 200, "message": "success"},
        {"code": "200", "msg": "queued"},
        {"code": "OK", "message": "queued"},
        {"code": "", "message": "queued"},
        {"message": "Success"},
        {"success": True, "message": "queued"},
        {"usage": {"total_tokens": 1}, "message": "counted"},
    ],
)
def test_a_word_of_success_is_no_error(chunk: Any) -> None:
    reply = decoder()

    events = reply.feed(sse(chunk) + delta("stop", content="a") + DONE)

    assert AnswerDelta("a") in events
    assert events[-1] == StreamFinished("stop")


@pytest.mark.parametrize("chunk", [None, "ping", 1, [], {}, {"error": None}, {"usage": {}}])
def test_odd_json_is_no_error(chunk: Any) -> None:
    reply = decoder()

    assert reply.feed(sse(chunk) + delta("stop")) == []
    assert reply.close() == [StreamFinished("stop")]


@pytest.mark.parametrize("end", ["\n", "\n\n"])
def test_chunks_without_an_empty_line_between_are_read_one_by_one(end: str) -> None:
    chunks = [delta(content="a"), delta(content="b"), delta("stop"), DONE]
    body = b"".join(chunk.replace(b"\n\n", b"\n") for chunk in chunks).strip() + end.encode()
    reply = decoder()

    events = [*reply.feed(body), *reply.close()]

    assert events == [AnswerDelta("ab"), StreamFinished("stop")]


def test_chunks_without_an_empty_line_between_are_kept_where_the_last_is_cut() -> None:
    reply = decoder()

    events = reply.feed(delta(content="a").replace(b"\n\n", b"\n") * 2 + b'data: {"cho')
    events += reply.close()

    assert events == [AnswerDelta("aa")]
    assert isinstance(reply.error, StreamInterrupted)


def test_a_stream_that_goes_on_without_empty_lines_reads_on() -> None:
    reply = decoder()
    cramped = (delta(content="b") + delta(content="c")).replace(b"\n\n", b"\n") + b"\n"

    events = reply.feed(delta(content="a") + cramped + delta("stop", content="d") + DONE)

    assert events == [AnswerDelta("abcd"), StreamFinished("stop")]


MALFORMED = [b"not JSON", b'{"cut": ', b"[" * 100_000]


@pytest.mark.parametrize("data", MALFORMED)
def test_a_malformed_event_loses_no_text_around_it(data: bytes) -> None:
    reply = decoder()
    body = delta(content="a") + b"data: " + data + b"\n\n" + delta("stop", content="b") + DONE

    events = reply.feed(body)

    assert events == [AnswerDelta("ab")]
    assert isinstance(reply.error, ProtocolError)
    assert "an event that is not JSON" in reply.error.message


@pytest.mark.parametrize("data", MALFORMED)
def test_a_stream_that_begins_malformed_is_not_waited_for(data: bytes) -> None:
    reply = decoder()

    assert reply.feed(b"data: " + data + b"\n\n") == []
    assert reply.is_done
    assert isinstance(reply.error, ProtocolError)


def test_a_malformed_event_after_half_a_tag_is_the_same_however_it_is_cut() -> None:
    body = [delta(content="<think>"), b"data: oops\n\n", delta("stop", content="b"), DONE]
    whole, pieces = decoder(), decoder()

    assert whole.feed(b"".join(body)) == [event for each in body for event in pieces.feed(each)]
    assert str(whole.error) == str(pieces.error)


def test_a_reply_beyond_all_reason_is_stopped_and_kept() -> None:
    reply = decoder()
    piece = delta(content="x" * 1_000_000)

    events = [event for _ in range(9) for event in reply.feed(piece)]

    assert sum(len(event.text) for event in events) == MAX_CHARACTERS + 1_000_000  # type: ignore[misc, union-attr]  # deltas only
    assert reply.is_done
    assert isinstance(reply.error, ProtocolError)
    assert "exceeds 4 million characters" in reply.error.message


def test_a_reply_that_the_server_cut_says_so() -> None:
    reply = decoder()

    events = reply.feed(delta("insufficient_system_resource") + DONE)

    assert isinstance(events[0], Notice)
    assert "cut: the server ran out of resources" in events[0].text
    assert events[1] == StreamFinished("insufficient_system_resource")


def test_what_a_reader_does_not_see_breaks_nothing() -> None:
    reply = decoder()
    calls = [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}]
    two = {"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "stop"}]}

    events = reply.feed(
        delta(content="a", tool_calls=calls)
        + sse(two)
        + delta(reasoning="late", refusal=None, audio={"data": ""})
        + b"event: thread.run.created\ndata: {}\n\n"
        + sse({"object": "ping", "choices": []})
    )

    assert events == [AnswerDelta("a"), ReasoningDelta("late")]
    assert not reply.is_complete


def test_noise_after_a_complete_reply_takes_nothing_away() -> None:
    reply = decoder()

    reply.feed(delta("stop") + b"data: bye\n\n")

    assert reply.close() == [StreamFinished("stop")]
    assert reply.error is None


def test_a_stream_without_an_end_is_incomplete() -> None:
    reply = decoder()

    events = [*reply.feed(delta(content="a")), *reply.close()]

    assert events == [AnswerDelta("a")]
    assert isinstance(reply.error, StreamInterrupted)


def test_a_sign_of_life_alone_is_incomplete() -> None:
    reply = decoder()
    reply.feed(b": alive\n\n: alive\n\n")
    reply.close()

    assert isinstance(reply.error, StreamInterrupted)


@pytest.mark.parametrize("body", [b"", b"\n\n", b" \r\n", DONE, b": alive\n\n" + DONE, DONE + DONE])
def test_a_reply_without_an_event_is_empty(body: bytes) -> None:
    reply = decoder()
    events = [*reply.feed(body), *reply.close()]

    assert events == []
    assert type(reply.error) is ProtocolError
    assert "answered 200 with an empty reply" in reply.error.message
    assert not reply.error.retryable


@pytest.mark.parametrize(
    "body", [b"<html>Log in</html>", b'{"choices": []}', b"Hello.\n\nWorld.", b"null"]
)
def test_a_document_instead_of_a_stream_is_a_protocol_error(body: bytes) -> None:
    reply = decoder()
    reply.feed(body)
    reply.close()

    assert isinstance(reply.error, ProtocolError)


def test_a_whole_reply_in_one_document_is_kept() -> None:
    message: dict[str, Any] = {
        "reasoning_content": "漢" * 60_000,
        "content": [{"type": "text", "text": "a"}],
    }
    document = {"choices": [{"message": message}], "usage": {"prompt_tokens": 1}}
    body = json.dumps(document, ensure_ascii=False, indent=1).encode()
    reply = decoder()

    events = reply.feed(body[:70_000]) + reply.feed(body[70_000:]) + reply.close()

    assert events == [
        ReasoningDelta(message["reasoning_content"]),
        AnswerDelta("a"),
        UsageReported(Usage(input_tokens=1)),
    ]
    assert isinstance(reply.error, ProtocolError)
    assert "base_url" not in reply.error.message


@pytest.mark.parametrize("start", [b"{", b" ["])
def test_an_endless_document_of_json_is_bounded(start: bytes) -> None:
    reply = decoder()

    for _ in range(MAX_EVENT_BYTES // 1_000_000 + 1):
        reply.feed(start + b"x\n" * 500_000)

    assert reply.is_done
    assert isinstance(reply.error, ProtocolError)


def test_an_endless_document_is_not_read_to_its_end() -> None:
    reply = decoder()

    reply.feed(b"<html>" + b"\n<p>x</p>" * 10_000)

    assert reply.is_done
    assert isinstance(reply.error, ProtocolError)


def test_an_oversized_event_breaks_the_reply_and_keeps_what_came() -> None:
    reply = decoder()

    events = reply.feed(delta(content="a") + b"data: " + b"x" * MAX_EVENT_BYTES)

    assert events == [AnswerDelta("a")]
    assert isinstance(reply.error, ProtocolError)


# What servers really send.


def turn_of(body: bytes) -> Turn:
    """The turn of a body that arrives at once, and the same byte by byte."""
    turns = []
    for reads in ([body], [body[at : at + 1] for at in range(len(body))]):
        reply = decoder()
        events: list[Event] = [event for read in reads for event in reply.feed(read)]
        events += reply.close()
        builder = TurnBuilder(ChatRequest("", "m", ()), server="s", clock=lambda: 0.0)
        for event in events:
            builder.add(event)
        turns.append(builder.finish(reply.error))
    whole, single = turns
    assert facts_of(whole) == facts_of(single)
    return whole


def facts_of(turn: Turn) -> tuple[object, ...]:
    error = turn.error and turn.error.message
    return turn.reasoning, turn.answer, turn.usage, turn.finish_reason, turn.notices, error


@pytest.mark.parametrize(
    "body",
    [
        delta("stop", content="a") + delta("stop", content="b") + delta("stop", content="c"),
        delta("stop", content="a") + delta(content="b") + delta(content="c"),
        delta("stop", content="a") + delta(content="bc") + DONE,
        delta("stop") + delta(content="abc"),
        delta("length", content="a") + delta(content="bc") + delta("stop") + DONE,
        delta("stop", content="a") + delta(content="<think>b") + sse({"choices": []}) + DONE,
    ],
)
def test_a_finish_reason_only_permits_the_end(body: bytes) -> None:
    turn = turn_of(body)

    assert turn.answer.replace("<think>", "") in ("abc", "ab")
    assert (turn.complete, turn.finish_reason) == (True, "stop")


def test_what_is_lost_after_a_finish_reason_and_more_text_is_reported() -> None:
    error = sse({"error": {"message": "overloaded", "code": 503}})

    turn = turn_of(delta("stop", content="a") + delta(content="b") + error)

    assert (turn.answer, turn.state) == ("ab", "error")
    assert turn_of(delta("stop", content="a") + error).complete


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"reasoning_text": "Hm"}, "Hm"),
        ({"thinking_blocks": [{"type": "thinking", "thinking": "Hm", "signature": "s"}]}, "Hm"),
        (
            {
                "reasoning_content": "Hm",
                "thinking_blocks": [{"type": "thinking", "thinking": "Hm"}],
            },
            "Hm",
        ),
        ({"thinking_blocks": [{"type": "redacted_thinking", "data": "x"}]}, ""),
        ({"reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]}, "Hm"),
    ],
)
def test_reasoning_is_read_from_every_field_once(fields: dict[str, Any], expected: str) -> None:
    turn = turn_of(delta(**fields) + delta("stop", content="4") + DONE)

    assert (turn.reasoning, turn.answer, turn.complete) == (expected, "4", True)


def test_text_of_chunks_without_choices_is_read() -> None:
    turn = turn_of(sse({"response": "B"}) + sse({"response": "C", "p": "xyz"}) + DONE)

    assert (turn.answer, turn.complete) == ("BC", True)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (delta(thoughts="Hm") + delta("stop"), "delta.thoughts"),
        (delta(foo="B") + delta("stop"), "delta.foo"),
        (delta(parts=[{"text": "B"}]) + delta("stop"), "delta.parts"),
        (sse({"output_text": "B"}) + DONE, "output_text"),
        (sse({"generated_text": "B"}) + DONE, "generated_text"),
    ],
)
def test_a_reply_in_unread_fields_is_never_an_empty_success(body: bytes, name: str) -> None:
    turn = turn_of(body)

    assert not turn.complete
    assert isinstance(turn.error, ProtocolError)
    assert f"`{name}`" in turn.error.message


@pytest.mark.parametrize("name", ["thoughts", "reasoning_summary", "answer_text", "thinking_text"])
def test_unread_text_beside_an_answer_is_reported_once(name: str) -> None:
    turn = turn_of(delta(**{name: "Hm"}) * 3 + delta("stop", content="4") + DONE)

    assert (turn.answer, turn.complete) == ("4", True)
    assert turn.notices == (f"The server also sent `delta.{name}`, which is not read.",)


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_calls": [{"id": "c"}]},
        {"thinking_signature": "x"},
        {"reasoning_encrypted": "x"},
        {"reasoning_id": "r1", "name": "m", "annotations": [{"url": "u"}]},
        {"audio": {"data": "x"}, "logprobs": {"content": []}},
        {"mystery": "x"},
    ],
)
def test_fields_that_are_no_text_are_not_reported(fields: dict[str, Any]) -> None:
    assert turn_of(delta(content="4", **fields) + delta("stop") + DONE).notices == ()


def test_an_unread_field_does_not_make_an_empty_reply_of_another_kind_an_error() -> None:
    assert turn_of(delta(tool_calls=[{"id": "c"}]) + delta("tool_calls") + DONE).complete


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        # vLLM counts no reasoning that the template has opened.
        (
            {
                "prompt_tokens": 3,
                "completion_tokens": 500,
                "total_tokens": 503,
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
            Usage(input_tokens=3, output_tokens=500, total_tokens=503),
        ),
        ({"completion_tokens": 5, "completion_tokens_details": {"reasoning_tokens": 9}}, Usage()),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, Usage()),
        ({"prompt_tokens": 3, "completion_tokens": 0, "total_tokens": 3}, Usage(input_tokens=3)),
        (
            {"prompt_tokens": 300, "completion_tokens": 400, "total_tokens": 20},
            Usage(input_tokens=300, output_tokens=400),
        ),
        (
            {"completion_tokens": 400, "completion_tokens_details": {"reasoning_tokens": 400}},
            Usage(output_tokens=400),
        ),
        ({"completion_tokens": 1}, Usage()),
        (
            {"completion_tokens": 400, "prompt_tokens_details": {"cached_tokens": 0}},
            Usage(output_tokens=400, cached_tokens=0),
        ),
        (
            {"prompt_tokens": 3, "prompt_tokens_details": {"cached_tokens": 9}},
            Usage(input_tokens=3),
        ),
    ],
)
def test_a_count_that_the_text_contradicts_is_not_reported(
    usage: dict[str, Any], expected: Usage
) -> None:
    text = delta(reasoning_content="x" * 1_400) + delta(content="Four.") + delta("stop")

    assert turn_of(text + sse({"choices": [], "usage": usage}) + DONE).usage == expected


def test_hidden_reasoning_is_counted_without_its_text() -> None:
    usage = {"completion_tokens": 900, "completion_tokens_details": {"reasoning_tokens": 800}}

    turn = turn_of(delta("stop", content="4") + sse({"choices": [], "usage": usage}) + DONE)

    assert turn.usage == Usage(output_tokens=900, reasoning_tokens=800)
