"""Parse addresses: the endpoint of a request, its host, and whether that is this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from qwq_magic.errors import ConfigurationError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def endpoint(base_url: str, path: str) -> str:
    """`base_url` followed by `path`, without repeating what the URL ends with; keeps a query."""
    if not host_of(base_url):
        # The part before the @ may be a password.
        shown = base_url.rpartition("@")[2]
        raise ConfigurationError(
            f"{shown!r} is not the address of a server. "
            'Set base_url to something like "http://host:port/v1".'
        )
    parts = urlsplit(base_url)
    base = parts.path.rstrip("/")
    # Users paste `…/v1/chat/completions`, or only `…/v1/chat`, as the base URL.
    for end in _iter_starts(path):
        if base.endswith(end):
            base = base.removesuffix(end)
            break
    return parts._replace(path=base + path, fragment="").geturl()


def _iter_starts(path: str) -> Iterator[str]:
    """`/a/b`, then `/a`."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def host_of(url: str) -> str:
    """The host, with its port if that is not the default one, without user and password.

    "" for a URL without a host.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not host or parts.scheme not in _DEFAULT_PORTS:
        return ""
    # `hostname` strips the brackets of an IPv6 address, without which a port is ambiguous.
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"


def redirect_target(url: str, location: str) -> str:
    """The target of a redirect for a message: its host, or what differs on the same host.

    "" for a missing or invalid target. Of a target that is not HTTP only the scheme is shown,
    since the rest may be a script.
    """
    if not location:
        return ""
    try:
        here, there = urlsplit(url), urlsplit(urljoin(url, location))
    except ValueError:
        return ""
    host = host_of(there.geturl())
    if not host and there.scheme not in _DEFAULT_PORTS:
        return f"{there.scheme}:…"
    if host != host_of(url):
        return host
    return f"{host}{there.path}" if there.scheme == here.scheme else f"{there.scheme}://{host}"


def is_loopback(url: str) -> bool:
    """Is the host this machine, so that a request does not leave it?"""
    host = (urlsplit(url).hostname or "").rstrip(".")
    # RFC 6761: names under .localhost are always the loopback.
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
