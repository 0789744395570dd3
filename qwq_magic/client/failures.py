"""Translate the exceptions of httpx into our errors, without the key.

A failure to connect is blamed on the proxy where the environment sets one for the host,
since a proxy that works reports by itself what it cannot reach.
"""

from __future__ import annotations

import ast
import re
import socket
import ssl
from collections.abc import Iterator

import httpx

from qwq_magic.client.certificates import certificate_variable
from qwq_magic.client.connections import NoHandshake
from qwq_magic.client.proxies import NamedProxy, proxy_for
from qwq_magic.errors import QwqError
from qwq_magic.settings import Settings
from qwq_magic.wire import connection_errors as broken
from qwq_magic.wire.addresses import host_of, is_loopback
from qwq_magic.wire.origin import Origin

# How the HTTP library quotes bytes that it could not parse.
_BYTES = re.compile(r"""(?:bytearray\()?\b(b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*")\)?""")


def origin_of(settings: Settings, *, model: str) -> Origin:
    """The server as errors describe it; of the key they get its source and how to mask it."""
    key = settings.api_key
    return Origin(
        server=settings.server,
        preset=settings.preset.name,
        host=host_of(settings.base_url),
        base_url=settings.base_url,
        model=model,
        has_key=key is not None,
        key_source="" if key is None else key.source,
        withheld_key=settings.withheld_key,
        redact=settings.redact,
    )


def interruption(
    raised: httpx.HTTPError, origin: Origin, settings: Settings, *, has_text: bool
) -> QwqError:
    """The error of a response that broke off."""
    if isinstance(raised, httpx.TimeoutException):
        return broken.silent_stream(origin, settings.idle_timeout_s, has_text=has_text)
    if isinstance(raised, httpx.DecodingError):
        return broken.unpackable(origin, str(raised), has_text=has_text)
    return broken.broken_stream(origin, has_text=has_text)


def no_answer(raised: httpx.HTTPError, origin: Origin, settings: Settings) -> QwqError:
    """The error of a request that got no response."""
    match raised:
        case NoHandshake():
            return broken.plain_http(origin, str(raised))
        case httpx.ConnectTimeout():
            return broken.no_connection_in_time(origin, settings.connect_timeout_s)
        case httpx.TimeoutException():
            return broken.no_answer_in_time(origin, settings.idle_timeout_s)
        case httpx.ConnectError():
            return _no_connection(raised, origin, settings)
        case httpx.ProxyError() if str(raised).startswith("407"):
            return broken.refused_by_proxy(origin)
        # httpx raises the same class for bad HTTP and for a connection closed without a byte.
        case httpx.RemoteProtocolError() if "without sending" not in str(raised):
            if _TLS_RECORD.search(str(raised)):
                return broken.needs_tls(origin, "it answers with TLS")
            return broken.not_http(origin, _with_text(str(raised)))
        case httpx.NetworkError() | httpx.RemoteProtocolError():
            return broken.broken_before_answer(origin)
        case _:
            return broken.unreachable(origin, str(raised))


# The first bytes of an alert or a handshake of TLS, as httpcore quotes them.
_TLS_RECORD = re.compile(r"b['\"]\\x1[56]\\x03")


def _reason(error: ssl.SSLError) -> str:
    # Python names what is wrong with a certificate in a field of its own.
    words = getattr(error, "verify_message", "") or error.reason or str(error)
    return f"{error.reason}: {words}" if error.reason and words != error.reason else words


def _with_text(reason: str) -> str:
    """The reason, with the text of any bytes literal in place of the literal."""
    return _BYTES.sub(lambda found: f"'{_text_of(found[1])}'", reason)


def _text_of(literal: str) -> str:
    try:
        value = ast.literal_eval(literal)
    except (ValueError, SyntaxError):
        return literal
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else literal


def without_frames(raised: httpx.HTTPError, origin: Origin) -> Exception:
    """A copy to chain: the frames of the original hold the request, whose headers have the key."""
    return type(raised)(origin.redact(str(raised)))


def _no_connection(raised: httpx.ConnectError, origin: Origin, settings: Settings) -> QwqError:
    # httpx reports only the failure, not whether it was the proxy's or the server's.
    proxy = proxy_for(settings.base_url)
    for reason in _iter_reasons(raised):
        if isinstance(reason, ssl.SSLError):
            return broken.insecure(origin, _reason(reason), certificates=certificate_variable())
        if isinstance(reason, socket.gaierror):
            # The resolver cannot be reached, which may pass; a host that does not exist stays so.
            is_passing = reason.errno == socket.EAI_AGAIN
            if proxy is not None:
                return _no_proxy(proxy, origin, "cannot be found", is_passing=is_passing)
            return broken.unknown_host(origin, is_passing=is_passing)
        if isinstance(reason, ConnectionRefusedError):
            if proxy is not None:
                return _no_proxy(proxy, origin, "refuses connections", is_passing=True)
            return broken.refused(origin, is_local=is_loopback(settings.base_url))
    if proxy is not None:
        what = f"cannot be reached: {origin.quote(str(raised))}"
        return _no_proxy(proxy, origin, what, is_passing=True)
    return broken.unreachable(origin, str(raised))


def _no_proxy(proxy: NamedProxy, origin: Origin, what: str, *, is_passing: bool) -> QwqError:
    return broken.no_proxy(
        origin, proxy.host, variable=proxy.variable, what=what, is_passing=is_passing
    )


def _iter_reasons(raised: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes; a host with two addresses raises a group of errors."""
    while raised is not None:
        yield raised
        # httpcore hides the operating system's error at the end of a chain of its own.
        for part in getattr(raised, "exceptions", ()):
            yield from _iter_reasons(part)
        raised = raised.__cause__ or raised.__context__
