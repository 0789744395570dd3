"""An address says where a request goes, and whether it leaves this machine."""

from __future__ import annotations

import pytest

from qwq_magic.errors import ConfigurationError
from qwq_magic.wire.addresses import (
    endpoint,
    host_of,
    is_loopback,
    likely_base_url,
    redirect_target,
    redirected_base_url,
)
from qwq_magic.wire.model_list import OPENAI_LISTING


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://a.b/v1", "https://a.b/v1/chat/completions"),
        ("https://a.b/v1/", "https://a.b/v1/chat/completions"),
        ("https://a.b/v1/chat/completions", "https://a.b/v1/chat/completions"),
        ("https://a.b/v1?api-version=2#x", "https://a.b/v1/chat/completions?api-version=2"),
        ("http://[::1]:8000", "http://[::1]:8000/chat/completions"),
        # A slash after the whole path is one that the server asked for.
        ("https://a.b/v1/chat/completions/", "https://a.b/v1/chat/completions/"),
        ("https://a.b/v1/chat/completions/?x=2#y", "https://a.b/v1/chat/completions/?x=2"),
    ],
)
def test_the_path_follows_the_base(base_url: str, expected: str) -> None:
    assert endpoint(base_url, "/chat/completions") == expected


def test_a_piece_of_the_path_in_the_base_is_not_doubled() -> None:
    assert endpoint("http://h:11434/api", "/api/chat") == "http://h:11434/api/chat"
    assert endpoint("http://h/rapid", "/api/chat") == "http://h/rapid/api/chat"


@pytest.mark.parametrize(
    "base_url", ["", "localhost:8000", "ftp://a.b", "https://", "http://a:99999", "http://[::1"]
)
def test_what_is_no_address_is_refused(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        endpoint(base_url, "/x")


def test_a_refused_address_does_not_show_its_password() -> None:
    with pytest.raises(ConfigurationError) as raised:
        endpoint("ftp://me:secret@a.b/v1", "/x")

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.b/v1", "a.b"),
        ("https://a.b:443/v1", "a.b"),
        ("http://me:secret@a.b:8000/", "a.b:8000"),
        ("http://[::1]:80/", "[::1]"),
        ("mailto:a@b", ""),
    ],
)
def test_a_host_is_shown_without_credentials(url: str, expected: str) -> None:
    assert host_of(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:1/", True),
        ("http://LOCALHOST./", True),
        ("http://api.localhost/", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]/", True),
        ("http://10.0.0.1/", False),
        ("http://localhost.example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://127.0.0.1@example.com/", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://c.d/y?key=1", "c.d"),
        ("https://me:secret@c.d/y", "c.d"),
        ("/login?next=%2Fv1", "a.b/login"),
        ("https://a.b:444/v1", "a.b:444"),
        ("http://a.b/v1/x", "http://a.b"),
        ("http://[", ""),
        ("javascript:alert(1)", "javascript:…"),
        ("ftp://c.d/y", "ftp:…"),
        ("http:///y", ""),
        ("", ""),
    ],
)
def test_a_redirect_names_its_host_or_what_differs_there(location: str, expected: str) -> None:
    assert redirect_target("https://a.b/v1/x", location) == expected


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("http://h:1234", "http://h:1234/v1"),
        ("http://h:1234/", "http://h:1234/v1"),
        ("http://h/openai", "http://h/openai/v1"),
        ("http://h/v1/models", "http://h/v1"),
        ("http://h/v1/responses", "http://h/v1"),
        ("http://h/chat/completions", "http://h/v1"),
        ("http://h/v1/v1", "http://h/v1"),
        ("https://api.groq.com/v1", "https://api.groq.com/openai/v1"),
        ("https://openrouter.ai/v1", "https://openrouter.ai/api/v1"),
        (
            "https://w.cn-beijing.maas.aliyuncs.com/v1",
            "https://w.cn-beijing.maas.aliyuncs.com/compatible-mode/v1",
        ),
        ("http://me:secret@h/x?key=1", "http://h/x/v1"),
        ("http://h/v1", ""),
        ("http://h/v1/", ""),
        ("http://h/v1/chat/completions", ""),
        ("https://api.groq.com/openai/v1", ""),
        ("https://h/v1beta/openai", ""),
        ("nothing", ""),
    ],
)
def test_a_more_likely_base_url_is_found(base_url: str, expected: str) -> None:
    assert likely_base_url(base_url) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/v1/chat/completions/", "http://h:1/v1/chat/completions/"),
        ("/api/v1/chat/completions", "http://h:1/api/v1"),
        ("https://h:1/v1/chat/completions", "https://h:1/v1"),
        ("https://me:secret@other.example/v1/chat/completions?key=1", "https://other.example/v1"),
        ("/login", ""),
        ("javascript:alert(1)//v1/chat/completions", ""),
        ("http://[", ""),
    ],
)
def test_a_redirect_leads_to_a_base_url(location: str, expected: str) -> None:
    url = "http://h:1/v1/chat/completions"

    assert redirected_base_url("http://h:1/v1", url, location) == expected


def test_a_base_url_with_a_slash_leads_to_the_list_of_models() -> None:
    listed = OPENAI_LISTING.address_at("http://h/v1/chat/completions/")

    assert listed == "http://h/v1/models"
