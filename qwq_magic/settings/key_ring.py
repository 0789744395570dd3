"""The source of a key, and the one host to which it may be sent.

A key is never sent to another host: a vendor's variable is for the vendor's host,
`QWQ_API_KEY` for the server set beside it, and a key given by hand for the host it was given
for. The author of a project's pyproject.toml is not trusted: an address in it gets only a
key that was given for that host, or the vendor's key at the vendor's host.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.settings.presets import SERVERS, ServerPreset, server_at

OWN_VARIABLE = "QWQ_API_KEY"
# The layer that chose the server: the user's code, `QWQ_*` variables, a pyproject.toml.
Namer: TypeAlias = Literal["code", "variables", "project", "default"]


class KeyRing:
    """Keys given by hand, each for one host; kept in the memory of this process only."""

    def __init__(self) -> None:
        # By host, in the order given; with the preset that the key was given for, if any.
        self._keys: dict[str, tuple[ApiKey, str | None]] = {}

    def put(self, key: ApiKey, *, server: ServerPreset, base_url: str) -> None:
        host = _host_and_port(base_url)
        self._keys.pop(host, None)
        self._keys[host] = key, server.name if is_at_home(server, base_url) else None

    def key_for(self, base_url: str) -> ApiKey | None:
        key, _ = self._keys.get(_host_and_port(base_url), (None, None))
        return key

    def drop(self, key: ApiKey) -> None:
        self._keys = {host: kept for host, kept in self._keys.items() if kept[0] is not key}

    @property
    def last_server(self) -> str | None:
        """The preset for which a key was last given, and so the default server."""
        names = [name for _, name in self._keys.values()]
        return names[-1] if names else None

    def __iter__(self) -> Iterator[ApiKey]:
        return iter([key for key, _ in self._keys.values()])


def find_key(
    server: ServerPreset,
    base_url: str,
    *,
    environ: Mapping[str, str],
    keys: KeyRing,
    namer: Namer,
) -> ApiKey | None:
    """The key for this host; `namer` is the layer that chose it."""
    key = keys.key_for(base_url)
    if key is None and not (namer == "project" and _is_moved(server, base_url)):
        key = variable_key(server, base_url, environ)
    is_own_lent = namer == "project" or (
        namer == "code" and _is_elsewhere(server, base_url, environ)
    )
    if key is None and not is_own_lent:
        key = _key_in(environ, (OWN_VARIABLE,))
    return key


def withheld_variable(server: ServerPreset, base_url: str, environ: Mapping[str, str]) -> str:
    """The variable whose key may be intended for this host, where no key was found for it."""
    own = server.key_variables if is_at_home(server, base_url) else ()
    key = _key_in(environ, (*own, OWN_VARIABLE))
    return "" if key is None else key.source


def _is_moved(server: ServerPreset, base_url: str) -> bool:
    """Is a server that people run themselves at another address than that of its preset?"""
    return not server.needs_key and _host_and_port(base_url) != _host_and_port(server.base_url)


def variable_key(server: ServerPreset, base_url: str, environ: Mapping[str, str]) -> ApiKey | None:
    """The key in the server's own variables: a vendor's key goes to the vendor's host alone."""
    if not is_at_home(server, base_url):
        return None
    return _key_in(environ, server.key_variables)


def is_at_home(server: ServerPreset, base_url: str) -> bool:
    """Is this the preset's own host? For a server that people run themselves, any host is."""
    if server.name == "custom":
        return False
    return not server.needs_key or server_at(base_url).key_variables == server.key_variables


def hint_at_dashscope(environ: Mapping[str, str]) -> ApiKey | None:
    """A DashScope key, with which DashScope is the default server."""
    variables = (*SERVERS["dashscope"].key_variables, OWN_VARIABLE)
    return _key_in(environ, variables)


def keys_at_hand(environ: Mapping[str, str], keys: KeyRing) -> Iterator[ApiKey]:
    """Every key that could be sent to some server from here."""
    yield from keys
    names = {name for server in SERVERS.values() for name in server.key_variables}
    for name in sorted({*names, OWN_VARIABLE}):
        key = _key_in(environ, (name,))
        if key is not None:
            yield key


def require_no_key_in(
    sent: str, key: ApiKey | None, keys: KeyRing, environ: Mapping[str, str] = os.environ
) -> None:
    """Refuse to send a key to a model; it would also stay in the notebook and in memory.

    Raises:
        ConfigurationError: with the key's source, never the key.
    """
    for known in (key, *keys_at_hand(environ, keys)):
        if known is not None and known.is_in(sent):
            raise ConfigurationError(
                f"The prompt holds the key from {known.source}, so it was not sent. "
                "Take the key out of the cell."
            )


def _is_elsewhere(server: ServerPreset, base_url: str, environ: Mapping[str, str]) -> bool:
    """Was `QWQ_API_KEY` set for another host than the one chosen in code?"""
    bound_url, bound_server = environ.get("QWQ_BASE_URL", "").strip(), environ.get("QWQ_SERVER")
    if bound_url:
        return _host_and_port(bound_url) != _host_and_port(base_url)
    if bound_server:
        return bound_server != server.name or not is_at_home(server, base_url)
    # Without a host beside it, it is for a server of the user's own, not for a vendor.
    return server.needs_key and is_at_home(server, base_url)


def _key_in(environ: Mapping[str, str], variables: tuple[str, ...]) -> ApiKey | None:
    for name in variables:
        key = environ.get(name, "").strip()
        if key:
            return ApiKey(key, source=name)
    return None


def _host_and_port(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return url  # An invalid URL has no host, and must not match any other.
