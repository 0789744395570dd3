"""The sources of a key, and the one host that each key may be sent to.

A vendor's variable is only for the vendor's host, `QWQ_API_KEY` only for the server that is
set with it, and a key entered by hand only for the host it was entered for. A project's
pyproject.toml is not trusted: an address in it gets a key only if that was entered for this
host, or if it is the vendor's own host and variable.
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
# What names the server: the user's code, `QWQ_*` variables, a pyproject.toml, or nothing.
ServerSource: TypeAlias = Literal["code", "variables", "project", "default"]


class KeyRing:
    """Keys that were entered by hand, each for one host; they are only kept in memory."""

    def __init__(self) -> None:
        # By host, the latest last, each with the preset it was entered for, if any.
        self._keys: dict[str, tuple[ApiKey, str | None]] = {}

    def put(self, key: ApiKey, *, server: ServerPreset, base_url: str) -> None:
        host = _host_and_port(base_url)
        self._keys.pop(host, None)
        self._keys[host] = key, server.name if is_own_host(server, base_url) else None

    def key_for(self, base_url: str) -> ApiKey | None:
        key, _ = self._keys.get(_host_and_port(base_url), (None, None))
        return key

    def drop(self, key: ApiKey) -> None:
        self._keys = {host: kept for host, kept in self._keys.items() if kept[0] is not key}

    @property
    def last_server(self) -> str | None:
        """The preset that a key was last entered for, which becomes the default server."""
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
    named_by: ServerSource,
) -> ApiKey | None:
    """Return the key that may be sent to this host, or None.

    Args:
        server: the preset of the server.
        base_url: its address.
        environ: the environment variables.
        keys: the keys that were entered by hand.
        named_by: the source that named the server.
    """
    key = keys.key_for(base_url)
    if key is None and not (named_by == "project" and _is_moved(server, base_url)):
        key = variable_key(server, base_url, environ)
    is_for_another_host = named_by == "project" or (
        named_by == "code" and _is_elsewhere(server, base_url, environ)
    )
    if key is None and not is_for_another_host:
        key = _key_in(environ, (OWN_VARIABLE,))
    return key


def withheld_variable(server: ServerPreset, base_url: str, environ: Mapping[str, str]) -> str:
    """Return the variable whose key the user may have intended for this host, or ""."""
    own = server.key_variables if is_own_host(server, base_url) else ()
    key = _key_in(environ, (*own, OWN_VARIABLE))
    return "" if key is None else key.source


def _is_moved(server: ServerPreset, base_url: str) -> bool:
    """Whether a self-hosted server has another address than its preset."""
    return not server.needs_key and _host_and_port(base_url) != _host_and_port(server.base_url)


def variable_key(server: ServerPreset, base_url: str, environ: Mapping[str, str]) -> ApiKey | None:
    """Return the key in the server's own variables, if the address is the server's own."""
    if not is_own_host(server, base_url):
        return None
    return _key_in(environ, server.key_variables)


def is_own_host(server: ServerPreset, base_url: str) -> bool:
    """Whether the address belongs to the preset; a self-hosted server may be at any address."""
    if server.name == "custom":
        return False
    return not server.needs_key or server_at(base_url).key_variables == server.key_variables


def hint_at_dashscope(environ: Mapping[str, str]) -> ApiKey | None:
    """Return a DashScope key, which makes DashScope the default server, or None."""
    variables = (*SERVERS["dashscope"].key_variables, OWN_VARIABLE)
    return _key_in(environ, variables)


def keys_at_hand(environ: Mapping[str, str], keys: KeyRing) -> Iterator[ApiKey]:
    """Yield every key that could be sent to some server."""
    yield from keys
    names = {name for server in SERVERS.values() for name in server.key_variables}
    for name in sorted({*names, OWN_VARIABLE}):
        key = _key_in(environ, (name,))
        if key is not None:
            yield key


def require_no_key_in(
    sent: str, key: ApiKey | None, keys: KeyRing, environ: Mapping[str, str] = os.environ
) -> None:
    """Refuse to send a key in a prompt, where it would also be saved with the conversation.

    Raises:
        ConfigurationError: the text contains a key; the message names its source.
    """
    for known in (key, *keys_at_hand(environ, keys)):
        if known is not None and known.is_in(sent):
            raise key_in_prompt(known)


def key_in_prompt(key: ApiKey) -> ConfigurationError:
    """Return the error for a prompt that contains this key."""
    return ConfigurationError(
        f"The prompt contains the key from {key.source}, so it was not sent. "
        "Remove the key from the cell."
    )


def _is_elsewhere(server: ServerPreset, base_url: str, environ: Mapping[str, str]) -> bool:
    """Whether `QWQ_API_KEY` was set for another host than the one named in code."""
    bound_url, bound_server = environ.get("QWQ_BASE_URL", "").strip(), environ.get("QWQ_SERVER")
    if bound_url:
        return _host_and_port(bound_url) != _host_and_port(base_url)
    if bound_server:
        return bound_server != server.name or not is_own_host(server, base_url)
    # Set without a host, it is for the user's own server, not for a vendor's.
    return server.needs_key and is_own_host(server, base_url)


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
        return url  # Malformed, so it equals only itself.
