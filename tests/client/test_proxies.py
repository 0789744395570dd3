"""Which proxy the environment sets for an address, and which addresses are reached directly."""

from __future__ import annotations

import pytest
from clean_environment import clear_proxies

from qwq_magic.client.proxies import proxy_for


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_proxies(monkeypatch)


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("localhost,[::1]", "https://api.example.com/v1", False),
        ("localhost,[::1]", "http://[::1]:8000/v1", True),
        ("[fd00::7]", "http://[fd00::7]:8000/v1", True),
        ("fd00::7", "http://[fd00::7]/v1", True),
        ("fd00::/8", "http://[fd12::7]/v1", True),
        ("[fd00::]/8", "http://[fd12::7]/v1", True),
        ("fd00::/8", "http://[fe80::7]/v1", False),
        ("10.0.0.0/8", "http://10.1.2.3:8000/v1", True),
        ("10.0.0.0/8", "http://11.1.2.3/v1", False),
        ("10.1.2.3", "http://10.1.2.3/v1", True),
        ("10.0.0.0/8", "http://[::ffff:10.1.2.3]/v1", True),
        ("example.com", "https://api.example.com/v1", True),
        (".example.com", "https://api.example.com/v1", True),
        ("*.example.com", "https://api.example.com/v1", True),
        ("EXAMPLE.com", "https://example.com./v1", True),
        ("ample.com", "https://example.com/v1", False),
        ("example.com:8443", "https://example.com:8443/v1", True),
        ("example.com:8443", "https://example.com/v1", False),
        ("example.com:443", "https://example.com/v1", True),
        ("[fd00::7]:8000", "http://[fd00::7]:8000/v1", True),
        ("[fd00::7]:8000", "http://[fd00::7]:9/v1", False),
        ("http://example.com", "https://example.com/v1", True),
        ("*", "https://example.com/v1", True),
        (" a , example.com ", "https://example.com/v1", True),
        (",,/,[,]:,::/999,10.0.0.0/x,", "https://example.com/v1", False),
    ],
)
def test_no_proxy_exempts_hosts_addresses_and_networks(
    no_proxy: str, url: str, is_direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)

    assert (proxy_for(url) is None) is is_direct


def test_a_proxy_keeps_its_password_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "me:hunter2@proxy.example:3128")

    proxy = proxy_for("https://api.example.com/v1")

    assert proxy is not None
    assert proxy.url == "http://me:hunter2@proxy.example:3128"
    assert (proxy.host, proxy.variable) == ("proxy.example:3128", "HTTPS_PROXY")
    assert "hunter2" not in repr(proxy)


def test_the_proxy_of_the_scheme_precedes_that_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://all.example:1")
    monkeypatch.setenv("http_proxy", "http://http.example:2")

    found = [proxy_for(f"{scheme}://a.example/v1") for scheme in ("http", "https")]

    assert [proxy and proxy.variable for proxy in found] == ["http_proxy", "ALL_PROXY"]
