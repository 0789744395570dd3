"""Each advice works when it is followed: a server fails as described until the user obeys it.

Every fault is met with one request, whose error is one line; what that line says to type is
then typed.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from clean_environment import clear_proxies
from faults.asking import KEY, Asking, assert_is_one_clean_line
from faults.test_connections import certificate
from server import DONE, Reply, Request, ScriptedServer, chat, failure, sse

from qwq_magic import Session
from qwq_magic.client import connections
from qwq_magic.client.certificates import context_for
from qwq_magic.errors import (
    BillingError,
    ConfigurationError,
    ConnectionFailed,
    InvalidRequest,
    ModelNotFound,
    PermissionDenied,
    ProtocolError,
    QwqError,
    RateLimited,
)

__all__ = ["certificate"]

PATH = "/v1/chat/completions"
FINE = chat(answer="Fine.")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_proxies(monkeypatch)


def failed_once(server: ScriptedServer, base_url: str, **settings: Any) -> QwqError:
    """The error of a prompt, which cost one request and no wait."""
    before = len(server.requests)
    asking = Asking(base_url, **settings)
    error = asking.fail()
    assert_is_one_clean_line(error.message, ())
    assert asking.waits == []
    assert len(server.requests) - before == 1
    return error


def typed(error: QwqError) -> str:
    """The base URL that the message says to type."""
    found = re.search(r'base_url="([^"]+)"', error.message)
    assert found, error.message
    return found[1]


def answer_at(base_url: str, **settings: Any) -> str:
    options = {"model": "m", "runner": "thread", **settings}
    return Session(base_url=base_url, **options).ask("Hi").answer


def only_at(path: str, otherwise: Reply) -> Callable[[Request], Reply]:
    return lambda request: FINE if request.path == path else otherwise


LM_STUDIO = "Unexpected endpoint or method. (POST /chat/completions)"


@pytest.mark.parametrize(
    "reply",
    [
        failure(200, {"error": LM_STUDIO}),
        failure(404, b"404 page not found\n"),
        failure(404, {"detail": "Not Found"}),
        failure(405, {"detail": "Method Not Allowed"}),
        failure(501, b"no such route"),
        Reply([b"<!doctype html><pre>Cannot POST /chat/completions</pre>"], 404),
        Reply([b"<!doctype html><title>Dashboard</title>"]),
        Reply(status=204, framing="length"),
        Reply(),
        Reply([DONE]),
        Reply([b"<title>Just a moment...</title>"], 403),
    ],
)
@pytest.mark.parametrize("wrong", ["", "/", "/v1/v1", "/v1/models"])
def test_a_wrong_path_names_the_right_one(reply: Reply, wrong: str) -> None:
    with ScriptedServer(only_at(PATH, reply)) as server:
        error = failed_once(server, f"{server.origin}{wrong}")

        address = re.search(r'"(http:[^"]+)"', error.message)
        assert address
        assert address[1] == server.url
        assert answer_at(address[1]) == "Fine."


@pytest.mark.parametrize(
    "reply", [failure(404, b"404 page not found"), failure(200, {"error": LM_STUDIO})]
)
def test_a_wrong_path_is_not_taken_for_a_retired_model(reply: Reply) -> None:
    def ask(base_url: str) -> str:
        return Session(server="dashscope", base_url=base_url, api_key=KEY).ask("Hi").answer

    with ScriptedServer(only_at(PATH, reply)) as server:
        with pytest.raises(ModelNotFound) as raised:
            ask(server.origin)

        # The server's list of models, which is at another path, is not a prompt.
        assert [request.method for request in server.requests].count("POST") == 1
        assert ask(typed(raised.value)) == "Fine."


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("target", "path"),
    [
        (f"{PATH}/", f"{PATH}/"),
        ("/api/v1/chat/completions", "/api/v1/chat/completions"),
        ("/v2/chat/completions", "/v2/chat/completions"),
    ],
)
def test_a_redirect_names_the_base_url_to_type(status: int, target: str, path: str) -> None:
    elsewhere = Reply(status=status, headers={"Location": target}, framing="length")
    with ScriptedServer(only_at(path, elsewhere)) as server:
        error = failed_once(server, server.url)

        assert type(error) is ProtocolError
        assert answer_at(typed(error)) == "Fine."
        assert server.requests[-1].path == path


def test_a_whole_redirect_to_another_port_names_it() -> None:
    with ScriptedServer(FINE) as target:
        moved = Reply(status=308, headers={"Location": f"{target.url}/chat/completions"})
        with ScriptedServer(moved) as server:
            error = failed_once(server, server.url)

        assert answer_at(typed(error)) == "Fine."


@contextmanager
def silent_port(first: bytes = b"") -> Iterator[int]:
    """A port that accepts connections, sends `first` and then nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                    held[-1].sendall(first)
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in held:
                connection.close()
            thread.join(5)


def test_silence_under_https_suggests_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_HANDSHAKE_TIMEOUT_S", 0.3)
    with silent_port() as port:
        asking = Asking(f"https://127.0.0.1:{port}/v1", connect_timeout_s=60)
        error = asking.fail()

    assert (type(error), asking.waits) == (ConnectionFailed, [])
    assert_is_one_clean_line(error.message, ("no answer within 0.3 s",))
    assert typed(error) == f"http://127.0.0.1:{port}/v1"


@pytest.mark.parametrize(
    "first", [b"SSH-2.0-OpenSSH\r\n", b"220 mail ESMTP\r\n", b"-ERR\r\n", b"\x00"]
)
def test_a_port_of_another_protocol_suggests_http_under_https(first: bytes) -> None:
    with silent_port(first * 20) as port:
        asking = Asking(f"https://127.0.0.1:{port}/v1")
        error = asking.fail()

    assert (type(error), asking.waits) == (ConnectionFailed, [])
    assert "No secure connection" in error.message
    assert typed(error) == f"http://127.0.0.1:{port}/v1"


def test_plain_http_under_https_names_the_address_that_works() -> None:
    with ScriptedServer(FINE) as server:
        asking = Asking(server.url.replace("http:", "https:"))
        error = asking.fail()

        assert (type(error), asking.waits, server.requests) == (ConnectionFailed, [], [])
        assert answer_at(typed(error)) == "Fine."


def test_https_under_plain_http_names_the_address_that_works(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with ScriptedServer(FINE, tls=context) as server:
        error = Asking(server.url.replace("https:", "http:")).fail()

        assert answer_at(typed(error)) == "Fine."


@pytest.mark.parametrize(
    "reply",
    [
        failure(400, b"<title>400 The plain HTTP request was sent to HTTPS port</title>"),
        failure(400, b"Client sent an HTTP request to an HTTPS server.\n"),
        Reply([], head=b"\x15\x03\x01\x00\x02\x02\x46"),
    ],
)
def test_a_server_that_wants_tls_names_https(reply: Reply) -> None:
    with ScriptedServer(reply) as server:
        error = failed_once(server, server.url)

    assert typed(error) == server.url.replace("http:", "https:")


def test_the_certificate_of_a_server_can_be_added_as_advised(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context_for.cache_clear()
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with ScriptedServer(FINE, tls=context) as server:
        asking = Asking(server.url)
        error = asking.fail()
        assert "set SSL_CERT_FILE" in error.message
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))

        # In the same kernel, with the connections that are open already.
        assert asking.session.ask("Hi").answer == "Fine."


@pytest.mark.parametrize("value", ["missing.pem", "odd.pem"])
def test_a_wrong_certificate_file_can_be_unset_as_advised(
    value: str, certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "odd.pem").write_text("no certificate", "utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / value))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with ScriptedServer(FINE, tls=context) as server, ScriptedServer(FINE) as plain:
        # Plain HTTP needs no certificates, on whichever host.
        assert answer_at(plain.url) == "Fine."
        asking = Asking(server.url)
        with pytest.raises(ConfigurationError, match=f"SSL_CERT_FILE is set to .*{value}"):
            asking.session.ask("Hi")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))

        assert asking.session.ask("Hi").answer == "Fine."


@pytest.mark.parametrize(
    "no_proxy", ["localhost,[::1]", "fd00::/8,localhost", "10.0.0.0/8,::1/128"]
)
def test_addresses_in_no_proxy_do_no_harm(no_proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", no_proxy)

    error = Asking("http://no-such-host.invalid/v1").fail()

    assert "no-such-host.invalid cannot be found" in error.message


def test_a_host_is_reached_directly_once_it_is_added_to_no_proxy_as_advised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://no-such-proxy.invalid:3128")
    asking = Asking("http://models.example.invalid/v1")
    assert "add the host to NO_PROXY" in asking.fail().message
    monkeypatch.setenv("NO_PROXY", "models.example.invalid")

    assert "models.example.invalid cannot be found" in asking.fail().message


def test_the_names_of_models_that_a_server_lists_work() -> None:
    known = ("deepseek-flash", "deepseek-v4-pro")
    words = f"The supported API model names are {' or '.join(known)}, but you passed m."

    def reply(request: Request) -> Reply:
        return (
            FINE if request.json["model"] in known else failure(400, {"error": {"message": words}})
        )

    with ScriptedServer(reply) as server:
        error = failed_once(server, server.url)
        names = re.findall(r"-m ([\w.-]+\w)", error.message)

        assert (type(error), names) == (ModelNotFound, list(known))
        assert [answer_at(server.url, model=name) for name in names] == ["Fine.", "Fine."]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (failure(429, {"error": "Insufficient balance. Please recharge."}), BillingError),
        (failure(429, {"error": "TPM: Limit 6000, Requested 9012"}), InvalidRequest),
        (failure(413, {"error": "Request too large for model m"}), InvalidRequest),
        (failure(429, {"error": "Please try again in 14h23m2s."}), RateLimited),
        (failure(429, {"error": "exceeded: free-models-per-day"}), RateLimited),
        (failure(403, b"<title>Just a moment...</title>"), PermissionDenied),
        (failure(503, b"<title>Just a moment...</title>"), PermissionDenied),
        (failure(410, {"detail": "The model has reached its end of life."}), ModelNotFound),
        (failure(400, {"error": {"code": "model_decommissioned", "message": "m"}}), ModelNotFound),
        (failure(429, {"error": "m", "x": {"metadata": {}}}, {"Retry-After": "90"}), RateLimited),
        (
            failure(
                200, {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}
            ),
            BillingError,
        ),
        (
            Reply([sse({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "m"}})]),
            BillingError,
        ),
        (Reply([sse({"type": "response.created", "response": {}})]), ProtocolError),
        (Reply([sse({"type": "message_start", "message": {}}), DONE]), ProtocolError),
    ],
)
def test_what_no_wait_mends_costs_one_request(reply: Reply, expected: type) -> None:
    with ScriptedServer(reply) as server:
        assert type(failed_once(server, server.url)) is expected


def test_a_shorter_request_passes_as_advised() -> None:
    def reply(request: Request) -> Reply:
        tokens = request.json.get("max_tokens", 9_000)
        words = f"TPM: Limit 6000, Requested {tokens}"
        return FINE if tokens < 6_000 else failure(429, {"error": words})

    with ScriptedServer(reply) as server:
        error = failed_once(server, server.url)

        assert "a lower max_tokens with -p" in error.message
        assert answer_at(server.url, parameters={"max_tokens": 100}) == "Fine."


def test_a_wait_that_the_words_name_is_kept() -> None:
    early = failure(429, {"error": {"message": "Please try again in 7.5s."}})
    with ScriptedServer(early, FINE) as server:
        asking = Asking(server.url)

        assert asking.session.ask("Hi").answer == "Fine."
    assert asking.waits == [7.5]


def test_the_words_of_a_provider_after_a_gateway_are_shown() -> None:
    raw = json.dumps({"error": {"message": "The engine is on fire", "code": 500}})
    body = {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": raw}}}
    with ScriptedServer(failure(400, body)) as server:
        error = failed_once(server, server.url)

    assert "Provider returned error: The engine is on fire" in error.message


def test_no_address_in_a_message_shows_a_password() -> None:
    with ScriptedServer(only_at(PATH, failure(404, b""))) as server:
        base_url = server.origin.replace("//", f"//me:{KEY}@")
        error = failed_once(server, f"{base_url}?key={KEY}")

    assert typed(error) == server.url


RESPONSES: list[dict[str, Any]] = [
    {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
    {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Fine."},
    {"type": "response.completed", "response": {"id": "r", "status": "completed"}},
]
ANTHROPIC: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "m", "role": "assistant", "content": []}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Fine."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    {"type": "message_stop"},
]


@pytest.mark.parametrize(
    ("events", "protocol"), [(RESPONSES, "responses"), (ANTHROPIC, "anthropic")]
)
def test_the_protocol_of_foreign_events_works_as_advised(
    events: list[dict[str, Any]], protocol: str
) -> None:
    with ScriptedServer(Reply([sse(*events)])) as server:
        error = failed_once(server, server.url)
        found = re.search(r'protocol="(\w+)"', error.message)

        assert found
        assert found[1] == protocol
        assert answer_at(server.url, protocol=found[1]) == "Fine."
