"""Connections, kept from turn to turn: one pool per event loop and way to a host.

This machine is reached directly, even if the environment sets a proxy. The certificates are
read once, and not at all for plain HTTP.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlsplit

import httpx

from qwq_magic.client.certificates import certificates
from qwq_magic.client.masked_events import mask_in_logs
from qwq_magic.client.proxies import NamedProxy, proxy_for
from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.settings import Settings
from qwq_magic.settings.headers import Headers
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
        self._clients: dict[tuple[NamedProxy | None, ssl.SSLContext | None], httpx.AsyncClient] = {}
        self._keeper = self._keep()

    async def open(self) -> None:
        # An event loop that shuts down cleanly closes its generators, and so these clients.
        await anext(self._keeper)

    def client(self, url: str) -> httpx.AsyncClient:
        # Both are found out again each time, so that a corrected variable counts at once.
        proxy = proxy_for(url)
        context = certificates() if url.lower().startswith("https:") else None
        if (proxy, context) not in self._clients:
            self._clients[proxy, context] = _new_client(proxy, context)
        return self._clients[proxy, context]

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


def _new_client(proxy: NamedProxy | None, context: ssl.SSLContext | None) -> httpx.AsyncClient:
    try:
        return httpx.AsyncClient(
            # Without a context httpx would read the certificates, even for plain HTTP.
            verify=context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
            proxy=None if proxy is None else proxy.url,
            limits=_LIMITS,
            # The client outlives conversations, and cookies would link them to each other.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            event_hooks={"response": [_take_location]},
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        # A SOCKS proxy needs an optional package of httpx, and a proxy may not be a valid URL.
        reason = _USER_INFO.sub("***@", str(error))
        variable = "the environment" if proxy is None else proxy.variable
        # Not chained: the frames of `error` hold the address, and so perhaps a password.
        raise ConfigurationError(
            f"The proxy set in {variable} cannot be used: {reason} "
            "Change the variable, or set NO_PROXY for the server's host."
        ) from None


async def _take_location(response: httpx.Response) -> None:
    """Hide the target of a redirect from httpx, which parses it and fails on an invalid URL."""
    if "location" in response.headers:
        response.extensions[LOCATION] = response.headers.pop("location")


def opened(
    client: httpx.AsyncClient,
    url: str,
    settings: Settings,
    *,
    body: bytes | None,
    headers: Mapping[str, str],
    authorization: Authorization,
    method: str = "",
) -> AbstractAsyncContextManager[httpx.Response]:
    """The response; no redirect is followed.

    Without a `method`, the request is a GET or, with a body of JSON, a POST.

    Raises on entering:
        NoHandshake: the server accepts connections, and no secure ones.
        httpx.HTTPError: no response arrived.
    """
    usual = _HEADERS if body is None else {**_HEADERS, "Content-Type": "application/json"}
    key = settings.api_key
    for secret in (key, *settings.secrets, *settings.headers.values()):
        mask_in_logs(secret)
    handshake = _Handshake(url)
    response = client.stream(
        # Every request has a body of JSON, except for a list or a document of the server.
        method or ("GET" if body is None else "POST"),
        url,
        content=body,
        headers={**usual, **headers},
        auth=_KeyHeaders(key, settings.preset, authorization, settings.headers)
        if key is not None or settings.headers
        else httpx.USE_CLIENT_DEFAULT,
        timeout=httpx.Timeout(
            settings.idle_timeout_s, connect=settings.connect_timeout_s, pool=None
        ),
        follow_redirects=False,
        extensions={"trace": handshake.trace},
    )
    return handshake.bounded(response)


# A handshake is two round trips. A plain HTTP server waits for the rest of what it takes for a
# request, and the timeout of connecting is a long time to learn of a superfluous `s`.
_HANDSHAKE_TIMEOUT_S = 5.0


class NoHandshake(httpx.ConnectError):
    """The connection is there, but not the TLS handshake, and that not for a certificate."""


class _Connection(Protocol):
    """What httpcore reports as a connection."""

    async def aclose(self) -> None: ...


class _Handshake:
    """Watches a request that connects, and bounds its TLS handshake.

    No one runs plain HTTP at the port of HTTPS, so a handshake that fails there is one of a bad
    network: it has the timeout of connecting, and is retried.
    """

    def __init__(self, url: str) -> None:
        self._may_be_plain = urlsplit(url).port not in (None, 443)
        self._deadline: asyncio.Timeout | None = None
        self._is_under_way = False
        self._stream: _Connection | None = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take in an event of httpcore: https://www.encode.io/httpcore/extensions/#trace."""
        if event.endswith("connect_tcp.complete"):
            self._stream = info["return_value"]
        elif event.endswith("start_tls.started"):
            self._is_under_way = True
            if self._may_be_plain:
                self._reschedule(asyncio.get_running_loop().time() + _HANDSHAKE_TIMEOUT_S)
        elif event.endswith("start_tls.complete"):
            self._is_under_way = False
            self._reschedule(None)

    def _reschedule(self, when: float | None) -> None:
        if self._deadline is not None:
            self._deadline.reschedule(when)

    @asynccontextmanager
    async def bounded(
        self, response: AbstractAsyncContextManager[httpx.Response]
    ) -> AsyncIterator[httpx.Response]:
        """The same response, where the handshake succeeds in time."""
        try:
            async with asyncio.timeout(None) as self._deadline:
                opened = await response.__aenter__()
        except TimeoutError:
            await self._close()
            raise NoHandshake(f"no answer within {_HANDSHAKE_TIMEOUT_S:g} s") from None
        except asyncio.CancelledError:
            await self._close()
            raise
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadError) as error:
            if self._is_under_way and self._may_be_plain and not _is_about_certificate(error):
                raise NoHandshake(_reason_of(error)) from error
            raise
        try:
            yield opened
        finally:
            await response.__aexit__(None, None, None)

    async def _close(self) -> None:
        # httpcore closes the connection of a handshake that fails, and not of a cancelled one.
        if self._is_under_way and self._stream is not None:
            await self._stream.aclose()


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _reason_of(error: Exception) -> str:
    """What OpenSSL reports, in words; the connection may also just end."""
    while not isinstance(error, ssl.SSLError):
        inner = error.__cause__ or error.__context__
        if not isinstance(inner, Exception):
            return str(error) or "the connection was closed"
        error = inner
    return (error.reason or str(error)).replace("_", " ").lower()


class _KeyHeaders(httpx.Auth):
    """Writes the key and the user's headers into the request at the last moment.

    So no local variable holds them. A header that the user sets replaces the client's.
    """

    def __init__(
        self,
        key: ApiKey | None,
        server: ServerPreset,
        authorization: Authorization,
        headers: Headers,
    ) -> None:
        self._key = key
        self._server = server
        self._authorization = authorization
        self._headers = headers

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._key is not None:
            request.headers.update(self._authorization(self._key, self._server))
        request.headers.update({name: text.reveal() for name, text in self._headers.items()})
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
    is_encrypted = settings.base_url.lower().startswith("https:")
    is_safe = is_encrypted or is_loopback(settings.base_url) or settings.allow_insecure_key
    for secret in () if is_safe else settings.secrets:
        raise ConfigurationError(
            f"The key from {secret.source} would travel unencrypted to "
            f"{host_of(settings.base_url)}. Use https://, or set allow_insecure_key=True."
        )
    key = settings.api_key
    if key is not None and not key.is_sendable:
        raise ConfigurationError(
            f"The key from {key.source} is empty or holds white space or characters that no key "
            "has. Copy it again."
        )
