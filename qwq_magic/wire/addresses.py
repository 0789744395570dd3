"""Parse addresses: the endpoint of a request, its host, and whether that is this machine."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from qwq_magic.errors import ConfigurationError
from qwq_magic.settings.presets import server_at

_DEFAULT_PORTS = {"http": 80, "https": 443}
_VERSION = re.compile(r"/v\d{1,3}[a-z0-9]{0,9}(?=/|$)")
_CHAT_PATH = "/chat/completions"
# Paths of requests that users paste with the base URL.
_REQUEST_PATHS = (
    _CHAT_PATH,
    "/completions",
    "/chat",
    "/models",
    "/responses",
    "/messages",
)


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
    # Some servers redirect to the path with a slash: a user who then sets it gets it.
    if parts.path.endswith(f"{path}/"):
        return parts._replace(fragment="").geturl()
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


def shown(url: str) -> str:
    """The address as a message may show it: without user, password, query and fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{host_of(url)}{parts.path}"


def likely_base_url(base_url: str) -> str:
    """The base URL that was probably intended, for one at which nothing was found.

    That of the preset for this host, or one with a version at its end; "" where nothing is
    more likely than `base_url` itself.
    """
    host = host_of(base_url)
    if not host:
        return ""
    likely = _base_url_of_preset(base_url, host)
    if not likely:
        path = without_request_path(urlsplit(base_url).path)
        version = _VERSION.search(path)
        if version is None:
            path += "/v1"
        elif _VERSION.fullmatch(path, version.end()):
            path = path[: version.end()]  # `/v1/v1`
        likely = f"{urlsplit(base_url).scheme}://{host}{path}"
    is_same = endpoint(likely, _CHAT_PATH) == endpoint(shown(base_url), _CHAT_PATH)
    return "" if is_same else likely


def _base_url_of_preset(base_url: str, host: str) -> str:
    preset = server_at(base_url).base_url
    # The hosts of workspaces share a preset, and keep a host of their own.
    return urlsplit(preset)._replace(netloc=host).geturl() if preset else ""


def without_request_path(path: str) -> str:
    """The path without that of a request at its end, which users paste with the base URL."""
    path = path.rstrip("/")
    return next((path.removesuffix(end) for end in _REQUEST_PATHS if path.endswith(end)), path)


def with_scheme(base_url: str, scheme: str) -> str:
    """The same base URL as `shown`, with another scheme."""
    # A port that was implied by the scheme stays implied.
    return shown(urlsplit(base_url)._replace(scheme=scheme).geturl())


def redirected_base_url(base_url: str, url: str, location: str) -> str:
    """The base URL that leads to the target of a redirect of `url`; "" for an unlikely one.

    A target that adds a slash to the path of the request is the base URL itself: see
    `endpoint`.
    """
    try:
        target = urljoin(url, location)
        path, here = urlsplit(target).path, urlsplit(url).path
    except ValueError:
        return ""
    base = urlsplit(base_url).path.rstrip("/")
    asked = here.removeprefix(base) if here.startswith(base) else ""
    if not host_of(target) or not path.rstrip("/").endswith(asked or here):
        return ""
    if asked and path.endswith(asked):
        target = urlsplit(target)._replace(path=path.removesuffix(asked)).geturl()
    return shown(target)


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
