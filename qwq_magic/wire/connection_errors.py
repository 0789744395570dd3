"""The errors of connections that fail or break: the cause, then the fix."""

from __future__ import annotations

from typing import get_args

from qwq_magic.errors import ConnectionFailed, ProtocolError, StreamInterrupted
from qwq_magic.settings.layers import ProtocolName
from qwq_magic.settings.presets import SERVERS
from qwq_magic.wire.addresses import likely_base_url, redirected_base_url, with_scheme
from qwq_magic.wire.origin import Origin

_AGAIN = "run the cell again for a whole reply."


def refused(origin: Origin, *, is_local: bool) -> ConnectionFailed:
    cause = f"{origin.host} refuses connections."
    if not is_local:
        fix = "Check base_url and its port, or choose another server with -s."
        return ConnectionFailed(f"{cause} {fix}", retryable=True)
    # Not retryable: a local server that does not listen will not start within seconds.
    preset = SERVERS.get(origin.server)
    name = origin.server if preset and preset.start_hint else "the server"
    hint = f" Start it with {preset.start_hint}." if preset and preset.start_hint else ""
    return ConnectionFailed(f"{cause} Is {name} running there?{hint}")


def unknown_host(origin: Origin, *, is_passing: bool) -> ConnectionFailed:
    # A temporary failure of the resolver, as after a laptop wakes up, is worth a retry.
    return ConnectionFailed(
        f"The host {origin.host} cannot be found. Check base_url and the network.",
        retryable=is_passing,
    )


def insecure(origin: Origin, reason: str, *, certificates: str) -> ConnectionFailed:
    """A certificate that is not accepted; `certificates` names the variable that sets ours."""
    shown = origin.quote(reason)
    fix = (
        f"{origin.quote(certificates)} replaces the usual certificates: set SSL_CERT_FILE to a "
        "file that has this server's, or unset it."
        if certificates
        else "Check the host in base_url; for a company proxy or a certificate of your own, set "
        "SSL_CERT_FILE to the file of its certificates."
    )
    return ConnectionFailed(f"No secure connection to {origin.host}: {shown}. {fix}")


def plain_http(origin: Origin, reason: str) -> ConnectionFailed:
    """A port that accepts connections, and does not answer a TLS handshake with one."""
    shown = origin.quote(reason)
    address = with_scheme(origin.base_url, "http")
    return ConnectionFailed(
        f"No secure connection to {origin.host}: {shown}. If it is a plain HTTP server, set "
        f'base_url="{address}".'
    )


def needs_tls(origin: Origin, reason: str) -> ProtocolError:
    """A port that answers plain HTTP with TLS, or with a request for it."""
    shown = origin.quote(reason)
    address = with_scheme(origin.base_url, "https")
    return ProtocolError(
        f'{origin.host} does not accept plain HTTP: {shown}. Set base_url="{address}".'
    )


def empty_reply(origin: Origin, status: int = 200) -> ProtocolError:
    name = origin.host or origin.name
    likely = likely_base_url(origin.base_url)
    fix = (
        f'Check `base_url`; try base_url="{likely}".'
        if likely
        else "Check `base_url` and the server's log, or choose another model with -m."
    )
    return ProtocolError(f"{name} answered {status} with an empty reply. {fix}", status=status)


def foreign_reply(origin: Origin, api: str, protocol: str) -> ProtocolError:
    """A reply in the events of another API; `protocol` is what it is called here, or ""."""
    name = origin.host or origin.name
    fix = (
        f'Set protocol="{protocol}", or a base_url'
        if protocol in get_args(ProtocolName)
        else "Set a base_url"
    )
    return ProtocolError(
        f"{name} replied in the events of {api} instead of chat completions. {fix} at which the "
        'server speaks OpenAI\'s chat completions, often one that ends in "/v1".',
        status=200,
    )


def unreachable(origin: Origin, reason: str) -> ConnectionFailed:
    shown = origin.quote(reason) or "no reason given"
    return ConnectionFailed(
        f"No connection to {origin.host}: {shown}. Check base_url, the network and proxies.",
        retryable=True,
    )


def no_connection_in_time(origin: Origin, seconds: float) -> ConnectionFailed:
    return ConnectionFailed(
        f"No connection to {origin.host} within {seconds:g} s. Check the network and proxies, "
        "or raise connect_timeout_s.",
        retryable=True,
    )


def no_answer_in_time(origin: Origin, seconds: float) -> ConnectionFailed:
    return ConnectionFailed(
        f"{origin.host} did not begin to answer within {seconds:g} s. Raise idle_timeout_s "
        "if the model needs longer, or choose another server with -s.",
        retryable=True,
    )


def broken_before_answer(origin: Origin) -> ConnectionFailed:
    # Python's servers with TLS close the connection when they receive plain HTTP.
    is_plain = origin.base_url.startswith("http:")
    address = with_scheme(origin.base_url, "https") if is_plain else ""
    secure = f'; if it expects https://, set base_url="{address}"' if address else ""
    return ConnectionFailed(
        f"{origin.host} closed the connection without an answer. Run the cell again; "
        f"if it recurs, look at the server's log{secure}.",
        retryable=True,
    )


def no_proxy(
    origin: Origin, proxy: str, *, variable: str, what: str, is_passing: bool
) -> ConnectionFailed:
    shown = origin.quote(proxy)
    return ConnectionFailed(
        f"The proxy {shown} on the way to {origin.host} {what}. Check {variable}, which sets it, "
        "or add the host to NO_PROXY.",
        retryable=is_passing,
    )


def refused_by_proxy(origin: Origin) -> ConnectionFailed:
    return ConnectionFailed(
        f"The proxy on the way to {origin.host} requires a user name and password. Write them into "
        "HTTP_PROXY or HTTPS_PROXY as http://name:password@proxy:port.",
        status=407,
    )


def not_http(origin: Origin, reason: str) -> ProtocolError:
    shown = origin.quote(reason)
    return ProtocolError(
        f"{origin.host} does not speak valid HTTP: {shown}. "
        "Check http:// or https:// and the port in base_url."
    )


def silent_stream(origin: Origin, seconds: float, *, has_text: bool) -> StreamInterrupted:
    # Models may think in silence for minutes, so a timeout need not be a fault of the server.
    advice = _advice("raise idle_timeout_s if the model needs longer.", has_text=has_text)
    return StreamInterrupted(
        f"{origin.host} sent nothing for {seconds:g} s in the middle of the reply. {advice}"
    )


def broken_stream(origin: Origin, *, has_text: bool) -> StreamInterrupted:
    advice = _advice(_AGAIN, has_text=has_text)
    return StreamInterrupted(
        f"The connection to {origin.host} broke in the middle of the reply. {advice}"
    )


def unfinished_stream(origin: Origin, *, has_text: bool) -> StreamInterrupted:
    advice = _advice(_AGAIN, has_text=has_text)
    return StreamInterrupted(
        f"The connection to {origin.name} ended before the reply was complete. {advice}"
    )


def redirected(
    origin: Origin, status: int, target: str, *, url: str, location: str
) -> ProtocolError:
    """A redirect of a request for `url`; `target` is what a message may show of `location`."""
    if not target:
        return ProtocolError(
            f"{origin.host} answered {status}, a redirect without a target. Check base_url.",
            status=status,
        )
    likely = redirected_base_url(origin.base_url, url, location)
    address = f': base_url="{origin.quote(likely)}"' if likely else ""
    # Followed, a redirect would send the prompt, and perhaps the key, to a host of its choice.
    return ProtocolError(
        f"{origin.host} redirects to {origin.quote(target)}, and prompts do not follow redirects. "
        f"If that address is right, set base_url to it{address}.",
        status=status,
    )


def encoded(origin: Origin, status: int, encoding: str) -> ProtocolError:
    shown = origin.quote(encoding, limit_bytes=60)
    return ProtocolError(
        f"{origin.host} replied with encoding {shown!r}, which was not requested. "
        "Check the proxies on the way, or choose another server with -s.",
        status=status,
    )


def unpackable(origin: Origin, reason: str, *, has_text: bool) -> ProtocolError:
    fix = "check the proxies on the way, or choose another server with -s."
    advice = _advice(fix, has_text=has_text)
    return ProtocolError(
        f"{origin.host} sent a compressed reply that cannot be used: {reason}. {advice}",
        status=200,
    )


def _advice(fix: str, *, has_text: bool) -> str:
    """The fix, after a reassurance if there is text that could have been lost."""
    return f"The text so far is kept; {fix}" if has_text else f"{fix[0].upper()}{fix[1:]}"
