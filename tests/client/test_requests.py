"""What each server is sent, byte for byte of JSON, on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from server import Reply, ScriptedServer, chat, failure, sse

from qwq_magic import Session
from qwq_magic.client import HttpChatModel
from qwq_magic.errors import (
    InvalidRequest,
    ModelNotFound,
    QwqError,
    RateLimited,
    UnsupportedFeature,
)
from qwq_magic.settings import Settings
from qwq_magic.settings.presets import SERVERS
from qwq_magic.turns import ChatRequest, Message

WISHES = {"enable_thinking": True, "thinking_budget": 99, "reasoning_effort": "low", "top_k": 20}
HISTORY = (
    Message("system", "Be brief."),
    Message("user", "One?"),
    Message("assistant", "1.", reasoning="Hm."),
    Message("user", "Two?"),
)
PLAIN = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "One?"},
    {"role": "assistant", "content": "1."},
    {"role": "user", "content": "Two?"},
]
USAGE = {"stream_options": {"include_usage": True}}


def with_reasoning(field: str) -> list[dict[str, str]]:
    return [*PLAIN[:2], {**PLAIN[2], field: "Hm."}, PLAIN[3]]


def sent_to(
    server: str,
    parameters: Mapping[str, Any],
    *,
    path: str = "/v1",
    protocol: Any = "auto",
    model: str = "m",
) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The path, the headers and the body that arrive at a server of this kind."""
    with ScriptedServer(chat(answer="ok")) as scripted:
        settings = Settings(server, scripted.origin + path, model, protocol=protocol)
        request = ChatRequest("Two?", model, HISTORY, parameters)

        async def ask() -> None:
            async for _ in HttpChatModel(settings).stream(request):
                pass

        # What a native protocol makes of this reply is not the question.
        with suppress(QwqError):
            asyncio.run(ask())
        received = scripted.requests[0]
    return received.path, received.headers, received.json


BY_EFFORT = {"reasoning_effort": "low", "top_k": 20}
THINKING: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        (
            "dashscope",
            "dashscope-intl",
            "dashscope-us",
            "dashscope-hk",
            "dashscope-batch",
            "siliconflow",
        ),
        WISHES,
    ),
    # Whatever these know of it, they know under these names.
    **dict.fromkeys(("litellm", "custom"), WISHES),
    "lmstudio": {"enable_thinking": True, "reasoning_effort": "low", "top_k": 20},
    "tgi": {"top_k": 20},
    "deepseek": {
        "thinking": {"type": "enabled"},
        "reasoning_effort": "low",
        "top_k": 20,
    },
    **dict.fromkeys(("openai", "xai"), BY_EFFORT),
    "openrouter": {
        "reasoning": {"enabled": True, "effort": "low", "max_tokens": 99},
        "top_k": 20,
    },
    "together": {
        "reasoning": {"enabled": True},
        "reasoning_effort": "low",
        "top_k": 20,
    },
    **dict.fromkeys(("groq", "fireworks", "ollama"), BY_EFFORT),
    "vllm": {
        "chat_template_kwargs": {"enable_thinking": True},
        "thinking_token_budget": 99,
        "reasoning_effort": "low",
        "top_k": 20,
    },
    "sglang": {
        "chat_template_kwargs": {"enable_thinking": True},
        "custom_params": {"thinking_budget": 99},
        **BY_EFFORT,
    },
    "llamacpp": {
        "chat_template_kwargs": {"enable_thinking": True, "reasoning_effort": "low"},
        "thinking_budget_tokens": 99,
        # So that a reasoning can be ended while it streams.
        "reasoning_control": True,
        "top_k": 20,
    },
    "transformers": {
        "chat_template_kwargs": {"enable_thinking": True},
        "top_k": 20,
    },
}
TAKES_REASONING = {
    **dict.fromkeys(
        (
            "dashscope",
            "dashscope-intl",
            "dashscope-us",
            "dashscope-hk",
            "dashscope-batch",
            "deepseek",
        ),
        "reasoning_content",
    ),
    "openrouter": "reasoning",
}


@pytest.mark.parametrize("server", [name for name in SERVERS if name not in ("demo", "anthropic")])
def test_a_server_gets_the_wishes_in_its_own_words(server: str) -> None:
    path, headers, body = sent_to(server, WISHES)

    field = TAKES_REASONING.get(server)
    assert path == "/v1/chat/completions"
    assert "x-dashscope-sse" not in headers
    assert body == {
        **THINKING[server],
        "model": "m",
        "messages": with_reasoning(field) if field else PLAIN,
        "stream": True,
        **({} if server == "transformers" else USAGE),
    }


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("deepseek", {"thinking": {"type": "enabled"}}),
        ("openrouter", {"reasoning": {"enabled": True}}),
        ("groq", {"reasoning_effort": "default"}),
        ("vllm", {"chat_template_kwargs": {"enable_thinking": True}}),
    ],
)
def test_a_servers_own_words_hold_at_another_address_too(
    server: str, expected: dict[str, Any]
) -> None:
    with ScriptedServer(chat(answer="ok")) as scripted:
        session = Session(server=server, base_url=scripted.url, model="m")
        session.ask("Hi", parameters={"enable_thinking": True})

    assert {name: scripted.requests[0].json.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("server", "path", "expected"),
    [
        ("dashscope", "/api/v1", "/api/v1/services/aigc/text-generation/generation"),
        ("ollama", "", "/api/chat"),
    ],
)
def test_a_servers_own_protocol_holds_at_another_address_too(
    server: str, path: str, expected: str
) -> None:
    with ScriptedServer(failure(400, {})) as scripted:
        session = Session(server=server, base_url=scripted.origin + path, model="m")
        with pytest.raises(QwqError):
            session.ask("Hi")

    assert scripted.requests[0].path == expected


def test_a_quota_at_a_gateway_to_dashscope_is_the_one_that_passes() -> None:
    spent = {"error": {"code": "insufficient_quota", "message": "Allocated quota exceeded"}}
    headers = {"Retry-After": "61"}
    with ScriptedServer(failure(429, spent, headers)) as scripted:
        session = Session(server="dashscope", base_url=scripted.url)
        with pytest.raises(RateLimited) as raised:
            session.ask("Hi")

    assert raised.value.retryable


@pytest.mark.parametrize(
    ("server", "off"),
    [
        ("dashscope", {"enable_thinking": False}),
        ("deepseek", {"thinking": {"type": "disabled"}}),
        ("openrouter", {"reasoning": {"enabled": False}}),
        ("together", {"reasoning": {"enabled": False}}),
        ("groq", {"reasoning_effort": "none"}),
        ("ollama", {"reasoning_effort": "none"}),
        ("vllm", {"chat_template_kwargs": {"enable_thinking": False}}),
    ],
)
def test_thinking_can_be_turned_off(server: str, off: dict[str, Any]) -> None:
    _, _, body = sent_to(server, {"enable_thinking": False})

    assert {name: body[name] for name in off} == off
    assert set(body) - set(off) == {"model", "messages", "stream", "stream_options"}


@pytest.mark.parametrize("server", ["deepseek", "openrouter"])
def test_the_wish_for_reasoning_in_the_history_is_no_parameter_there(server: str) -> None:
    _, _, body = sent_to(server, {"preserve_thinking": True})

    assert "preserve_thinking" not in body


def test_dashscope_is_told_to_preserve_thinking() -> None:
    _, _, body = sent_to("dashscope", {"preserve_thinking": True})

    assert body["preserve_thinking"] is True


@pytest.mark.parametrize(
    ("model", "place", "content"),
    [
        ("qwq-plus", "text-generation", "Two?"),
        ("qwen3.6-plus", "multimodal-generation", [{"text": "Two?"}]),
    ],
)
def test_native_dashscope_gets_a_header_and_its_own_body(
    model: str, place: str, content: Any
) -> None:
    path, headers, body = sent_to(
        "dashscope", WISHES, path="/api/v1", protocol="dashscope", model=model
    )

    assert path == f"/api/v1/services/aigc/{place}/generation"
    assert headers["x-dashscope-sse"] == "enable"
    assert set(body) == {"model", "input", "parameters"}
    assert body["input"]["messages"][2]["reasoning_content"] == "Hm."
    assert body["input"]["messages"][3] == {"role": "user", "content": content}
    assert body["parameters"] == {
        "result_format": "message",
        "incremental_output": True,
        **WISHES,
    }


def test_native_ollama_gets_think_and_options() -> None:
    path, _, body = sent_to(
        "ollama", {**WISHES, "max_tokens": 9}, path="", protocol="ollama", model="qwq"
    )

    assert path == "/api/chat"
    assert body == {
        "model": "qwq",
        "messages": PLAIN,
        "stream": True,
        "think": "low",
        "options": {"top_k": 20, "num_predict": 9},
    }


def test_the_responses_protocol_has_its_own_path_and_body() -> None:
    path, headers, body = sent_to("openai", {"reasoning_effort": "low"}, protocol="responses")

    assert path == "/v1/responses"
    assert "anthropic-version" not in headers
    assert body == {
        "model": "m",
        "input": [{"type": "message", **message} for message in PLAIN],
        "reasoning": {"effort": "low", "summary": "auto"},
        "store": False,
        "stream": True,
    }


@pytest.mark.parametrize("path", ["/v1", "", "/v1/messages"])
@pytest.mark.parametrize(
    ("server", "protocol"), [("anthropic", "auto"), ("custom", "anthropic"), ("vllm", "anthropic")]
)
def test_anthropics_protocol_has_its_own_path_headers_and_body(
    server: str, protocol: str, path: str
) -> None:
    address, headers, body = sent_to(
        server, {"thinking_budget": 2_000}, path=path, protocol=protocol
    )

    assert address == "/v1/messages"
    assert headers["anthropic-version"] == "2023-06-01"
    assert body == {
        "model": "m",
        "system": "Be brief.",
        "messages": PLAIN[1:],
        "max_tokens": 18_000,
        "thinking": {"type": "enabled", "budget_tokens": 2_000},
        "stream": True,
    }


@pytest.mark.parametrize(
    ("refusals", "given", "reasoning", "has_store"),
    [
        # OpenAI, for an organisation that is not verified, and for a model that does not reason.
        (["must be verified to generate reasoning summaries"], {}, None, True),
        (
            ["must be verified to generate reasoning summaries"],
            {"reasoning_effort": "low"},
            {"effort": "low"},
            True,
        ),
        (["Unsupported parameter: 'reasoning.summary'"], {}, None, True),
        (["Unknown field: store"], {}, {"summary": "auto"}, False),
        # transformers serve
        (["Unsupported fields: {'reasoning', 'store'}"] * 2, {}, None, False),
    ],
)
def test_a_server_that_refuses_a_summary_is_asked_again_without_it(
    refusals: list[str], given: dict[str, Any], reasoning: Any, has_store: bool
) -> None:
    replies = [failure(400, {"error": {"message": message}}) for message in refusals]
    completed = {"type": "response.completed", "response": {"status": "completed"}}
    delta = {"type": "response.output_text.delta", "delta": "ok"}
    with ScriptedServer(*replies, Reply([sse(delta, completed)])) as scripted:
        session = Session(base_url=scripted.url, model="m", protocol="responses", parameters=given)

        turn = session.ask("Hi")

    last = scripted.requests[-1].json
    assert (turn.answer, len(scripted.requests)) == ("ok", len(refusals) + 1)
    assert (last.get("reasoning"), "store" in last) == (reasoning, has_store)


def test_what_the_user_asked_for_is_not_dropped() -> None:
    refused = failure(400, {"error": {"message": "'reasoning.effort' is not supported"}})
    with ScriptedServer(refused) as scripted:
        session = Session(base_url=scripted.url, model="m", protocol="responses")

        with pytest.raises(InvalidRequest, match=r"reasoning\.effort"):
            session.ask("Hi", parameters={"reasoning_effort": "low"})

    assert [request.json["reasoning"] for request in scripted.requests] == [
        {"effort": "low", "summary": "auto"},
        {"effort": "low"},
    ]


# History.


@pytest.mark.parametrize(
    ("parameters", "field"), [({}, None), ({"preserve_thinking": True}, "reasoning_content")]
)
def test_reasoning_is_sent_back_only_where_the_user_asks(
    parameters: dict[str, Any], field: str | None
) -> None:
    with ScriptedServer(chat(reasoning="Hm.", answer="1.")) as scripted:
        session = Session(
            server="dashscope", base_url=scripted.url, model="m", parameters=parameters
        )
        session.ask("One?")

        session.ask("Two?")

    earlier = scripted.requests[1].json["messages"][1]
    expected = {"role": "assistant", "content": "1."}
    assert earlier == (expected | {field: "Hm."} if field else expected)


SIGNED = Reply(
    [
        sse(
            {"type": "message_start", "message": {}},
            {"type": "content_block_start", "content_block": {"type": "thinking"}},
            {"type": "content_block_delta", "delta": {"thinking": "Hm."}},
            {"type": "content_block_delta", "delta": {"signature": "EqQB"}},
            {"type": "content_block_stop"},
            {"type": "content_block_delta", "delta": {"text": "1."}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
            {"type": "message_stop"},
        )
    ]
)


@pytest.mark.parametrize("is_reopened", [False, True])
@pytest.mark.parametrize(
    ("parameters", "content"),
    [
        ({}, "1."),
        (
            {"preserve_thinking": True},
            [
                {"type": "thinking", "thinking": "Hm.", "signature": "EqQB"},
                {"type": "text", "text": "1."},
            ],
        ),
    ],
)
def test_a_thinking_block_goes_back_with_its_signature_where_the_user_asks(
    parameters: dict[str, Any], content: Any, is_reopened: bool, tmp_path: Path
) -> None:
    with ScriptedServer(SIGNED) as scripted:

        def new_session() -> Session:
            return Session(
                base_url=scripted.url, model="m", protocol="anthropic", parameters=parameters
            )

        session = new_session()
        session.ask("One?")
        session.ask("And?")
        if is_reopened:
            session.memory.save(tmp_path / "a.json")
            session = new_session()
            session.memory.load(tmp_path / "a.json")
        session.ask("Two?")

    body = scripted.requests[2].json
    assert [message["content"] for message in body["messages"]] == [
        "One?",
        content,
        "And?",
        content,
        "Two?",
    ]
    assert "preserve_thinking" not in body


def test_reasoning_is_not_sent_back_in_the_responses_protocol() -> None:
    item = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    completed = {"type": "response.completed", "response": {"output": [item]}}
    delta = {"type": "response.output_text.delta", "delta": "1."}
    with ScriptedServer(Reply([sse(delta, completed)])) as scripted:
        session = Session(
            server="dashscope",
            base_url=scripted.url,
            model="m",
            protocol="responses",
            parameters={"preserve_thinking": True},
        )
        session.ask("One?")
        preview = session.preview("Two?")
        session.ask("Two?")

    assert session.memory.turns[0].reasoning == "Hm."
    assert not any(message.reasoning for message in preview.messages)
    assert scripted.requests[1].json["input"][1] == {
        "type": "message",
        "role": "assistant",
        "content": "1.",
    }


def test_reasoning_that_an_advisor_adds_goes_out_by_the_servers_name() -> None:
    class Remember:
        def before(self, request: ChatRequest) -> ChatRequest:
            return replace(request, messages=HISTORY)

    with ScriptedServer(chat(answer="2.")) as scripted:
        model = HttpChatModel(Settings("deepseek", scripted.url, "m"))

        Session(model=model, advisors=[Remember()]).ask("Two?", fresh=True)

    assert with_reasoning("reasoning_content")[2] in scripted.requests[0].json["messages"]


# The rules of models.


def test_a_refused_feature_is_never_sent() -> None:
    with ScriptedServer() as scripted:
        session = Session(base_url=scripted.url, model="qwq-plus")

        with pytest.raises(UnsupportedFeature, match="ask for JSON in the prompt"):
            session.ask("Hi", parameters={"response_format": {"type": "json_object"}})

    assert scripted.requests == []


def test_what_has_no_effect_is_said_once_also_behind_a_gateway() -> None:
    with ScriptedServer(chat(answer="ok")) as scripted:
        session = Session(base_url=scripted.url, model="qwq-plus", system="Be brief.")
        first, second = (
            session.ask("Hi", parameters={"temperature": 0.6, "max_tokens": 9}) for _ in range(2)
        )

    assert first.notices == (
        "temperature: no effect on hosted qwq-plus, so not sent.",
        "qwq-plus works best without a system message; yours is sent anyway.",
    )
    assert second.notices == ()
    for request in scripted.requests:
        assert "temperature" not in request.json
        assert request.json["max_tokens"] == 9
        assert request.json["messages"][0] == {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize("model", ["Qwen/QwQ-32B", "qwen/qwq-32b", "qwq:32b"])
def test_open_weights_elsewhere_take_sampling_and_are_told_of_the_system_message(
    model: str,
) -> None:
    with ScriptedServer(chat(answer="ok")) as scripted:
        session = Session(base_url=scripted.url, model=model, system="Be brief.")
        turn = session.ask("Hi", parameters={"temperature": 0.6})

    assert scripted.requests[0].json["temperature"] == 0.6
    assert turn.notices == (f"{model} works best without a system message; yours is sent anyway.",)


GONE = failure(404, {"error": {"code": "model_not_found", "message": "The model is gone."}})


def test_a_retired_default_is_answered_by_its_successor_with_thinking_on() -> None:
    # The list of models cannot be had, so the default is tried.
    with ScriptedServer(failure(500, {}), GONE, chat(reasoning="Hm.", answer="ok")) as scripted:
        session = Session(server="dashscope", base_url=scripted.url)
        turns = [session.ask("Hi"), session.ask("And?")]

    assert [turn.answer for turn in turns] == ["ok", "ok"]
    assert turns[0].notices == ("qwq-plus has been retired; using qwen3.6-plus instead.",)
    assert [turn.model for turn in turns] == ["qwen3.6-plus"] * 2
    prompts = [r.json for r in scripted.requests if r.method == "POST"]
    asked = [(sent["model"], sent.get("enable_thinking")) for sent in prompts]
    assert asked == [("qwq-plus", None), ("qwen3.6-plus", True), ("qwen3.6-plus", True)]


def test_a_retired_model_that_was_chosen_names_its_successor() -> None:
    with ScriptedServer(GONE) as scripted:
        session = Session(base_url=scripted.url, model="qwq-plus")

        with pytest.raises(ModelNotFound, match=r"The model is gone.*-m qwen3\.6-plus"):
            session.ask("Hi")

    assert len(scripted.requests) == 1
