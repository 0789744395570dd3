"""Where a key comes from, and the one host it may go to.

A key is never lent: a vendor's variable is for the vendor's host, `QWQ_API_KEY` for the
server named beside it, and a key given by hand for the host it was given for. A project's
pyproject.toml may be anybody's: an address in it gets a key that was given for that very
host, or a vendor's at the vendor's, and no other.
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
# Who says which server is asked: the user's code, `QWQ_*` variables, a pyproject.toml.
Namer: TypeAlias = Literal["code", "variables", "project", "nobody"]


class KeyRing:
    """Keys given by hand, each for one host; in this process's memory alone."""

    def __init__(self) -> None:
        # By host, the last one given at the end; with the preset it was given for, if any.
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
        """The preset a key was last given for: reason enough to ask there."""
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
    """The key for this host; `namer` is who says that it is asked."""
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
    """The variable whose key might be meant for this host, where none was found for it."""
    own = server.key_variables if is_at_home(server, base_url) else ()
    key = _key_in(environ, (*own, OWN_VARIABLE))
    return "" if key is None else key.source


def _is_moved(server: ServerPreset, base_url: str) -> bool:
    """Is a server that people run themselves anywhere but where its preset has it?"""
    return not server.needs_key and _host_and_port(base_url) != _host_and_port(server.base_url)


def variable_key(server: ServerPreset, base_url: str, environ: Mapping[str, str]) -> ApiKey | None:
    """The key in the server's own variables: a vendor's key goes to the vendor's host alone."""
    if not is_at_home(server, base_url):
        return None
    return _key_in(environ, server.key_variables)


def is_at_home(server: ServerPreset, base_url: str) -> bool:
    """Is this the preset's own host? One that people run themselves is wherever they run it."""
    if server.name == "custom":
        return False
    return not server.needs_key or server_at(base_url).key_variables == server.key_variables


def hint_at_dashscope(environ: Mapping[str, str]) -> ApiKey | None:
    """A DashScope key is sign enough to ask there."""
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
    """Refuse to send a key to a model: it would also stay in the notebook, and in the memory.

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
    """Was `QWQ_API_KEY` set for another host than the one named in code?"""
    bound_url, bound_server = environ.get("QWQ_BASE_URL", "").strip(), environ.get("QWQ_SERVER")
    if bound_url:
        return _host_and_port(bound_url) != _host_and_port(base_url)
    if bound_server:
        return bound_server != server.name or not is_at_home(server, base_url)
    # It names no host: it is for a server of the user's own, and for no vendor's.
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
        return url  # It names no host, so it is like no other.
