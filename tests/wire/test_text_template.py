"""A chunk that is recognised gives what it would give if it were parsed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from corpora import in_full
from hypothesis import given, settings
from hypothesis import strategies as st

from qwq_magic.events import Event, TokenLogprob
from qwq_magic.turns import ChatRequest, TurnBuilder
from qwq_magic.wire.framing import SSEDecoder
from qwq_magic.wire.openai import PROTOCOL, ChunkReader
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.stream_decoder import StreamDecoder
from qwq_magic.wire.text_template import TextTemplate
from qwq_magic.wire.wire_protocol import Decoder

read_chunk = ChunkReader().read
decoder = PROTOCOL.decoder
# Texts that look like parts of the JSON around them, and ordinary ones.
TEXTS = st.sampled_from(
    ['":"', ":", '"', "\\", "content", "m", "", "null", "}]}", "\n", "\x7f", "a", " b", "漢", "😀"]
)
FIELDS = st.sampled_from(["content", "reasoning_content", "reasoning"])
CHUNKS = st.lists(st.tuples(FIELDS, TEXTS, st.booleans(), st.integers(0, 2)), max_size=30)


def event(field: str, text: str, *, ascii_only: bool = False, extra: int = 0) -> bytes:
    choice: dict[str, Any] = {"index": 0, "delta": {field: text}, "finish_reason": None}
    chunk: dict[str, Any] = {"model": "m", "choices": [choice]}
    if extra == 1:
        chunk["usage"] = {"completion_tokens": len(text)}
    if extra == 2:
        choice["text"] = text
    data = json.dumps(chunk, ensure_ascii=ascii_only, separators=(",", ":"))
    return f"data: {data}\n\n".encode()


def folded(reply: Decoder, reads: list[bytes]) -> tuple[Any, ...]:
    events: list[Event] = [event for read in reads for event in reply.feed(read)]
    builder = TurnBuilder(ChatRequest("", "m", ()), server="s")
    for each in [*events, *reply.close()]:
        builder.add(each)
    turn = builder.finish(reply.error)
    return turn.reasoning, turn.answer, turn.usage, turn.finish_reason, turn.complete


@settings(max_examples=in_full(300, core=50))
@given(chunks=CHUNKS, size=st.integers(1, 500))
def test_recognised_chunks_give_what_parsed_ones_give(chunks: list[Any], size: int) -> None:
    body = b"".join(event(f, t, ascii_only=a, extra=x) for f, t, a, x in chunks)
    body += b"data: [DONE]\n\n"
    parsing = StreamDecoder(SSEDecoder(), read_chunk, inline_think="auto", origin=Origin())

    expected = folded(parsing, [body])

    assert folded(decoder(), [body]) == expected
    assert folded(decoder(), [body[at : at + size] for at in range(0, len(body), size)]) == expected


class Heard:
    """Notes what a template takes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add_reasoning(self, text: str) -> None:
        self.texts.append(text)

    add_content = add_reasoning

    def add_logprobs(self, tokens: Sequence[TokenLogprob]) -> None: ...

    def add_usage(self, counts: Any) -> None: ...

    def lose_content(self) -> None: ...

    def skip(self, name: str, *, may_be_text: bool) -> None: ...

    def end_with(self, reason: Any) -> None: ...

    def sign(self, signature: str) -> None: ...

    def finish(self) -> None: ...

    def takes_message(self) -> bool:
        return False

    def other(self, index: Any) -> Heard:
        return self


class Watched(TextTemplate):
    """Counts the bytes that are looked at to learn from them."""

    looked_at = 0

    def learn(self, event: bytes, chunk: dict[str, Any]) -> None:
        self.looked_at += len(event)
        super().learn(event, chunk)


@pytest.mark.parametrize(
    "events",
    [
        [event("content", "a").replace(b"\n", b"\r\n")] * 500,
        [event("content", "a").replace(b"\n", b"\r")] * 500,
        [b"id: %d\n" % number + event("content", "a") for number in range(500)],
    ],
    ids=["ends of two bytes", "ends of CR", "an id that changes"],
)
def test_what_cannot_be_learnt_from_is_looked_at_once_at_most(events: list[bytes]) -> None:
    template = Watched(read_chunk)
    reply = StreamDecoder(
        SSEDecoder(), read_chunk, inline_think="auto", origin=Origin(), template=template
    )
    body = b"".join(events)

    assert folded(reply, [body])[1] == "a" * 500
    assert template.looked_at <= len(body)


def test_ordinary_chunks_are_recognised_and_others_left_alone() -> None:
    template, heard = TextTemplate(read_chunk), Heard()
    first = event("content", "Yes")
    template.learn(first, json.loads(first[6:]))
    known = event("content", ", it is") + event("content", " 漢")

    end = template.take(known + event("content", 'a "b"') + known, 0, heard)

    assert heard.texts == [", it is", " 漢"]
    assert end == len(known)


def test_a_text_that_stands_twice_teaches_nothing() -> None:
    template, heard = TextTemplate(read_chunk), Heard()
    for text in ("m", "content", ":"):
        first = event("content", text)
        template.learn(first, json.loads(first[6:]))

    assert template.take(event("content", "Yes"), 0, heard) == 0
    assert heard.texts == []
