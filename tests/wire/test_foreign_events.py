"""A reply in the events of another protocol is named, rather than taken for a lost connection."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qwq_magic.errors import ProtocolError, StreamInterrupted
from qwq_magic.events import AnswerDelta
from qwq_magic.wire.openai import PROTOCOL

RESPONSES: list[dict[str, Any]] = [
    {"type": "response.created", "response": {"id": "r"}},
    {"type": "response.output_text.delta", "delta": "Hi"},
    {"type": "response.completed", "response": {"status": "completed"}},
]
ANTHROPIC: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "m", "content": []}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "message_stop"},
]


def events(chunks: list[dict[str, Any]], *, named: bool = True) -> bytes:
    lines = [f"event: {c['type']}\n" if named and "type" in c else "" for c in chunks]
    data = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return "".join(line + text for line, text in zip(lines, data, strict=True)).encode()


@pytest.mark.parametrize(
    ("body", "api"),
    [
        (events(RESPONSES), "OpenAI's Responses API"),
        (events(RESPONSES, named=False), "OpenAI's Responses API"),
        (events(RESPONSES) + b"data: [DONE]\n\n", "OpenAI's Responses API"),
        (events(ANTHROPIC), "Anthropic's Messages API"),
        (
            b'event: ping\ndata: {"type": "ping"}\n\n' + events(ANTHROPIC),
            "Anthropic's Messages API",
        ),
        (events([{"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}]), "Gemini's API"),
        (b'[{"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}]', "Gemini's API"),
        (events([{"type": "message-start", "id": "x"}]), "Cohere's API"),
        (b'{"object": "response", "output": [{"type": "message"}]}', "OpenAI's Responses API"),
        (b'{"type": "message", "content": [{"text": "Hi"}]}', "Anthropic's Messages API"),
        (events([{"output": {"text": "Hi"}}]), "DashScope's native API"),
        (events([{"index": 1, "token": {"id": 1, "text": "Hi"}}]), "the generate API of TGI"),
        (events([{"content": "Hi", "stop": False}]), "the completion API of llama.cpp"),
        (
            b'{"model": "m", "message": {"content": "Hi"}, "done": false}\n'
            b'{"model": "m", "message": {"content": ""}, "done": true}\n',
            "Ollama's native API",
        ),
    ],
)
def test_the_events_of_another_protocol_are_named(body: bytes, api: str) -> None:
    for cut in (len(body), 1):
        reply = PROTOCOL.decoder()
        for at in range(0, len(body), cut):
            reply.feed(body[at : at + cut])
        reply.close()

        assert type(reply.error) is ProtocolError
        assert f"replied in the events of {api}" in reply.error.message
        assert "base_url" in reply.error.message
        assert not reply.error.retryable


def test_events_of_a_protocol_that_is_not_known_are_no_lost_connection() -> None:
    reply = PROTOCOL.decoder()
    reply.feed(events([{"messageStart": {"role": "assistant"}}, {"contentBlockDelta": {"a": {}}}]))
    reply.close()

    assert type(reply.error) is ProtocolError
    assert "`messageStart`, `contentBlockDelta`" in reply.error.message


def test_a_connection_lost_before_the_text_is_one_after_unknown_fields() -> None:
    reply = PROTOCOL.decoder()
    reply.feed(events([{"odd": {"a": 1}}, {"choices": [{"delta": {"role": "assistant"}}]}]))
    reply.close()

    assert type(reply.error) is StreamInterrupted


def test_a_protocol_that_exists_here_is_advised() -> None:
    reply = PROTOCOL.decoder()
    reply.feed(events([{"output": {"text": "Hi"}}]))

    assert reply.error is not None
    assert 'Set protocol="dashscope"' in str(reply.error)


@pytest.mark.parametrize(
    "other", [{"type": "ping"}, {"type": "message"}, {"id": "x"}, {"output": "x"}, {"stop": None}]
)
def test_an_unknown_chunk_among_choices_is_skipped(other: dict[str, Any]) -> None:
    reply = PROTOCOL.decoder()
    choice = {"delta": {"content": "Hi"}, "finish_reason": "stop"}

    found = reply.feed(events([other, {"choices": [choice], "type": "response.odd"}]))

    assert found == [AnswerDelta("Hi")]
    assert reply.error is None
