"""Headers of the user's own: sent with every request, and hidden like keys."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from kernel import Kernel
from server import ScriptedServer, chat, failure

from qwq_magic import Session
from qwq_magic.client import list_models
from qwq_magic.display.saved.preview import preview_bundle
from qwq_magic.errors import ConfigurationError, QwqError
from qwq_magic.session.loops import LOOP_THREAD
from qwq_magic.session.run import wait_for
from qwq_magic.settings import Settings, resolve
from qwq_magic.settings.layers import Choices, layer_of

TOKEN = "gateway-5f1d9b7c3e2a48d06b97"
HEADERS = {"X-Gateway-Token": TOKEN, "X-Title": "Notes"}


def _session(local: ScriptedServer, **settings: Any) -> Session:
    return Session(base_url=local.url, model="m", **settings)


def test_headers_go_with_prompts_and_with_the_list_of_models() -> None:
    with ScriptedServer(chat(answer="Yes.")) as local:
        session = _session(local, headers=HEADERS, api_key="sk-0123456789abcdef")
        session.ask("Why?")
        session.ask("Why?", headers={"X-Run": "7", "X-Title": "Other"})
        settings = resolve(session.choices, {})
        with pytest.raises(QwqError):
            wait_for(lambda: list_models(settings), LOOP_THREAD)

    first, second, listed = (request.headers for request in local.requests)
    assert (first["x-gateway-token"], first["x-title"]) == (TOKEN, "Notes")
    assert first["authorization"] == "Bearer sk-0123456789abcdef"
    assert (second["x-gateway-token"], second["x-title"], second["x-run"]) == (TOKEN, "Other", "7")
    assert (listed["x-gateway-token"], "x-run" in listed) == (TOKEN, False)


def test_a_header_of_the_user_replaces_the_clients() -> None:
    with ScriptedServer(chat(answer="Yes.")) as local:
        headers = {"authorization": f"Basic {TOKEN}", "USER-AGENT": "mine"}
        _session(local, headers=headers, api_key="k").ask("Why?")

    sent = local.requests[0].headers
    assert (sent["authorization"], sent["user-agent"]) == (f"Basic {TOKEN}", "mine")


def test_no_repr_preview_or_log_shows_a_value(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), ScriptedServer(chat(answer="Yes.")) as local:
        session = _session(local, headers=HEADERS)
        turn = session.ask("Why?")
        preview = session.preview("Why?")

    settings = resolve(session.choices, {})
    shown = [repr(session.choices), repr(settings), repr(preview), str(preview_bundle(preview))]
    shown += [repr(turn), repr(turn.parameters), *(r.getMessage() for r in caplog.records)]
    assert not [text for text in shown if TOKEN in text or "Notes" in text]
    assert "X-Gateway-Token" in repr(settings)


@pytest.mark.parametrize(
    "value", [TOKEN, f"Bearer {TOKEN}", f"Token token={TOKEN}", f"{TOKEN}.{TOKEN}"]
)
def test_a_reply_and_an_error_that_echo_a_value_are_masked(value: str) -> None:
    echo = failure(400, {"error": {"message": f"bad header {value} ({TOKEN})"}})
    with ScriptedServer(chat(reasoning=f"I see {value}", answer=list(f"({value})")), echo) as local:
        session = _session(local, headers={"X-Gateway-Token": value})
        turn = session.ask("Why?")
        with pytest.raises(QwqError) as raised:
            session.ask("Why?")

    for text in (turn.reasoning, turn.answer, str(raised.value)):
        assert value not in text
        assert "***" in text


def test_a_public_header_is_not_masked_in_a_reply() -> None:
    title = "Notes on prime numbers"
    with ScriptedServer(chat(answer=f"{title} are fun.")) as local:
        answer = _session(local, headers={"X-Title": title}).ask("Why?").answer

    assert answer == f"{title} are fun."


def test_a_prompt_that_holds_a_value_is_not_sent() -> None:
    with ScriptedServer() as local:
        session = _session(local, headers=HEADERS)
        with pytest.raises(ConfigurationError, match="the header X-Gateway-Token") as raised:
            session.ask(f"Why {TOKEN}?")

    assert TOKEN not in str(raised.value)
    assert local.requests == []


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X Y": TOKEN}, "X Y is not a valid name of a header"),
        ({"X-A\r\nX-B": TOKEN}, "is not a valid name of a header"),
        ({7: TOKEN}, "7 is not a valid name of a header"),
        ({"Host": TOKEN}, "The header Host is set automatically"),
        ({"content-LENGTH": TOKEN}, "is set automatically"),
        ({"X-A": f"{TOKEN}\r\nX-B: 1"}, "The value of the header X-A cannot be sent"),
        ({"X-A": f" {TOKEN}"}, "The value of the header X-A cannot be sent"),
        ({"X-A": f"{TOKEN}é"}, "The value of the header X-A cannot be sent"),
        ({"X-A": ""}, "The value of the header X-A cannot be sent"),
        ({"X-A": [TOKEN]}, "The value of the header X-A cannot be sent"),
        (f"X-A: {TOKEN}", "headers is not a mapping of names to texts"),
        ([("X-A", TOKEN)], "headers is not a mapping of names to texts"),
    ],
)
def test_what_cannot_be_a_header_is_refused_without_its_value(headers: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Session(headers=headers)

    assert message in str(raised.value)
    assert TOKEN not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ('{"X-A": "%s"}', ""),
        ('{"X-A": "%s"', "QWQ_HEADERS: headers is not a mapping"),
        ('["%s"]', "QWQ_HEADERS: headers is not a mapping"),
        ('{"X-A": {"a": "%s"}}', "QWQ_HEADERS: The value of the header X-A"),
    ],
)
def test_the_variable_is_a_json_object_that_never_shows(variable: str, message: str) -> None:
    environ = {"QWQ_HEADERS": variable % TOKEN, "QWQ_SERVER": "vllm"}
    try:
        found = repr(resolve(Choices(), environ))
    except ConfigurationError as error:
        found = str(error)

    assert message in found
    assert TOKEN not in found


def test_headers_reach_no_other_server_than_theirs() -> None:
    choices = Choices(server="vllm", headers=HEADERS)
    project = layer_of({"base_url": "http://127.0.0.1:9/v1", "model": "m"}, "pyproject.toml")

    assert resolve(choices.override(server="ollama"), {}).headers == {}
    assert resolve(Choices(server="ollama"), {"QWQ_HEADERS": '{"X-A": "b"}'}).headers == {}
    for own, environ in (
        (Choices(headers=HEADERS), {}),
        (Choices(), {"QWQ_HEADERS": '{"X-A": "b"}'}),
    ):
        with pytest.raises(ConfigurationError, match=r"by a pyproject\.toml, so the headers"):
            resolve(own, environ, project=project)


@pytest.mark.parametrize(
    ("headers", "is_refused"), [({"X-Gateway-Token": TOKEN}, True), ({"X-Title": "Notes"}, False)]
)
def test_a_value_that_may_be_a_key_travels_encrypted_only(
    headers: dict[str, str], is_refused: bool
) -> None:
    from qwq_magic.client.connections import require_sendable_key

    settings = resolve(Choices(base_url="http://h.example/v1", model="m", headers=headers), {})
    if is_refused:
        with pytest.raises(ConfigurationError, match="X-Gateway-Token would travel unencrypted"):
            require_sendable_key(settings)
    else:
        require_sendable_key(settings)


def test_settings_without_headers_have_no_secrets() -> None:
    assert Settings("s", "http://h/v1", "m").secrets == ()


def test_config_hides_the_values_it_is_given() -> None:
    with Kernel() as kernel, ScriptedServer(chat(answer="Yes.")) as local:
        kernel.run("%load_ext qwq_magic")
        kernel.run(
            f'%config QwqMagics.base_url = "{local.url}"\n%config QwqMagics.model = "m"\n'
            f'%config QwqMagics.headers = {{"X-Gateway-Token": "{TOKEN}"}}'
        )
        asked = kernel.run("%qwq hi")
        shown = [
            kernel.run("%config QwqMagics").text(),
            kernel.run("%config QwqMagics.headers").text(),
            kernel.value("repr(get_ipython().config)"),
            asked.text("stderr"),
        ]
        wrong = kernel.run(f'%config QwqMagics.headers = ["{TOKEN}"]')

    assert local.requests[0].headers["x-gateway-token"] == TOKEN
    assert not [text for text in shown if TOKEN in text]
    assert "headers is not a mapping" in str(
        wrong.messages if hasattr(wrong, "messages") else wrong
    )
