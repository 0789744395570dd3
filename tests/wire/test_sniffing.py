"""Where the address leaves it open, the first bytes of a reply say what it is."""

from __future__ import annotations

import pytest

from qwq_magic.events import AnswerDelta, StreamFinished
from qwq_magic.wire.error_bodies import MAX_BODY_BYTES
from qwq_magic.wire.protocols import UNKNOWN

OPENAI = b'data: {"choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}\n\n'
DASHSCOPE = (
    b"id:1\nevent:result\n:HTTP_STATUS/200\n"
    b'data:{"output":{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}]}}\n\n'
)
RESPONSES = (
    b'event: response.created\ndata: {"type": "response.created", "response": {}}\n\n'
    b"event: response.output_text.delta\n"
    b'data: {"type": "response.output_text.delta", "delta": "a"}\n\n'
    b'data: {"type": "response.incomplete", "response": '
    b'{"incomplete_details": {"reason": "stop"}}}\n\n'
)
ANTHROPIC = (
    b'event: message_start\ndata: {"type": "message_start", "message": {}}\n\n'
    b'data: {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}}\n\n'
    b'data: {"type": "message_delta", "delta": {"stop_reason": "stop"}}\n\n'
    b'data: {"type": "message_stop"}\n\n'
)
OLLAMA = b'{"message": {"content": "a"}, "done": false}\n{"done": true, "done_reason": "stop"}\n'


@pytest.mark.parametrize("body", [OPENAI, DASHSCOPE, OLLAMA, RESPONSES, ANTHROPIC])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n"])
@pytest.mark.parametrize("size", [1, 1_000])
def test_each_protocol_is_known_by_its_first_chunk(body: bytes, before: bytes, size: int) -> None:
    decoder, whole = UNKNOWN.decoder(), before + body
    events = []
    for at in range(0, len(whole), size):
        events += decoder.feed(whole[at : at + size])
    events += decoder.close()

    assert events == [AnswerDelta("a"), StreamFinished("stop")]


def test_keep_alives_decide_nothing() -> None:
    decoder = UNKNOWN.decoder()
    decoder.feed(b": alive\n\n")

    assert not decoder.is_done
    assert decoder.feed(DASHSCOPE) == [AnswerDelta("a")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><title>Sign in</title></html>", "Sign in"),
        (b'{"error": {"message": "No such model"}}', "No such model"),
        (b'{"choices": []}\n', "stream: true"),
        (b"", "empty reply"),
        (b"<p>" + b"x" * MAX_BODY_BYTES, "HTML page"),
    ],
)
def test_what_is_no_stream_is_named(body: bytes, said: str) -> None:
    decoder = UNKNOWN.decoder()

    assert [*decoder.feed(body), *decoder.close()] == []
    assert decoder.error is not None
    assert said in decoder.error.message
