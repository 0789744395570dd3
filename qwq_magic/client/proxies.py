"""The proxy that the environment sets for an address, and the variable that sets it.

httpx reads the same variables, but fails on addresses that are common in NO_PROXY, such as
`[::1]` or an IPv6 network, and takes an IPv4 network for a single host. So the decision is
made here, for each request: a change of a variable counts at once.
"""

from __future__ import annotations

import ipaddress
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from qwq_magic.wire.addresses import is_loopback

_DEFAULT_PORTS = {"http": 80, "https": 443}
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class NamedProxy:
    """A proxy.

    Attributes:
        url: its address, perhaps with a user name and password.
        host: its host and port, for messages.
        variable: the variable that sets it.
    """

    url: str = field(repr=False)
    host: str
    variable: str


def proxy_for(url: str) -> NamedProxy | None:
    """The proxy for `url`; None where the server is reached directly."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = getproxies()
    if is_loopback(url) or proxy_bypass(host):
        return None
    if _is_exempt(host, parts.port or _DEFAULT_PORTS.get(parts.scheme), proxies.get("no", "")):
        return None
    kind = next((kind for kind in (parts.scheme, "all") if proxies.get(kind)), None)
    if kind is None:
        return None
    address = proxies[kind] if "://" in proxies[kind] else f"http://{proxies[kind]}"
    # Without such a variable the proxy is from the settings of the operating system.
    names = (name for name in (f"{kind}_proxy", f"{kind}_proxy".upper()) if os.environ.get(name))
    return NamedProxy(address, _host_in(address), next(names, f"{kind}_proxy".upper()))


def _is_exempt(host: str, port: int | None, exempt: str) -> bool:
    """Does one of the entries of NO_PROXY name this host, as curl reads them?

    Names, also of a parent domain; addresses, with or without brackets; networks; each
    perhaps with a scheme or a port; `*` for all.
    """
    host = host.lower().rstrip(".")
    address = _address_in(host)
    for written in exempt.split(","):
        entry = written.strip().lower().partition("://")[2] or written.strip().lower()
        if entry == "*":
            return True
        name, its_port = _split_port(entry)
        if its_port is not None and its_port != port:
            continue
        if address is not None and _is_in_network(address, name):
            return True
        name = name.removeprefix("*").strip(".")
        if name and (host == name or host.endswith(f".{name}")):
            return True
    return False


def _split_port(entry: str) -> tuple[str, int | None]:
    """The name without brackets, and the port; an IPv6 address without brackets has none."""
    if entry.startswith("["):
        name, _, rest = entry[1:].partition("]")
        # `[fd00::]/8` is a network, `[fd00::1]:8000` has a port.
        port = rest.removeprefix(":")
        return (f"{name}{rest}", None) if rest.startswith("/") else (name, _number(port))
    name, colon, port = entry.partition(":")
    if colon and ":" not in port:
        return name, _number(port)
    return entry, None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _address_in(host: str) -> _Address | None:
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    return None


def _is_in_network(address: _Address, entry: str) -> bool:
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
    # An IPv4 address may be written as an IPv6 one.
    mapped = getattr(address, "ipv4_mapped", None)
    return address in network or (mapped is not None and mapped in network)


def _host_in(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if host and port is not None else host
