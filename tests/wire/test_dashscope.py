"""DashScope's native protocol: deltas or snapshots, text or lists, errors at any place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qwq_magic.errors import (
    BillingError,
    ContentFiltered,
    InvalidRequest,
    RateLimited,
    ResponseError,
    ServerFailure,
)
from qwq_magic.events import (
    AnswerDelta,
    Event,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.turns import ChatRequest, Message
from qwq_magic.wire.dashscope import PROTOCOL, encode
from qwq_magic.wire.error_bodies import response_error
from qwq_magic.wire.origin import Origin

ALIBABA = Origin(server="dashscope", host="dashscope.aliyuncs.com", model="qwq-plus")
MESSAGES = (Message("user", "Hi"),)


def frame(chunk: Any, *, event: str = "result", status: int = 200, number: int = 1) -> bytes:
    data = json.dumps(chunk)
    return f"id:{number}\nevent:{event}\n:HTTP_STATUS/{status}\ndata:{data}\n\n".encode()


def result(finish_reason: str = "null", **message: Any) -> bytes:
    choice = {"message": {"role": "assistant", **message}, "finish_reason": finish_reason}
    return frame({"output": {"choices": [choice]}, "request_id": "r"})


def reply_to(*frames: bytes, is_cumulative: bool = False) -> list[Event]:
    request = ChatRequest("Hi", "qwq-plus", MESSAGES, {"incremental_output": not is_cumulative})
    reply = PROTOCOL.decoder(request, origin=ALIBABA)
    return [*(event for each in frames for event in reply.feed(each)), *reply.close()]


def test_a_request_wants_deltas_and_messages() -> None:
    request = ChatRequest("Hi", "qwq-plus", MESSAGES, {"enable_thinking": True, "top_k": 5})

    assert encode(request) == {
        "model": "qwq-plus",
        "input": {"messages": [{"role": "user", "content": "Hi"}]},
        "parameters": {
            "result_format": "message",
            "incremental_output": True,
            "enable_thinking": True,
            "top_k": 5,
        },
    }


def test_a_newer_model_takes_its_content_as_a_list() -> None:
    body = encode(ChatRequest("Hi", "qwen3.6-plus", MESSAGES))

    assert body["input"] == {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}


def test_content_as_a_list_is_its_text() -> None:
    parts = [{"text": "Y"}, {"image": "x"}, {"text": "es"}]

    assert reply_to(result(content=parts), result("stop", content=[])) == [
        AnswerDelta("Yes"),
        StreamFinished("stop"),
    ]


def test_a_snapshot_counts_only_for_what_is_new_in_it() -> None:
    events = reply_to(
        result(reasoning_content="Let", content=""),
        result(reasoning_content="Let me \ud83d", content=""),
        result(reasoning_content="Let me 😀", content="So"),
        result(content="So \ud83d"),
        result("stop", reasoning_content="", content="So 😀!"),
        is_cumulative=True,
    )

    assert events == [
        ReasoningDelta("Let"),
        ReasoningDelta(" me "),
        ReasoningDelta("😀"),
        AnswerDelta("So"),
        AnswerDelta(" "),
        AnswerDelta("😀!"),
        StreamFinished("stop"),
    ]


def test_inline_tags_work_in_snapshots_too() -> None:
    events = reply_to(
        result(content="<th"),
        result(content="<think>a</th"),
        result("stop", content="<think>a</think>b"),
        is_cumulative=True,
    )

    assert events == [ReasoningDelta("a"), AnswerDelta("b"), StreamFinished("stop")]


def test_the_text_format_has_the_same_texts() -> None:
    first = frame({"output": {"text": "a", "reasoning_content": "r", "finish_reason": "null"}})
    last = frame({"output": {"text": "b", "finish_reason": "length", "choices": None}})

    assert reply_to(first, last) == [
        ReasoningDelta("r"),
        AnswerDelta("a"),
        AnswerDelta("b"),
        StreamFinished("length"),
    ]


def test_counts_are_the_last_ones() -> None:
    chunk = {
        "output": {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}]},
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    }

    assert reply_to(frame(chunk))[1] == UsageReported(
        Usage(input_tokens=1, output_tokens=2, total_tokens=3)
    )


@pytest.mark.parametrize("output", [None, [], {}, {"choices": [None]}, {"choices": [{}]}])
def test_odd_shapes_are_no_error(output: Any) -> None:
    events = reply_to(frame({"output": output}), result("stop", content="a"))

    assert events == [AnswerDelta("a"), StreamFinished("stop")]


FLAT = {"code": "DataInspectionFailed", "message": "Output data may contain it.", "request_id": "r"}
NESTED: dict[str, Any] = {
    "error": {"code": "data_inspection_failed", "message": "m"},
    "request_id": "r",
}


@pytest.mark.parametrize(
    ("http_status", "body"),
    [
        (400, json.dumps(NESTED).encode()),
        (400, json.dumps(FLAT).encode()),
        (400, frame(FLAT, event="error", status=400)),
        (400, frame(FLAT, event="error", status=400).rstrip()),
        (400, b"data: " + json.dumps(NESTED).encode()),
        (200, frame(FLAT, event="error", status=400)),
        (200, frame(FLAT, status=400)),
        (200, b"data: " + json.dumps(NESTED).encode() + b"\n\n"),
        (200, b"data:" + json.dumps({"error": {"message": "<400> x", **NESTED["error"]}}).encode()),
    ],
)
def test_an_error_of_any_shape_is_the_same_error(http_status: int, body: bytes) -> None:
    error = error_in(http_status, body)

    assert type(error) is ContentFiltered
    assert (error.status, error.retryable) == (400, False)


@pytest.mark.parametrize(
    ("code", "message", "status", "kind", "retryable"),
    [
        ("Arrearage", "Access denied", 400, BillingError, False),
        ("InternalError.Algo", "<429> InternalError.Algo: busy", 429, ServerFailure, True),
        ("Throttling.RateQuota", "Requests rate limit exceeded", 429, RateLimited, True),
        ("InvalidParameter", "url error, please check url!", 400, InvalidRequest, False),
    ],
)
def test_an_error_after_text_keeps_the_text(
    code: str, message: str, status: int, kind: type[ResponseError], retryable: bool
) -> None:
    reply = PROTOCOL.decoder(origin=ALIBABA)
    failure = {"code": code, "message": message, "request_id": "r9"}

    events = reply.feed(result(content="a") + frame(failure, event="error", status=status))

    assert events == [AnswerDelta("a")]
    assert isinstance(reply.error, kind)
    assert (reply.error.status, reply.error.code) == (status, code)
    assert (reply.error.retryable, reply.error.request_id) == (retryable, "r9")


def error_in(http_status: int, body: bytes) -> ResponseError:
    if http_status >= 400:
        return response_error(http_status, body, origin=ALIBABA)
    reply = PROTOCOL.decoder(origin=ALIBABA)
    assert [*reply.feed(body), *reply.close()] == []
    assert isinstance(reply.error, ResponseError)
    return reply.error
