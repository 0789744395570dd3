"""The models of a server, asked for over a real connection."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from server import Reply, Request, ScriptedServer, failure

from qwq_magic.client import aclose_clients, list_models
from qwq_magic.errors import QwqError
from qwq_magic.keys import ApiKey
from qwq_magic.settings import Settings
from qwq_magic.wire.model_list import ListedModel
from qwq_magic.wire.protocols import wire_protocol

KEY = "sk-0123456789abcdef0123456789"


def document(value: Any) -> Reply:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Reply([body], 200, {"Content-Type": "application/json"}, "length")


def listed(settings: Settings) -> tuple[ListedModel, ...]:
    async def ask() -> tuple[ListedModel, ...]:
        try:
            return await list_models(settings)
        finally:
            await aclose_clients()

    return asyncio.run(ask())


def settings_at(at: ScriptedServer, **fields: Any) -> Settings:
    return Settings(**{"server": "", "base_url": at.url, "model": "m", **fields})


def test_the_list_is_asked_for_with_the_key_of_the_host() -> None:
    with ScriptedServer(document({"data": [{"id": "qwq"}, {"id": "llama"}]})) as server:
        models = listed(settings_at(server, api_key=ApiKey(KEY, source="x")))

    assert models == (ListedModel("qwq", thinks=True), ListedModel("llama", thinks=False))
    [request] = server.requests
    assert (request.method, request.path) == ("GET", "/v1/models")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("base_url", "protocol", "address"),
    [
        ("http://h:8000/v1", "auto", "http://h:8000/v1/models"),
        ("http://127.0.0.1:11434", "auto", "http://127.0.0.1:11434/api/tags"),
        ("http://h/", "ollama", "http://h/api/tags"),
        (
            "https://dashscope.aliyuncs.com/api/v1",
            "auto",
            "https://dashscope.aliyuncs.com/compatible-mode/v1/models",
        ),
        (
            "https://dashscope.aliyuncs.com/compatible-mode/v1",
            "auto",
            "https://dashscope.aliyuncs.com/compatible-mode/v1/models",
        ),
        ("http://h/v1", "responses", "http://h/v1/models"),
        ("http://h/v1", "anthropic", "http://h/v1/models?limit=1000"),
        ("http://h", "anthropic", "http://h/v1/models?limit=1000"),
        ("http://h/v1?a=b", "anthropic", "http://h/v1/models?a=b&limit=1000"),
        ("https://api.anthropic.com/v1", "auto", "https://api.anthropic.com/v1/models?limit=1000"),
    ],
)
def test_each_protocol_has_its_list(base_url: str, protocol: Any, address: str) -> None:
    settings = Settings(server="", base_url=base_url, model="m", protocol=protocol)

    protocol = wire_protocol(settings.protocol, base_url, settings.preset)

    assert protocol.listing.address_at(base_url) == address


def test_anthropics_list_has_its_headers_and_what_each_model_can() -> None:
    def model(name: str, **abilities: bool) -> dict[str, Any]:
        known = {ability: {"supported": value} for ability, value in abilities.items()}
        return {"type": "model", "id": name, "display_name": "x", "capabilities": known}

    entries = [model("a", thinking=True), model("claude-opus-4-8", thinking=False), model("b")]
    with ScriptedServer(document({"data": entries, "has_more": False})) as server:
        models = listed(settings_at(server, protocol="anthropic", api_key=ApiKey(KEY, source="x")))

    assert [(model.name, model.thinks) for model in models] == [
        ("a", True),
        ("claude-opus-4-8", False),
        ("b", False),
    ]
    [request] = server.requests
    assert (request.path, request.headers["anthropic-version"]) == (
        "/v1/models?limit=1000",
        "2023-06-01",
    )
    assert (request.headers["x-api-key"], request.headers["authorization"]) == (
        KEY,
        f"Bearer {KEY}",
    )


def test_ollama_is_asked_what_each_model_can() -> None:
    def answer(request: Request) -> Reply:
        if request.path == "/v1/models":
            return document({"data": [{"id": name} for name in ("a", "b", "qwq")]})
        name = request.json["model"]
        if name == "qwq":
            return failure(500, {"error": "busy"})
        return document({"capabilities": ["completion", "thinking"] if name == "a" else []})

    with ScriptedServer(answer) as server:
        models = listed(settings_at(server, server="ollama"))

    assert [(model.name, model.thinks) for model in models] == [
        ("a", True),
        ("b", False),
        ("qwq", True),
    ]


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (failure(404, {"error": {"message": "Not Found"}}), "has no list of models"),
        (failure(401, {"error": {"message": f"Bad key {KEY}"}}), "Check the key from x"),
        (document(b"<html>"), "replied with something other than a list of models"),
        (Reply([], 302, {"Location": "http://evil.example/"}, "length"), "redirects to evil."),
        (Reply([b"x"], 200, {"Content-Encoding": "br"}, "length"), "encoding 'br'"),
    ],
)
def test_a_server_without_a_list_says_so_in_one_line_without_the_key(
    reply: Reply, message: str
) -> None:
    with ScriptedServer(reply) as server, pytest.raises(QwqError) as caught:
        listed(settings_at(server, api_key=ApiKey(KEY, source="x")))

    assert message in str(caught.value)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_model_named_like_the_key_is_masked() -> None:
    with ScriptedServer(document({"data": [{"id": f"model-{KEY}"}]})) as server:
        models = listed(settings_at(server, api_key=ApiKey(KEY, source="x")))

    assert models == (ListedModel("model-***", thinks=False),)
