"""OpenAI's Responses API: texts that repeat on four levels, each shown once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qwq_magic.errors import ContentFiltered, ProtocolError, ServerFailure
from qwq_magic.events import AnswerDelta, Event, ReasoningDelta, StreamFinished
from qwq_magic.turns import ChatRequest, Message
from qwq_magic.wire.responses import PROTOCOL, encode
from qwq_magic.wire.wire_protocol import Decoder

MESSAGES = (
    Message("system", "Be brief."),
    Message("user", "One?"),
    Message("assistant", "1.", reasoning="Hm."),
    Message("user", "Two?"),
)


def event(name: str, **fields: Any) -> bytes:
    value = {"type": name, **fields}
    return f"event: {name}\ndata: {json.dumps(value)}\n\n".encode()


def answer(text: str) -> bytes:
    return event("response.output_text.delta", delta=text)


def raw(text: str) -> bytes:
    return event("response.reasoning_text.delta", delta=text)


def summary(text: str, **fields: Any) -> bytes:
    return event("response.reasoning_summary_text.delta", delta=text, **fields)


def message_item(*texts: str) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": t} for t in texts]}


def reasoning_item(summaries: list[str], raw_text: str = "") -> dict[str, Any]:
    content = [{"type": "reasoning_text", "text": raw_text}] if raw_text else None
    parts = [{"type": "summary_text", "text": text} for text in summaries]
    return {"type": "reasoning", "summary": parts, "content": content}


def item_done(item: dict[str, Any]) -> bytes:
    return event("response.output_item.done", item=item)


def end(*output: dict[str, Any], name: str = "response.completed", **fields: Any) -> bytes:
    response = {"object": "response", "output": list(output), "error": None, **fields}
    return event(name, response=response)


def texts_of(*body: bytes) -> tuple[str, str, Decoder]:
    decoder = PROTOCOL.decoder()
    events: list[Event] = []
    for data in body:
        events += decoder.feed(data)
    events += decoder.close()
    reasoning = "".join(e.text for e in events if isinstance(e, ReasoningDelta))
    return reasoning, "".join(e.text for e in events if isinstance(e, AnswerDelta)), decoder


def shown(*body: bytes) -> tuple[str, str]:
    reasoning, text, decoder = texts_of(*body)
    assert decoder.error is None
    return reasoning, text


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {"reasoning": {"summary": "auto"}}),
        ({"reasoning_effort": "high"}, {"reasoning": {"summary": "auto", "effort": "high"}}),
        ({"enable_thinking": True}, {"reasoning": {"summary": "auto", "effort": "medium"}}),
        ({"enable_thinking": False}, {"reasoning": {"effort": "none"}}),
        ({"reasoning_effort": "none"}, {"reasoning": {"effort": "none"}}),
        (
            {"reasoning_effort": "low", "enable_thinking": True},
            {"reasoning": {"summary": "auto", "effort": "low"}},
        ),
        (
            {"reasoning": {"summary": "detailed", "max_tokens": 9}},
            {"reasoning": {"summary": "detailed", "max_tokens": 9}},
        ),
        ({"max_tokens": 9}, {"max_output_tokens": 9, "reasoning": {"summary": "auto"}}),
        ({"max_completion_tokens": 9}, {"max_output_tokens": 9, "reasoning": {"summary": "auto"}}),
        ({"store": True}, {"store": True, "reasoning": {"summary": "auto"}}),
        ({"preserve_thinking": True, "stream_options": {}}, {"reasoning": {"summary": "auto"}}),
    ],
)
def test_parameters_are_sent_under_the_names_of_this_api(parameters: Any, expected: Any) -> None:
    body = encode(ChatRequest("Two?", "m", MESSAGES, parameters))

    assert body == {
        "store": False,
        "model": "m",
        "input": [
            {"type": "message", "role": "system", "content": "Be brief."},
            {"type": "message", "role": "user", "content": "One?"},
            {"type": "message", "role": "assistant", "content": "1."},
            {"type": "message", "role": "user", "content": "Two?"},
        ],
        "stream": True,
        **expected,
    }


def test_the_users_own_object_is_not_changed() -> None:
    own = {"effort": "low"}

    encode(ChatRequest("Hi", "m", MESSAGES, {"reasoning": own, "enable_thinking": False}))

    assert own == {"effort": "low"}


@pytest.mark.parametrize(
    "repeats",
    [
        [],
        [event("response.output_text.done", text="Yes.")],
        [event("response.content_part.done", part={"type": "output_text", "text": "Yes."})],
        [item_done(message_item("Yes."))],
        [event("response.output_text.done", text="Yes."), item_done(message_item("Ye", "s."))],
    ],
)
@pytest.mark.parametrize("output", [[], [message_item("Yes.")]])
@pytest.mark.parametrize("is_streamed", [True, False])
def test_a_text_is_shown_once_whichever_events_repeat_it(
    repeats: list[bytes], output: list[dict[str, Any]], is_streamed: bool
) -> None:
    deltas = [answer("Ye"), answer("s.")] if is_streamed else []

    _, text = shown(*deltas, *repeats, end(*output))

    is_sent = bool(is_streamed or repeats or output)
    assert text == ("Yes." if is_sent else "")


@pytest.mark.parametrize(
    ("repeated", "expected"),
    [
        # The repetition has text that no delta brought.
        ("Yes, it is.", "Yes, it is."),
        # The server stripped the white space, or changed the text altogether.
        ("Yes", "Yes,"),
        ("yes, it is.", "Yes,"),
        ("", "Yes,"),
    ],
)
def test_a_repetition_adds_what_is_missing_and_nothing_else(repeated: str, expected: str) -> None:
    for repeat in (
        event("response.output_text.done", text=repeated),
        item_done(message_item(repeated)),
    ):
        assert shown(answer("Yes,"), repeat, end(message_item(repeated)))[1] == expected


def test_a_character_cut_in_two_by_deltas_is_no_new_text() -> None:
    body = (answer("\ud83d"), answer("\ude00"), event("response.output_text.done", text="😀"))

    assert shown(*body, end(message_item("😀")))[1] == "😀"


def test_texts_without_ids_and_with_wrong_ids_are_shown_once() -> None:
    body = (
        event("response.output_text.delta", delta="a", item_id="x", output_index=0),
        event("response.output_text.delta", delta="b", item_id="y", output_index=7),
        event("response.output_text.done", text="ab", item_id="z"),
    )

    assert shown(*body, end(message_item("ab")))[1] == "ab"


# OpenRouter documents these two events.
@pytest.mark.parametrize(
    "last", [end(name="response.done"), end(name="response.done", output=None)]
)
@pytest.mark.parametrize("repeats", [[], [item_done(message_item("Yes."))]])
def test_deltas_of_parts_and_an_end_named_done_are_read(last: bytes, repeats: list[bytes]) -> None:
    name = "response.content_part.delta"
    deltas = [event(name, delta="Ye"), event(name, delta={"type": "output_text", "text": "s."})]

    assert shown(*deltas, *repeats, last) == ("", "Yes.")


def test_deltas_that_are_not_read_are_reported() -> None:
    unread = event("response.new_text.delta", delta="Yes.")
    called = event("response.function_call_arguments.delta", delta="{}")

    *_, decoder = texts_of(unread, end())
    assert isinstance(decoder.error, ProtocolError)
    assert "`response.new_text.delta`" in decoder.error.message
    assert shown(called, end()) == ("", "")


def test_items_of_one_kind_are_paragraphs() -> None:
    added = event("response.output_item.added", item={"type": "message", "content": []})
    one, two = message_item("One moment."), message_item("Four.")

    streamed = shown(
        added, answer("One moment."), item_done(one), added, answer("Four."), item_done(two), end()
    )

    assert streamed == ("", "One moment.\n\nFour.")
    assert shown(item_done(one), item_done(two), end(one, two)) == streamed
    assert shown(end(one, two)) == streamed


@pytest.mark.parametrize(
    "boundary",
    [
        [event("response.reasoning_summary_part.added", summary_index=1, part={})],
        [event("response.reasoning_summary_part.done", summary_index=0, part={"text": "One"})],
        [],
    ],
)
def test_the_parts_of_a_summary_are_paragraphs(boundary: list[bytes]) -> None:
    body = (summary("One", summary_index=0), *boundary, summary("Two", summary_index=1))

    assert shown(*body, end(reasoning_item(["One", "Two"])))[0] == "One\n\nTwo"


def test_deltas_of_a_summary_with_changing_ids_are_one_paragraph() -> None:
    body = [summary(text, item_id=text) for text in ("One ", "sentence", ".")]

    assert shown(*body, event("response.reasoning_summary_text.done", text="One sentence."), end())[
        0
    ] == ("One sentence.")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # The raw text first: the summary adds nothing.
        ([raw("I add."), summary("Adding")], "I add."),
        ([raw("I "), summary("Adding"), raw("add.")], "I add."),
        # The summary has been shown when the raw text comes.
        ([summary("Adding"), raw("I add.")], "Adding\n\nI add."),
        ([summary("I guess"), raw("I "), raw("add.")], "I guess\n\nI add."),
        # The same text under several names.
        ([summary("I add."), raw("I add.")], "I add."),
        ([summary("I "), raw("I "), summary("add."), raw("add.")], "I add."),
        ([summary("I "), raw("I add.")], "I add."),
        ([raw("I add."), event("response.reasoning.delta", delta="I add.")], "I add."),
        (
            [
                event("response.reasoning.delta", delta="I add."),
                event("response.reasoning.done", text="I add."),
                event("response.reasoning_text.done", text="I add."),
            ],
            "I add.",
        ),
        # In a finished item.
        ([item_done(reasoning_item(["Adding"], "I add."))], "I add."),
        ([raw("I add."), item_done(reasoning_item(["Adding"], "I add."))], "I add."),
    ],
)
def test_raw_reasoning_is_shown_once_and_in_place_of_a_summary(
    body: list[bytes], expected: str
) -> None:
    assert shown(*body, end())[0] == expected


def test_two_reasoning_items_around_a_message_are_kept() -> None:
    one, two = reasoning_item([], "First."), reasoning_item([], "Second.")
    body = (raw("First."), item_done(one), answer("Then"), item_done(message_item("Then")))

    assert shown(*body, raw("Second."), item_done(two), end(one, message_item("Then"), two)) == (
        "First.\n\nSecond.",
        "Then",
    )


def test_inline_tags_of_a_server_without_a_parser_are_split() -> None:
    body = (answer("<think>a</th"), answer("ink>b"))

    assert shown(*body, end(message_item("<think>a</think>b"))) == ("a", "b")


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (end(), "completed"),
        (end(status="in_progress"), "completed"),
        (end(status="incomplete", incomplete_details={"reason": "max_output_tokens"}), None),
        (end(name="response.incomplete", incomplete_details={"reason": "content_filter"}), None),
        (end(name="response.incomplete", incomplete_details=None), "incomplete"),
    ],
)
def test_the_last_event_gives_the_reason(last: bytes, reason: str | None) -> None:
    decoder = PROTOCOL.decoder()

    events = decoder.feed(answer("a") + last)

    [finished] = [e for e in events if isinstance(e, StreamFinished)]
    details = json.loads(last.split(b"data: ")[1])["response"].get("incomplete_details")
    assert finished.finish_reason == (reason or details["reason"])
    assert decoder.is_done


@pytest.mark.parametrize(
    ("error", "raised", "message"),
    [
        ({"code": "server_error", "message": "It broke."}, ServerFailure, "It broke."),
        ({"code": "invalid_prompt", "message": "Flagged."}, ContentFiltered, "Flagged."),
        ("It broke.", ServerFailure, "It broke."),
        (None, ServerFailure, "failed"),
    ],
)
def test_a_failed_response_keeps_its_text_and_the_servers_words(
    error: Any, raised: type[Exception], message: str
) -> None:
    last = end(name="response.failed", status="failed", error=error)

    _, text, decoder = texts_of(answer("Th"), last)

    assert text == "Th"
    assert isinstance(decoder.error, raised)
    assert message in str(decoder.error)


@pytest.mark.parametrize(
    "error",
    [
        event("error", code="server_error", message="It broke."),
        event("error", code=None, message="It broke.", param=None, sequence_number=3),
        event("error", error={"type": "server_error", "message": "It broke."}),
        b'data: {"type":"error","message":"It broke.","code":null}\n\n',
    ],
)
def test_an_error_event_of_either_shape_is_one(error: bytes) -> None:
    _, text, decoder = texts_of(answer("Th"), error)

    assert text == "Th"
    assert isinstance(decoder.error, ServerFailure)
    assert "It broke." in decoder.error.message


@pytest.mark.parametrize("cut", [b"", end(name="response.in_progress")])
def test_a_stream_without_its_last_event_is_not_complete(cut: bytes) -> None:
    _, text, decoder = texts_of(answer("Th"), cut)

    assert text == "Th"
    assert decoder.error is not None


def test_the_text_of_a_reply_in_one_document_is_kept_beside_the_error() -> None:
    document = {
        "object": "response",
        "status": "completed",
        "error": None,
        "output": [reasoning_item(["Hm"]), message_item("Yes")],
    }

    reasoning, text, decoder = texts_of(json.dumps(document, indent=1).encode())

    assert (reasoning, text) == ("Hm", "Yes")
    assert isinstance(decoder.error, ProtocolError)
    assert "one JSON document" in decoder.error.message


@pytest.mark.parametrize(
    "odd",
    [
        event("response.output_text.delta", delta=["x"]),
        event("response.output_text.delta", delta={"value": 5}),
    ],
)
def test_a_delta_of_an_unknown_form_is_reported_as_missing(odd: bytes) -> None:
    *_, decoder = texts_of(answer("a"), odd, end())

    assert isinstance(decoder.error, ProtocolError)
