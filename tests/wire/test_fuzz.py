"""Whatever bytes arrive, a decoder raises nothing, invents nothing, and cuts change nothing.

Bodies are put together from pieces of streams: 300 a protocol (50 in the core), or QWQ_FUZZ_CASES.
"""

from __future__ import annotations

import json
import os
from itertools import pairwise
from typing import Any

from corpora import each, in_full
from hypothesis import given, settings
from hypothesis import strategies as st

from qwq_magic.errors import QwqError
from qwq_magic.events import Event, StreamFinished, UsageReported
from qwq_magic.turns import ChatRequest, TurnBuilder
from qwq_magic.wire.error_bodies import response_error
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.protocols import PROTOCOLS, UNKNOWN
from qwq_magic.wire.wire_protocol import Decoder

CASES = int(os.environ.get("QWQ_FUZZ_CASES", in_full("300", core="50")))
ALL = {**PROTOCOLS, "unknown": UNKNOWN}

TEXTS = st.sampled_from(
    ["", "a", "<think>", "</think>", "</th", "\ud83d", "\ude00", "漢", '"', "\\"]
)
ODD = st.sampled_from([None, "", "null", 0, 1, [], {}, [None], {"text": "t"}, True])
VALUES = st.one_of(TEXTS, ODD)
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "content": st.one_of(VALUES, st.lists(st.fixed_dictionaries({"text": VALUES}), max_size=2)),
        "reasoning_content": VALUES,
        "reasoning": VALUES,
        "thinking": VALUES,
        "reasoning_details": st.one_of(ODD, st.just([{"text": "d"}])),
        "tool_calls": ODD,
    },
)
CHOICES = st.lists(
    st.one_of(
        ODD,
        st.fixed_dictionaries(
            {},
            optional={
                "index": ODD,
                "delta": st.one_of(MESSAGES, ODD),
                "message": st.one_of(MESSAGES, ODD),
                "finish_reason": st.one_of(ODD, st.sampled_from(["stop", "length", "error"])),
            },
        ),
    ),
    max_size=2,
)
CHUNKS = st.fixed_dictionaries(
    {},
    optional={
        "choices": st.one_of(CHOICES, ODD),
        "output": st.one_of(
            st.fixed_dictionaries({}, optional={"choices": CHOICES, "text": VALUES}), ODD
        ),
        "message": st.one_of(MESSAGES, ODD),
        "done": ODD,
        "usage": st.one_of(ODD, st.just({"prompt_tokens": 1, "completion_tokens_details": []})),
        "error": st.one_of(ODD, TEXTS, st.just({"message": ["m"], "code": 400})),
        "object": st.sampled_from(["error", "chat.completion.chunk", None]),
        "code": VALUES,
    },
)
PARTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["output_text", "summary_text", "reasoning_text", "refusal", None])},
    optional={"text": VALUES, "refusal": VALUES},
)
ITEMS = st.fixed_dictionaries(
    {"type": st.sampled_from(["message", "reasoning", "function_call", None])},
    optional={
        "content": st.one_of(ODD, TEXTS, st.lists(PARTS, max_size=2)),
        "summary": st.one_of(ODD, st.lists(PARTS, max_size=2)),
    },
)
RESPONSES = st.fixed_dictionaries(
    {},
    optional={
        "object": st.just("response"),
        "status": st.sampled_from(["completed", "incomplete", "failed", "in_progress", 1]),
        "output": st.one_of(ODD, st.lists(st.one_of(ITEMS, ODD), max_size=2)),
        "error": st.one_of(ODD, st.just({"code": "server_error", "message": "m"})),
        "incomplete_details": st.one_of(ODD, st.just({"reason": "max_output_tokens"})),
        "usage": st.one_of(ODD, st.just({"input_tokens": 1, "output_tokens_details": []})),
    },
)
RESPONSE_EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "response.output_text.delta",
                "response.output_text.done",
                "response.refusal.delta",
                "response.reasoning_text.delta",
                "response.reasoning_text.done",
                "response.reasoning.delta",
                "response.reasoning_summary_text.delta",
                "response.reasoning_summary_text.done",
                "response.reasoning_summary_part.added",
                "response.content_part.done",
                "response.output_item.added",
                "response.output_item.done",
                "response.completed",
                "response.incomplete",
                "response.failed",
                "response.created",
                "error",
                None,
            ]
        )
    },
    optional={
        "delta": st.one_of(VALUES, PARTS),
        "text": VALUES,
        "part": st.one_of(PARTS, ODD),
        "item": st.one_of(ITEMS, ODD),
        "response": st.one_of(RESPONSES, ODD),
        "summary_index": ODD,
        "message": TEXTS,
    },
)
BLOCKS = st.fixed_dictionaries(
    {"type": st.sampled_from(["thinking", "text", "redacted_thinking", "tool_use", None])},
    optional={"thinking": VALUES, "text": VALUES, "signature": VALUES, "data": VALUES},
)
COUNTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("input_tokens", "output_tokens", "output_tokens_details"), ODD)
)
MESSAGE_EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "message_start",
                "content_block_start",
                "content_block_delta",
                "content_block_delta",
                "content_block_stop",
                "message_delta",
                "message_stop",
                "message",
                "ping",
                "error",
                None,
            ]
        )
    },
    optional={
        "message": st.one_of(
            ODD, st.fixed_dictionaries({}, optional={"usage": COUNTS, "content": VALUES})
        ),
        "content_block": st.one_of(BLOCKS, ODD),
        "delta": st.one_of(
            BLOCKS, ODD, st.just({"stop_reason": "end_turn"}), st.just({"stop_reason": "refusal"})
        ),
        "content": st.one_of(ODD, st.lists(st.one_of(BLOCKS, ODD), max_size=2)),
        "usage": st.one_of(COUNTS, ODD),
        "error": st.one_of(ODD, TEXTS, st.just({"type": "api_error", "message": "m"})),
    },
)
JSON = st.one_of(CHUNKS, CHUNKS, CHUNKS, RESPONSE_EVENTS, MESSAGE_EVENTS, ODD).map(
    lambda value: json.dumps(value).encode()
)
PIECES = st.one_of(
    JSON.map(lambda data: b"data: " + data + b"\n\n"),
    JSON.map(lambda data: b"event: e\ndata: " + data + b"\n\n"),
    JSON.map(lambda data: data + b"\n"),
    st.sampled_from(
        [
            b"data: [DONE]\n\n",
            b":HTTP_STATUS/429\n",
            b"event: error\n",
            b"event:result\r\n",
            b"id:1\r",
            b": alive\n\n",
            b"data",
            b"\xef\xbb\xbf",
            b"<html>",
            b"error: x\n\n",
            b"\n",
        ]
    ),
    st.binary(max_size=5),
)
BODIES = st.lists(PIECES, max_size=8).map(b"".join)


def stream_of(events: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Bodies in which a protocol's own events are most of what there is."""
    event = events.map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\n")
    return st.lists(st.one_of(event, event, event, PIECES), max_size=12).map(b"".join)


OWN = {"responses": stream_of(RESPONSE_EVENTS), "anthropic": stream_of(MESSAGE_EVENTS)}


def outcome(decoder: Decoder, reads: list[bytes]) -> tuple[Any, ...]:
    events: list[Event] = []
    for read in reads:
        events += decoder.feed(read)
    events += decoder.close()
    assert decoder.close() == decoder.feed(b"data: {}\n\n") == []
    builder = TurnBuilder(ChatRequest("", "m", ()), server="s")
    for event in events:
        builder.add(event)
    turn = builder.finish(decoder.error)
    # An end or an error, never neither; with an error it is not complete.
    ends = [event for event in events if isinstance(event, StreamFinished)]
    assert ends or decoder.error is not None
    # A server may end a reply in order and still have cut or filtered it.
    is_whole = all(end.ending is None or end.ending.is_whole for end in ends)
    assert turn.complete == (decoder.error is None and is_whole)
    json.dumps(turn.to_dict(), ensure_ascii=False).encode()
    usages = [event.usage for event in events if isinstance(event, UsageReported)]
    error = decoder.error.to_dict() if decoder.error else None
    return turn.reasoning, turn.answer, usages[-1:], turn.finish_reason, error


@each("name", ALL, core=len(ALL))
@settings(max_examples=CASES)
@given(body=BODIES, places=st.lists(st.integers(0, 500), max_size=6))
def test_any_body_has_one_outcome_however_it_is_cut(
    name: str, body: bytes, places: list[int]
) -> None:
    make = ALL[name].decoder
    origin, request = Origin(server="s"), ChatRequest("", "m", ())
    bounds = sorted({0, len(body), *(place for place in places if place < len(body))})

    whole = outcome(make(request, inline_think="auto", origin=origin), [body])

    reads = [body[start:end] for start, end in pairwise(bounds)]
    assert outcome(make(request, inline_think="auto", origin=origin), reads) == whole
    single = [body[at : at + 1] for at in range(len(body))]
    assert outcome(make(request, inline_think="auto", origin=origin), single) == whole


@each("name", OWN, core=len(OWN))
@settings(max_examples=CASES)
@given(data=st.data(), size=st.integers(1, 50))
def test_a_body_of_the_protocols_own_events_has_one_outcome(
    name: str, data: st.DataObject, size: int
) -> None:
    body = data.draw(OWN[name])
    decoders = [ALL[name].decoder(origin=Origin(server="s")) for _ in range(2)]

    whole = outcome(decoders[0], [body])

    assert outcome(decoders[1], [body[at : at + size] for at in range(0, len(body), size)]) == whole


@settings(max_examples=CASES)
@given(body=st.one_of(BODIES, JSON), status=st.integers(400, 599))
def test_any_error_body_makes_an_error_of_one_line(body: bytes, status: int) -> None:
    error = response_error(status, body, origin=Origin(server="s"))

    assert isinstance(error, QwqError)
    assert error.status == status
    assert error.message.isprintable()
