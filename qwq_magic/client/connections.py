"""Connections, kept from turn to turn: one pool per event loop and kind of host.

This machine is reached directly, even if the environment sets a proxy. Reading the
certificates is most of the cost of a first request, so it happens once, and not at all for
plain HTTP on this machine.
"""

from __future__ import annotations

import asyncio
import functools
import re
import ssl
import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TypeAlias

import httpx

from qwq_magic.client.masked_events import mask_in_logs
from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.settings import Settings
from qwq_magic.settings.presets import ServerPreset
from qwq_magic.wire.addresses import host_of, is_loopback

# A conversation may pause for half a minute, and many cells may stream at once.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=8, keepalive_expiry=30.0)

# The key under which a response's `extensions` hold the target of a redirect.
LOCATION = "qwq_magic.location"

Authorization: TypeAlias = Callable[[ApiKey, ServerPreset], Mapping[str, str]]

_USER_INFO = re.compile(r"[^\s/'\"(]+@")
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "qwq-magic"}


class _LoopClients:
    """The clients of one event loop."""

    def __init__(self) -> None:
        self._clients: dict[tuple[bool, bool], httpx.AsyncClient] = {}
        self._keeper = self._keep()

    async def open(self) -> None:
        # An event loop that shuts down cleanly closes its generators, and so these clients.
        await anext(self._keeper)

    def client(self, url: str) -> httpx.AsyncClient:
        is_direct = is_loopback(url)
        needs_certificates = not is_direct or url.startswith("https:")
        kind = (is_direct, needs_certificates)
        if kind not in self._clients:
            self._clients[kind] = _new_client(
                is_direct=is_direct, needs_certificates=needs_certificates
            )
        return self._clients[kind]

    async def aclose(self) -> None:
        await self._keeper.aclose()

    async def _keep(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            _by_loop.pop(asyncio.get_running_loop(), None)
            for client in self._clients.values():
                await client.aclose()


_by_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClients] = (
    weakref.WeakKeyDictionary()
)


async def shared_client(url: str) -> httpx.AsyncClient:
    """The running loop's client for this address; the caller must not close it."""
    loop = asyncio.get_running_loop()
    clients = _by_loop.get(loop)
    if clients is None:
        clients = _by_loop[loop] = _LoopClients()
        await clients.open()
    return clients.client(url)


async def aclose_clients() -> None:
    """Close the running loop's connections; the next request opens new ones."""
    clients = _by_loop.pop(asyncio.get_running_loop(), None)
    if clients is not None:
        await clients.aclose()


def _new_client(*, is_direct: bool, needs_certificates: bool) -> httpx.AsyncClient:
    verify = _certificates() if needs_certificates else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx.AsyncClient(
            verify=verify,
            trust_env=not is_direct,
            limits=_LIMITS,
            # The client outlives conversations, and cookies would link them to each other.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            event_hooks={"response": [_take_location]},
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        # A SOCKS proxy needs an optional package of httpx, and a proxy may not be a valid URL.
        reason = _USER_INFO.sub("***@", str(error))
        # Not chained: the frames of `error` hold the address, and so perhaps a password.
        raise ConfigurationError(
            f"The proxy set in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be used: {reason} "
            "Change the variable, or set NO_PROXY for the server's host."
        ) from None


async def _take_location(response: httpx.Response) -> None:
    """Hide the target of a redirect from httpx, which parses it and fails on an invalid URL."""
    if "location" in response.headers:
        response.extensions[LOCATION] = response.headers.pop("location")


@functools.cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def opened(
    client: httpx.AsyncClient,
    url: str,
    settings: Settings,
    *,
    body: bytes | None,
    headers: Mapping[str, str],
    authorization: Authorization,
) -> AbstractAsyncContextManager[httpx.Response]:
    """The response to a GET or, with a body of JSON, to a POST; no redirect is followed."""
    usual = _HEADERS if body is None else {**_HEADERS, "Content-Type": "application/json"}
    key = settings.api_key
    mask_in_logs(key)
    return client.stream(
        # Every request has a body of JSON, except for a list or a document of the server.
        "GET" if body is None else "POST",
        url,
        content=body,
        headers={**usual, **headers},
        auth=httpx.USE_CLIENT_DEFAULT
        if key is None
        else _KeyHeaders(key, settings.preset, authorization),
        timeout=httpx.Timeout(
            settings.idle_timeout_s, connect=settings.connect_timeout_s, pool=None
        ),
        follow_redirects=False,
    )


class _KeyHeaders(httpx.Auth):
    """Writes the key into the request at the last moment, so that no local variable holds it."""

    def __init__(self, key: ApiKey, server: ServerPreset, authorization: Authorization) -> None:
        self._key = key
        self._server = server
        self._authorization = authorization

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._authorization(self._key, self._server))
        yield request


def require_valid_url(url: str) -> None:
    try:
        httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ConfigurationError(
            f"The address of {host_of(url)} is malformed: {error}. Check base_url."
        ) from error


def require_sendable_key(settings: Settings) -> None:
    """Reject a key that would be sent unencrypted, or that cannot be in a header.

    Raises:
        ConfigurationError: with the key's source, never the key.
    """
    key = settings.api_key
    if key is None:
        return
    is_encrypted = settings.base_url.lower().startswith("https:")
    if not (is_encrypted or is_loopback(settings.base_url) or settings.allow_insecure_key):
        raise ConfigurationError(
            f"The key from {key.source} would travel unencrypted to "
            f"{host_of(settings.base_url)}. Use https://, or set allow_insecure_key=True."
        )
    if not key.is_sendable:
        raise ConfigurationError(
            f"The key from {key.source} is empty or holds white space or characters that no key "
            "has. Copy it again."
        )
