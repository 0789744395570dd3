"""Anthropic's Messages API: blocks, counts in two events, and signatures that are sent back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qwq_magic.errors import (
    AuthenticationError,
    BillingError,
    InvalidRequest,
    ModelNotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerFailure,
)
from qwq_magic.events import AnswerDelta, Event, ReasoningDelta, Usage, UsageReported
from qwq_magic.keys import ApiKey
from qwq_magic.memory.contents import Attempt
from qwq_magic.settings.presets import SERVERS
from qwq_magic.turns import ChatRequest, Message, Turn, TurnBuilder
from qwq_magic.wire.anthropic import PROTOCOL, encode
from qwq_magic.wire.error_bodies import response_error
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.wire_protocol import Decoder

MESSAGES = (
    Message("system", "Be brief."),
    Message("user", "One?"),
    Message("assistant", "1."),
    Message("user", "Two?"),
)
OLD, NEW = "claude-sonnet-4-5-20250929", "claude-opus-4-8"
ADAPTIVE = {"type": "adaptive", "display": "summarized"}


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def start(**usage: Any) -> bytes:
    return event("message_start", message={"type": "message", "content": [], "usage": usage})


def block(kind: str, *deltas: dict[str, Any], **fields: Any) -> bytes:
    begin = event("content_block_start", index=0, content_block={"type": kind, **fields})
    middle = b"".join(event("content_block_delta", index=0, delta=delta) for delta in deltas)
    return begin + middle + event("content_block_stop", index=0)


def thinking(*texts: str, signature: str = "") -> bytes:
    deltas = [{"type": "thinking_delta", "thinking": text} for text in texts]
    signed = [{"type": "signature_delta", "signature": signature}] if signature else []
    return block("thinking", *deltas, *signed, thinking="", signature="")


def answer(*texts: str) -> bytes:
    return block("text", *({"type": "text_delta", "text": text} for text in texts), text="")


def end(reason: str | None = "end_turn", **usage: Any) -> bytes:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return event("message_delta", delta=delta, usage=usage) + event("message_stop")


def events_of(*body: bytes) -> tuple[list[Event], Decoder]:
    decoder = PROTOCOL.decoder()
    events = [event for data in body for event in decoder.feed(data)]
    return [*events, *decoder.close()], decoder


def turn_of(*body: bytes) -> Turn:
    events, decoder = events_of(*body)
    builder = TurnBuilder(ChatRequest("", "m", ()), server="s")
    for each in events:
        builder.add(each)
    return builder.finish(decoder.error)


@pytest.mark.parametrize(
    ("model", "parameters", "expected"),
    [
        (OLD, {}, {"max_tokens": 16_000}),
        (OLD, {"max_tokens": 9}, {"max_tokens": 9}),
        (OLD, {"max_completion_tokens": 9}, {"max_tokens": 9}),
        (
            OLD,
            {"thinking_budget": 2_000},
            {"max_tokens": 18_000, "thinking": {"type": "enabled", "budget_tokens": 2_000}},
        ),
        (
            OLD,
            {"thinking_budget": 2_000, "max_tokens": 3_000, "enable_thinking": True},
            {"max_tokens": 3_000, "thinking": {"type": "enabled", "budget_tokens": 2_000}},
        ),
        (
            OLD,
            {"enable_thinking": True},
            {"max_tokens": 32_000, "thinking": {"type": "enabled", "budget_tokens": 16_000}},
        ),
        (
            "qwen3",
            {"enable_thinking": True},
            {"max_tokens": 32_000, "thinking": {"type": "enabled", "budget_tokens": 16_000}},
        ),
        (NEW, {"enable_thinking": True}, {"max_tokens": 32_000, "thinking": ADAPTIVE}),
        (
            NEW,
            {"reasoning_effort": "high"},
            {"max_tokens": 32_000, "thinking": ADAPTIVE, "output_config": {"effort": "high"}},
        ),
        (
            OLD,
            {"reasoning_effort": "high"},
            {"max_tokens": 16_000, "output_config": {"effort": "high"}},
        ),
        (
            NEW,
            {"reasoning_effort": "none"},
            {"max_tokens": 16_000, "thinking": {"type": "disabled"}},
        ),
        (
            OLD,
            {"enable_thinking": False, "thinking_budget": 9_000},
            {"max_tokens": 16_000, "thinking": {"type": "disabled"}},
        ),
        (OLD, {"thinking_budget": 0}, {"max_tokens": 16_000, "thinking": {"type": "disabled"}}),
        (
            NEW,
            {"thinking": {"type": "enabled", "budget_tokens": 1_024}, "enable_thinking": True},
            {"max_tokens": 17_024, "thinking": {"type": "enabled", "budget_tokens": 1_024}},
        ),
        (
            OLD,
            {"stop": "X", "preserve_thinking": True, "stream_options": {}, "top_k": 5},
            {"max_tokens": 16_000, "stop_sequences": ["X"], "top_k": 5},
        ),
    ],
)
def test_parameters_are_sent_under_the_names_of_this_api(
    model: str, parameters: Any, expected: Any
) -> None:
    assert encode(ChatRequest("Two?", model, MESSAGES, parameters)) == {
        "model": model,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "1."},
            {"role": "user", "content": "Two?"},
        ],
        "stream": True,
        **expected,
    }


def test_a_request_without_a_system_message_has_no_such_field() -> None:
    assert "system" not in encode(ChatRequest("Hi", "m", (Message("user", "Hi"),)))


def test_anthropic_gets_the_key_in_its_own_header_and_other_servers_in_both() -> None:
    key = ApiKey("k", source="x")

    assert PROTOCOL.authorization(key, SERVERS["anthropic"]) == {"x-api-key": "k"}
    for server in ("custom", "vllm", "litellm", "openrouter", "deepseek"):
        assert PROTOCOL.authorization(key, SERVERS[server]) == {
            "x-api-key": "k",
            "Authorization": "Bearer k",
        }


def test_the_counts_of_both_events_are_one_usage() -> None:
    events, _ = events_of(
        start(input_tokens=5, cache_creation_input_tokens=20, cache_read_input_tokens=100),
        answer("a"),
        end(output_tokens=9, output_tokens_details={"thinking_tokens": 4}),
    )

    assert [e for e in events if isinstance(e, UsageReported)][-1].usage == Usage(
        input_tokens=125, output_tokens=9, total_tokens=134, reasoning_tokens=4, cached_tokens=100
    )


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"input_tokens": 5}, {"output_tokens": 9}, Usage(5, 9, 14)),
        # Some gateways know the counts at the end only, and some write zeros or nulls there.
        ({"input_tokens": 0}, {"input_tokens": 5, "output_tokens": 9}, Usage(5, 9, 14)),
        ({"input_tokens": 5}, {"input_tokens": 0, "output_tokens": 9}, Usage(5, 9, 14)),
        ({"input_tokens": 5}, {"input_tokens": None, "output_tokens": 9}, Usage(5, 9, 14)),
        ({}, {"output_tokens": 9}, Usage(output_tokens=9)),
        ({"input_tokens": -1}, {"output_tokens": "9"}, None),
    ],
)
def test_counts_in_one_event_or_the_other_are_kept(
    first: dict[str, Any], second: dict[str, Any], expected: Usage | None
) -> None:
    events, _ = events_of(start(**first), answer("a"), end(**second))

    usages = [e.usage for e in events if isinstance(e, UsageReported)]
    assert (usages[-1] if usages else None) == expected


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_a_signature_is_kept_with_the_turn_and_goes_back_with_its_thinking(size: int) -> None:
    body = b"".join(
        (
            start(),
            thinking("First ", "😀."[:1], "thought.", signature="sig1"),
            block("redacted_thinking", data="secret"),
            thinking("Second.", signature="sig2"),
            answer("4"),
            end(),
        )
    )
    turn = turn_of(*(body[at : at + size] for at in range(0, len(body), size)))
    message = Message("assistant", turn.answer, turn.reasoning, turn.signature)

    sent = encode(ChatRequest("", "m", (message,)))

    assert sent["messages"] == [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "First 😀thought.", "signature": "sig1"},
                {"type": "redacted_thinking", "data": "secret"},
                {"type": "thinking", "thinking": "Second.", "signature": "sig2"},
                {"type": "text", "text": "4"},
            ],
        }
    ]
    assert Turn.from_dict(json.loads(json.dumps(turn.to_dict()))).signature == turn.signature


def test_a_character_cut_in_two_does_not_shift_the_blocks() -> None:
    turn = turn_of(
        start(), thinking("\ud83d", "\ude00", signature="s"), thinking("b", signature="t"), end()
    )
    message = Message("assistant", "4", turn.reasoning, turn.signature)

    [sent] = encode(ChatRequest("", "m", (message,)))["messages"]

    assert [part.get("thinking") for part in sent["content"]] == ["😀", "b", None]


@pytest.mark.parametrize(
    ("reasoning", "signature"),
    [
        # Of a server that signs nothing, of another protocol, changed, or forged.
        ("Hm.", ""),
        ("Hm.", "EqQB"),
        ("Hm. ***", '[{"start":0,"end":3,"signature":"s"}]'),
        ("Hm", '[{"start":0,"end":3,"signature":"s"}]'),
        ("", '[{"start":0,"end":3,"signature":"s"}]'),
        ("Hm.", "[]"),
        ("Hm.", "7"),
        ("Hm.", "{}"),
        ("Hm.", '["data"]'),
        ("Hm.", '[{"end":3}]'),
        ("Hm.", '[{"start":"0","end":3,"signature":"s"}]'),
        ("Hm.", '[{"end":"3"}]'),
        ("Hm.", "[" * 50_000),
    ],
)
def test_reasoning_whose_signature_does_not_fit_is_left_out(reasoning: str, signature: str) -> None:
    message = Message("assistant", "1.", reasoning, signature)

    assert encode(ChatRequest("", "m", (message,)))["messages"] == [
        {"role": "assistant", "content": "1."}
    ]


@pytest.mark.parametrize("cut", [b"", event("error", error={"type": "api_error", "message": "x"})])
def test_an_interrupted_turn_has_no_signature(cut: bytes) -> None:
    turn = turn_of(start(), thinking("Hm.", signature="s"), cut)

    assert (turn.reasoning, turn.signature, turn.complete) == ("Hm.", "", False)


def test_signatures_without_end_are_not_kept() -> None:
    big = "s" * 600_000

    turn = turn_of(start(), thinking("a", signature=big), thinking("b", signature=big), end())

    assert (turn.reasoning, turn.signature) == ("a\n\nb", "")


@pytest.mark.parametrize(
    ("hidden", "expected"),
    [
        (thinking(signature="s"), {"type": "thinking", "thinking": "", "signature": "s"}),
        (block("redacted_thinking", data="d"), {"type": "redacted_thinking", "data": "d"}),
    ],
)
def test_thinking_that_is_not_shown_is_sent_back(hidden: bytes, expected: dict[str, str]) -> None:
    turn = turn_of(start(), hidden, answer("4"), end())
    _, message = Attempt(turn).messages(with_reasoning=True)

    [sent] = encode(ChatRequest("", "m", (message,)))["messages"]

    assert sent["content"] == [expected, {"type": "text", "text": "4"}]
    assert Attempt(turn).messages(with_reasoning=False)[1] == Message("assistant", "4")


def test_thinking_that_is_not_shown_leaves_a_whole_answer() -> None:
    turn = turn_of(start(), thinking(signature="s"), answer("4"), end())

    assert (turn.reasoning, turn.answer, turn.complete) == ("", "4", True)


@pytest.mark.parametrize(
    "body",
    [
        # All of the text in the first event of its block, or in that of the message.
        block("text", text="Yes") + end(),
        event("message_start", message={"content": [{"type": "text", "text": "Yes"}]}) + end(),
        event("content_block_delta", delta={"text": "Yes"}) + end(),
        answer("Yes") + event("message_stop"),
        event("ping") + answer("Yes") + event("later_invention", text="no") + end(),
        block("tool_use", {"type": "input_json_delta", "partial_json": "{"}, name="f")
        + answer("Yes")
        + end("tool_use"),
    ],
)
def test_odd_but_harmless_events_lose_nothing(body: bytes) -> None:
    turn = turn_of(body)

    assert (turn.reasoning, turn.answer, turn.complete) == ("", "Yes", True)


def test_the_text_of_a_reply_in_one_document_is_kept_beside_the_error() -> None:
    document = {
        "type": "message",
        "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Yes"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }

    events, decoder = events_of(json.dumps(document, indent=1).encode())

    assert events[:2] == [ReasoningDelta("Hm"), AnswerDelta("Yes")]
    assert isinstance(decoder.error, ProtocolError)
    assert "one JSON document" in decoder.error.message


@pytest.mark.parametrize(
    ("kind", "status", "raised"),
    [
        ("invalid_request_error", 400, InvalidRequest),
        ("authentication_error", 401, AuthenticationError),
        ("billing_error", 402, BillingError),
        ("permission_error", 403, PermissionDenied),
        ("not_found_error", 404, ModelNotFound),
        ("request_too_large", 413, InvalidRequest),
        ("rate_limit_error", 429, RateLimited),
        ("api_error", 500, ServerFailure),
        ("timeout_error", 504, ServerFailure),
        ("overloaded_error", 529, ServerFailure),
    ],
)
def test_each_type_of_error_is_known_by_status_and_inside_a_stream(
    kind: str, status: int, raised: type[Exception]
) -> None:
    error = {"type": kind, "message": "No."}

    _, decoder = events_of(start(), event("error", error=error))
    refused = response_error(
        status, json.dumps({"type": "error", "error": error}).encode(), origin=Origin()
    )

    assert isinstance(decoder.error, raised)
    assert isinstance(refused, raised)
    assert refused.status == status
