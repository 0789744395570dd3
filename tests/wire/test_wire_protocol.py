"""A protocol's own words decide what its replies mean; a preset's own field holds the reasoning."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from qwq_magic.errors import ServerFailure
from qwq_magic.events import (
    AnswerDelta,
    Ending,
    Event,
    ReasoningDelta,
    StreamFinished,
    Usage,
    UsageReported,
)
from qwq_magic.keys import ApiKey
from qwq_magic.settings.presets import CUSTOM, ServerPreset
from qwq_magic.wire.finish_words import FINISH_WORDS
from qwq_magic.wire.protocols import PROTOCOLS
from qwq_magic.wire.wire_protocol import Decoder, WireProtocol, bearer

OPENAI = PROTOCOLS["openai"]


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **fields: Any) -> bytes:
    value = {"choices": [{"delta": delta, "finish_reason": finish_reason}], **fields}
    return f"data: {json.dumps(value)}\n\n".encode()


def events_of(
    protocol: WireProtocol, *chunks: bytes, server: ServerPreset = CUSTOM
) -> tuple[list[Event], Decoder]:
    decoder = protocol.decoder(server=server)
    events = [event for data in chunks for event in decoder.feed(data)]
    return [*events, *decoder.close()], decoder


@pytest.mark.parametrize("name", ["openai", "dashscope", "ollama"])
def test_reasoning_is_read_from_the_presets_own_field_before_any_other(name: str) -> None:
    server = ServerPreset("odd", "", reasoning_fields=("musing",))
    message = {"musing": "Hm", "reasoning": "no", "content": "Yes"}
    body = {
        "openai": chunk(message, "stop"),
        "dashscope": b"data:%s\n\n"
        % json.dumps({"output": {"choices": [{"message": message}]}}).encode(),
        "ollama": json.dumps({"message": message, "done": False}).encode() + b"\n",
    }[name]

    events, _ = events_of(PROTOCOLS[name], body, server=server)

    assert events[:2] == [ReasoningDelta("Hm"), AnswerDelta("Yes")]


def test_a_word_of_the_protocols_own_for_the_token_limit_is_explained() -> None:
    protocol = replace(OPENAI, finish_words={"max_tokens": Ending.TOKEN_LIMIT})

    events, _ = events_of(protocol, chunk({"content": "a"}, "max_tokens"))

    assert events == [AnswerDelta("a"), StreamFinished("max_tokens")]
    assert [event.ending for event in events[1:]] == [Ending.TOKEN_LIMIT]  # type: ignore[union-attr]


def test_a_word_of_the_protocols_own_for_a_failure_is_one() -> None:
    protocol = replace(OPENAI, finish_words={**FINISH_WORDS, "failed": Ending.FAILED})

    events, decoder = events_of(protocol, chunk({"content": "a"}, "failed"))

    assert events == [AnswerDelta("a")]
    assert isinstance(decoder.error, ServerFailure)
    assert "finish_reason `failed`" in decoder.error.message


def test_counts_that_come_in_two_reports_are_merged_where_the_protocol_says() -> None:
    body = (
        chunk({"content": "a"}, usage={"prompt_tokens": 3}),
        chunk({}, "stop", usage={"completion_tokens": 4}),
    )
    merging = replace(OPENAI, merge_counts=lambda before, reported: {**before, **reported})

    last = [events_of(p, *body)[0][-2] for p in (OPENAI, merging)]

    assert last == [
        UsageReported(Usage(output_tokens=4)),
        UsageReported(Usage(input_tokens=3, output_tokens=4)),
    ]


def test_the_key_goes_into_a_bearer_token_by_default() -> None:
    assert OPENAI.authorization is bearer
    assert bearer(ApiKey("k", source="x")) == {"Authorization": "Bearer k"}
