"""Which proxy stands between this machine and a server, as the environment says."""

from __future__ import annotations

import os
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from qwq_magic.wire.addresses import is_loopback


class NamedProxy(NamedTuple):
    """A proxy, without its user and password, and the variable that names it."""

    host: str
    variable: str


def proxy_for(url: str) -> NamedProxy | None:
    """The proxy that is asked for `url`; None where the server is asked itself."""
    parts = urlsplit(url)
    if is_loopback(url) or proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    kind = next((kind for kind in (parts.scheme, "all") if proxies.get(kind)), None)
    if kind is None:
        return None
    host = _host_in(proxies[kind])
    # Where none is set, the system's settings name it.
    names = (name for name in (f"{kind}_proxy", f"{kind}_proxy".upper()) if os.environ.get(name))
    return NamedProxy(host, next(names, f"{kind}_proxy".upper())) if host else None


def _host_in(address: str) -> str:
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{port}" if host and port is not None else host
