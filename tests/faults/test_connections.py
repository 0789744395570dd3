"""Secure connections, and who stands in between."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from faults.asking import KEY, Asking, assert_is_one_clean_line
from server import (
    Reply,
    ScriptedServer,
    chat,
    failure,
    unused_port,
)

from qwq_magic import Session
from qwq_magic.client.certificates import context_for
from qwq_magic.errors import (
    ConfigurationError,
    ConnectionFailed,
)
from qwq_magic.keys import ApiKey


@pytest.mark.parametrize(
    "place",
    [
        lambda: f"http://127.0.0.1:{unused_port()}/v1",
        lambda: "https://no-such-host.invalid/v1",
        lambda: f"https://127.0.0.1:{unused_port()}/v1",
    ],
)
def test_a_server_out_of_reach_leaves_a_memory_that_works(place: Callable[[], str]) -> None:
    with ScriptedServer(chat(answer="Fine.")) as server:
        session = Session(base_url=place(), model="m")
        with pytest.raises(ConnectionFailed) as raised:
            session.ask("first?")

        turn = session.ask("second?", base_url=server.url, model="m")

    assert [kept.state for kept in session.memory.turns] == ["error", "complete"]
    assert raised.value.partial == session.memory.turns[0]
    assert turn.answer == "Fine."
    assert server.requests[0].json["messages"] == [{"role": "user", "content": "second?"}]


def test_a_refused_connection_is_named() -> None:
    port = unused_port()

    asking = Asking(f"http://127.0.0.1:{port}/v1", server="ollama")
    error = asking.fail()

    assert type(error) is ConnectionFailed
    assert_is_one_clean_line(error.message, (f"127.0.0.1:{port} refuses", "ollama serve"))
    assert error.partial is not None
    assert asking.waits == []


def test_an_unknown_host_is_named() -> None:
    error = Asking("https://no-such-host.invalid/v1").fail()

    assert type(error) is ConnectionFailed
    assert_is_one_clean_line(error.message, ("no-such-host.invalid cannot be found", "base_url"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, with its key, signed by itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = (
        f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
        "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def tls(certificate: Path) -> Iterator[ssl.SSLContext]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    context_for.cache_clear()
    yield context
    context_for.cache_clear()


def test_a_trusted_certificate_makes_a_secure_connection(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with ScriptedServer(chat(answer="Yes."), tls=tls) as server:
        turn = Session(base_url=server.url, model="m", api_key=KEY, runner="thread").ask("Hi")

    assert turn.answer == "Yes."
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_an_unknown_certificate_is_refused_before_anything_is_sent(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with ScriptedServer(tls=tls) as server:
        asking = Asking(server.url, api_key=ApiKey(KEY, source="s"))
        error = asking.fail()

    assert type(error) is ConnectionFailed
    assert_is_one_clean_line(error.message, ("No secure connection to 127.0.0.1", "SSL_CERT_FILE"))
    assert (server.requests, asking.waits) == ([], [])


def test_a_certificate_for_another_host_is_refused(
    tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with ScriptedServer(tls=tls) as server:
        error = Asking(server.url.replace("127.0.0.1", "localhost")).fail()

    assert type(error) is ConnectionFailed
    assert_is_one_clean_line(error.message, ("No secure connection to localhost",))
    assert server.requests == []


def test_a_host_that_no_proxy_names_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.origin)
        monkeypatch.setenv("NO_PROXY", "invalid")

        error = Asking("https://no-such-host.invalid/v1").fail()

    assert "no-such-host.invalid cannot be found" in error.message
    assert proxy.connections == 0


def test_a_redirect_takes_neither_the_prompt_nor_the_key_along() -> None:
    with ScriptedServer() as target:
        elsewhere = Reply(status=307, headers={"Location": f"{target.url}/chat/completions"})
        with ScriptedServer(elsewhere) as server:
            error = Asking(server.url, api_key=ApiKey(KEY, source="s")).fail()

    assert_is_one_clean_line(error.message, (target.origin.removeprefix("http://"), "base_url"))
    assert target.connections == 0


@pytest.mark.parametrize(
    ("scheme", "sent"),
    [
        ("http", "POST http://models.example.com/v1/chat/completions"),
        ("https", "CONNECT models.example.com:443"),
    ],
)
def test_a_proxy_that_refuses_is_the_proxys_fault(
    scheme: str, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(failure(407, b"")) as proxy:
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy.origin)
        asking = Asking(f"{scheme}://models.example.com/v1")
        error = asking.fail()

    assert (type(error), error.status, asking.waits) == (ConnectionFailed, 407, [])
    assert_is_one_clean_line(error.message, ("proxy", "HTTPS_PROXY"))
    assert f"{proxy.requests[0].method} {proxy.requests[0].path}" == sent


@pytest.mark.parametrize(
    ("variable", "scheme"),
    [("HTTP_PROXY", "http"), ("https_proxy", "https"), ("ALL_PROXY", "http")],
)
def test_a_proxy_that_is_not_there_is_named(
    variable: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = unused_port()
    monkeypatch.setenv(variable, f"http://user:secret@127.0.0.1:{port}")

    error = Asking(f"{scheme}://no-such-host.invalid/v1").fail()

    assert type(error) is ConnectionFailed
    said = f"The proxy 127.0.0.1:{port} on the way to no-such-host.invalid refuses connections"
    assert_is_one_clean_line(error.message, (said, f"Check {variable}", "NO_PROXY"))
    assert "secret" not in error.message


def test_a_proxy_that_is_unknown_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://no-such-proxy.invalid:3128")

    error = Asking("https://models.example.com/v1").fail()

    said = "The proxy no-such-proxy.invalid:3128 on the way to models.example.com cannot be found"
    assert_is_one_clean_line(error.message, (said, "Check HTTPS_PROXY"))


def test_a_key_is_not_sent_in_the_clear() -> None:
    error = Asking("http://models.example.com/v1", api_key=ApiKey(KEY, source="QWQ_API_KEY")).fail()

    assert type(error) is ConfigurationError
    assert_is_one_clean_line(error.message, ("QWQ_API_KEY would travel unencrypted", "https://"))
