"""Every recorded body gives the expected reply, however its bytes are cut."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from corpora import each, in_full
from hypothesis import given, settings
from hypothesis import strategies as st

from qwq_magic.errors import QwqError
from qwq_magic.events import Event
from qwq_magic.turns import ChatRequest, Turn, TurnBuilder
from qwq_magic.wire.error_bodies import response_error
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.protocols import PROTOCOLS, UNKNOWN
from qwq_magic.wire.wire_protocol import Decoder, WireProtocol

VECTORS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "vectors").glob("*.json"))
}
STREAMS = [name for name, vector in VECTORS.items() if vector["http_status"] == 200]
ERROR_BODIES = [name for name in VECTORS if name not in STREAMS]
SMALL_STREAMS = [name for name in STREAMS if VECTORS[name]["size"] < 10_000]


PROTOCOL_NAMES = {
    "openai-sse": "openai",
    "dashscope-native": "dashscope",
    "ollama-native": "ollama",
    "responses": "responses",
    "anthropic": "anthropic",
}


def sender_of(name: str) -> str:
    """Which server, or which trick of the protocol, a vector is of: its first word."""
    return name.partition("_")[0]


def body_of(name: str) -> bytes:
    return (Path(__file__).parent / "vectors" / f"{name}.sse").read_bytes()


def cut_at(body: bytes, places: Iterable[int]) -> list[bytes]:
    bounds = [0, *sorted({place % len(body) for place in places}), len(body)]
    return [body[start:end] for start, end in pairwise(bounds)]


def request_for(name: str) -> ChatRequest:
    incremental = VECTORS[name]["client_options"].get("incremental_output", True)
    return ChatRequest("", "m", (), {} if incremental else {"incremental_output": False})


def decoder_for(name: str, protocol: WireProtocol | None = None) -> Decoder:
    vector = VECTORS[name]
    protocol = protocol or PROTOCOLS[PROTOCOL_NAMES[vector["protocol"]]]
    return protocol.decoder(
        request_for(name),
        inline_think=vector["client_options"]["inline_think"],
        origin=Origin(server=vector["server"]),
    )


def reply_to(
    name: str, reads: Iterable[bytes], protocol: WireProtocol | None = None
) -> dict[str, Any]:
    """What the client makes of a body that arrives in these reads."""
    decoder = decoder_for(name, protocol)
    events: list[Event] = []
    for read in reads:
        events += decoder.feed(read)
    events += decoder.close()
    builder = TurnBuilder(ChatRequest("", "m", ()), server="s")
    for event in events:
        builder.add(event)
    return compared(name, builder.finish(decoder.error))


def compared(name: str, turn: Turn) -> dict[str, Any]:
    usage = turn.to_dict()["usage"]
    return {
        "reasoning": trimmed(name, turn.reasoning),
        "answer": trimmed(name, turn.answer),
        "usage": usage if any(count is not None for count in usage.values()) else None,
        "finish_reason": turn.finish_reason,
        "error": error_facts(turn.error),
        "complete": turn.complete,
    }


def error_facts(error: QwqError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {
        "kind": error.kind,
        "code": error.code,
        "http_status": error.status,
        "request_id": error.request_id,
        "retryable": error.retryable,
    }


# The server ended these replies without an error before the model did.
CUT = {"deepseek_insufficient_system_resource"}


def expected_of(name: str) -> dict[str, Any]:
    expected = VECTORS[name]["expected"]
    error = expected["error"]
    return {
        "reasoning": trimmed(name, expected["reasoning"]),
        "answer": trimmed(name, expected["answer"]),
        "usage": expected["usage"],
        "finish_reason": expected["finish_reason"],
        "error": error and {key: error[key] for key in error if key != "message"},
        "complete": error is None and name not in CUT,
    }


def trimmed(name: str, text: str) -> str:
    return text.strip() if VECTORS[name]["compare"] == "strip" else text


@each("name", VECTORS, core=1, by=sender_of)
def test_the_recorded_bytes_are_intact(name: str) -> None:
    body = body_of(name)

    assert len(body) == VECTORS[name]["size"]
    assert hashlib.sha256(body).hexdigest() == VECTORS[name]["sha256"]


@each("name", STREAMS, core=1, by=sender_of)
def test_a_stream_in_one_read_gives_the_expected_reply(name: str) -> None:
    assert reply_to(name, [body_of(name)]) == expected_of(name)


@each("name", STREAMS, core=1, by=sender_of)
def test_a_stream_byte_by_byte_gives_the_expected_reply(name: str) -> None:
    body = body_of(name)

    reply = reply_to(name, (body[at : at + 1] for at in range(len(body))))

    assert reply == expected_of(name)


@each("name", [n for n in STREAMS if VECTORS[n]["feed"]["split_at"]], core=1, by=sender_of)
def test_a_stream_cut_at_its_awkward_places_gives_the_expected_reply(name: str) -> None:
    places = VECTORS[name]["feed"]["split_at"]

    for cuts in ([place] for place in places):
        assert reply_to(name, cut_at(body_of(name), cuts)) == expected_of(name)
    assert reply_to(name, cut_at(body_of(name), places)) == expected_of(name)


@each("name", SMALL_STREAMS, core=1, by=sender_of)
@settings(max_examples=in_full(40, core=10))
@given(places=st.lists(st.integers(min_value=0, max_value=10_000), max_size=30))
def test_a_stream_cut_anywhere_gives_the_expected_reply(name: str, places: list[int]) -> None:
    assert reply_to(name, cut_at(body_of(name), places)) == expected_of(name)


@pytest.mark.parametrize("size", [1, 7, 10_000])
@each("name", STREAMS, core=1, by=sender_of)
def test_the_protocol_of_a_reply_is_found_in_its_first_bytes(name: str, size: int) -> None:
    body = body_of(name)
    reads = (body[at : at + size] for at in range(0, len(body), size))

    assert reply_to(name, reads, UNKNOWN) == expected_of(name)


@each("name", ERROR_BODIES, core=1, by=sender_of)
def test_an_error_body_gives_the_expected_error(name: str) -> None:
    vector = VECTORS[name]

    error = response_error(
        vector["http_status"],
        body_of(name),
        origin=Origin(server=vector["server"]),
        headers=vector["headers"],
    )

    assert error_facts(error) == expected_of(name)["error"]


@each("name", VECTORS, core=1, by=sender_of)
def test_an_error_message_holds_the_servers_words(name: str) -> None:
    vector = VECTORS[name]
    error = vector["expected"]["error"]
    if not error or not error["message"]:
        return
    origin = Origin(server=vector["server"])
    if vector["http_status"] == 200:
        decoder = decoder_for(name)
        decoder.feed(body_of(name))
        raised = decoder.error
    else:
        raised = response_error(vector["http_status"], body_of(name), origin=origin)

    assert raised is not None
    assert error["message"].strip() in raised.message
