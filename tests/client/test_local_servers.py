"""Servers on this machine: found by what they answer, and asked without a key."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from server import Reply, Request, ScriptedServer, failure

from qwq_magic.client import LocalServer, aclose_clients, find_local_servers
from qwq_magic.settings.presets import usual_addresses
from qwq_magic.wire.model_list import ListedModel


def serving(documents: Mapping[str, Any]) -> ScriptedServer:
    """Answers these paths with JSON, and anything else with 404."""

    def answer(request: Request) -> Reply:
        if request.path not in documents:
            return failure(404, {"error": "no such page"})
        body = json.dumps(documents[request.path]).encode()
        return Reply([body], 200, {"Content-Type": "application/json"}, "length")

    return ScriptedServer(answer)


def found(*servers: ScriptedServer) -> tuple[LocalServer, ...]:
    async def ask() -> tuple[LocalServer, ...]:
        try:
            return await find_local_servers([server.url for server in servers])
        finally:
            await aclose_clients()

    return asyncio.run(ask())


def models(name: str, owner: str) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "owned_by": owner}]}


LLAMACPP = {
    "/v1/models": models("qwq.gguf", "llamacpp"),
    # It answers for Ollama, too.
    "/api/tags": {"models": [{"name": "qwq.gguf"}]},
}


@pytest.mark.parametrize(
    ("documents", "name", "thinks"),
    [
        ({"/v1/models": models("m", "vllm")}, "vllm", False),
        ({"/v1/models": models("m", "sglang")}, "sglang", False),
        (LLAMACPP, "llamacpp", True),
        (
            {"/v1/models": models("m", "library"), "/api/show": {"capabilities": ["thinking"]}},
            "ollama",
            True,
        ),
        ({"/v1/models": models("m", ""), "/api/version": {"version": "0.12"}}, "ollama", False),
        ({"/v1/models": models("m", "organization_owner")}, "lmstudio", False),
        ({"/v1/models": models("m", "x"), "/api/v0/models": {"data": []}}, "lmstudio", False),
        ({"/v1/models": models("m", "openai")}, "", False),
    ],
)
def test_a_server_is_told_by_what_it_answers(
    documents: dict[str, Any], name: str, thinks: bool
) -> None:
    with serving(documents) as server:
        [one] = found(server)

    model = documents["/v1/models"]["data"][0]
    assert one == LocalServer(
        name, server.url, (ListedModel(model["id"], thinks, owner=model["owned_by"]),)
    )
    paths = [request.path for request in server.requests]
    assert len(paths) == len(set(paths))
    assert not [r for r in server.requests if "authorization" in r.headers or "cookie" in r.headers]


def test_a_page_of_the_users_own_is_no_model_server() -> None:
    with serving({"/": {}}) as page, ScriptedServer(failure(401, {"error": "key"})) as locked:
        assert found(page, locked) == (LocalServer("", locked.url, problem="requires a key"),)


def test_all_are_asked_at_once() -> None:
    first_asked, second_asked = threading.Event(), threading.Event()
    body = json.dumps(models("m", "vllm")).encode()
    # Each answers when the other has been asked, too.
    first = ScriptedServer(Reply([first_asked.set, second_asked, body]))
    second = ScriptedServer(Reply([second_asked.set, first_asked, body]))
    with first, second:
        assert [server.name for server in found(first, second)] == ["vllm", "vllm"]


def test_a_silent_one_is_given_up() -> None:
    never = threading.Event()
    with (
        ScriptedServer(Reply([never])) as silent,
        serving({"/v1/models": models("m", "vllm")}) as vllm,
    ):
        servers = found(silent, vllm)
        never.set()

    assert [server.base_url for server in servers] == [vllm.url]


def test_where_nothing_listens_nothing_is_found() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"

        assert asyncio.run(find_local_servers([address])) == ()


def test_the_usual_addresses_are_on_this_machine() -> None:
    assert {11434, 8000, 30000, 8080, 1234} <= {
        int(address.split(":")[2].removesuffix("/v1")) for address in usual_addresses()
    }
    assert all(address.startswith("http://127.0.0.1:") for address in usual_addresses())
