"""Ollama's native protocol: a JSON object a line, the counts in the last one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qwq_magic.errors import ProtocolError, ServerFailure, StreamInterrupted
from qwq_magic.events import (
    AnswerDelta,
    Event,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.turns import ChatRequest, Message
from qwq_magic.wire.framing import MAX_EVENT_BYTES
from qwq_magic.wire.ollama import PROTOCOL, encode
from qwq_magic.wire.wire_protocol import Decoder


def line(**fields: Any) -> bytes:
    return json.dumps({"model": "qwq", "done": False, **fields}).encode() + b"\n"


def message(**fields: Any) -> bytes:
    return line(message={"role": "assistant", "content": "", **fields})


END = line(done=True, done_reason="stop", prompt_eval_count=3, eval_count=4)


def reply_to(body: bytes) -> tuple[list[Event], Decoder]:
    reply = PROTOCOL.decoder()
    return [*reply.feed(body), *reply.close()], reply


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {}),
        ({"think": "high"}, {"think": "high"}),
        ({"enable_thinking": False}, {"think": False}),
        ({"reasoning_effort": "low", "enable_thinking": True}, {"think": "low"}),
        ({"reasoning_effort": "none"}, {"think": False}),
        (
            {"temperature": 0.6, "max_tokens": 9},
            {"options": {"temperature": 0.6, "num_predict": 9}},
        ),
        ({"num_ctx": 1, "options": {"num_ctx": 2}}, {"options": {"num_ctx": 2}}),
        ({"keep_alive": "5m", "stream_options": {}}, {"keep_alive": "5m"}),
    ],
)
def test_parameters_stand_where_ollama_looks(parameters: Any, expected: Any) -> None:
    request = ChatRequest("Hi", "qwq", (Message("user", "Hi"),), parameters)

    assert encode(request) == {
        "model": "qwq",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        **expected,
    }


def test_a_reply_ends_with_its_counts() -> None:
    events, reply = reply_to(message(thinking="Hm") + message(content="Yes") + END)

    assert events == [
        ReasoningDelta("Hm"),
        AnswerDelta("Yes"),
        UsageReported(Usage(input_tokens=3, output_tokens=4, total_tokens=7)),
        StreamFinished("stop"),
    ]
    assert reply.is_done


def test_a_cached_prompt_is_not_counted() -> None:
    events, _ = reply_to(line(done=True, eval_count=4))

    assert events == [UsageReported(Usage(output_tokens=4)), StreamFinished(None)]


def test_a_count_beyond_all_reason_is_no_count() -> None:
    events, _ = reply_to(line(done=True, prompt_eval_count=10**400, eval_count=4))

    assert events == [UsageReported(Usage(output_tokens=4)), StreamFinished(None)]


def test_tags_of_a_model_without_a_parser_are_split() -> None:
    events, _ = reply_to(message(content="<think>a</th") + message(content="ink>b") + END)

    assert events[:2] == [ReasoningDelta("a"), AnswerDelta("b")]


@pytest.mark.parametrize("end", [b"\r\n", b"\n\n", b""])
def test_the_last_line_counts_however_it_ends(end: bytes) -> None:
    events, _ = reply_to(b"\xef\xbb\xbf" + message(content="a") + END.rstrip() + end)

    assert events[0] == AnswerDelta("a")
    assert events[-1] == StreamFinished("stop")


def test_an_error_after_text_keeps_the_text() -> None:
    events, reply = reply_to(message(content="a") + b'{"error":"it was killed"}\n' + END)

    assert events == [AnswerDelta("a")]
    assert isinstance(reply.error, ServerFailure)
    assert "it was killed" in reply.error.message


@pytest.mark.parametrize("error", [["x"], {"message": "x"}, True, 500])
def test_an_error_of_any_form_is_one(error: Any) -> None:
    failed = json.dumps({"error": error}).encode() + b"\n"

    events, reply = reply_to(message(content="a") + failed + b'{"done":true}\n')

    assert events == [AnswerDelta("a")]
    assert isinstance(reply.error, ServerFailure)


def test_an_end_without_done_is_incomplete() -> None:
    events, reply = reply_to(message(content="a") + b'{"model": "q')

    assert events == [AnswerDelta("a")]
    assert isinstance(reply.error, StreamInterrupted)


def test_a_malformed_line_loses_no_text_around_it() -> None:
    events, reply = reply_to(message(content="a") + b"oops\n" + message(content="b") + END)

    assert events[0] == AnswerDelta("ab")
    assert isinstance(reply.error, ProtocolError)


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (b'{"message":{"content":"LOST"\n', 'not JSON: {"message":{"content":"LOST"'),
        (json.dumps({"message": {"content": "LOST"}}, indent=1).encode() + b"\n", "not JSON: {"),
    ],
)
def test_a_malformed_beginning_is_not_lost_in_silence(lost: bytes, said: str) -> None:
    events, reply = reply_to(lost + line() + message(content="a") + message(content="b") + END)

    assert events[0] == AnswerDelta("ab")
    assert isinstance(reply.error, ProtocolError)
    assert said in reply.error.message


def test_two_objects_on_a_line_are_both_read() -> None:
    one, two = message(content="a").rstrip(), message(content="b")

    events, _ = reply_to(one + two + END)

    assert events[0] == AnswerDelta("ab")
    assert events[-1] == StreamFinished("stop")


def test_text_of_the_other_endpoint_is_read() -> None:
    events, _ = reply_to(line(response="", thinking="r") + line(response="a") + END)

    assert events[:2] == [ReasoningDelta("r"), AnswerDelta("a")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>\n<title>Sign in</title>\n</html>", 'HTML page titled "Sign in"'),
        (b'{\n  "error": "model is loading"\n}\n', "model is loading"),
        (b"Ollama is running", "Ollama is running"),
    ],
)
def test_a_document_instead_of_a_stream_is_named(body: bytes, said: str) -> None:
    events, reply = reply_to(body)

    assert events == []
    assert reply.error is not None
    assert said in reply.error.message


def test_an_oversized_line_breaks_the_reply_and_keeps_what_came() -> None:
    reply = PROTOCOL.decoder()

    events = reply.feed(message(content="a"))
    reply.feed(b"x" * MAX_EVENT_BYTES)
    reply.feed(b"x")

    assert events == [AnswerDelta("a")]
    assert isinstance(reply.error, ProtocolError)
    assert "8 MB" in reply.error.message
