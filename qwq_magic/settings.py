"""Settings of a session: what the user chose, and how the rest follows from it.

A choice made for one server is never carried to another: naming a server for
one call drops the model, the address and the key that were chosen before.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from qwq_magic.api_key import ApiKey
from qwq_magic.errors import ConfigurationError
from qwq_magic.key_shapes import without_lookalikes
from qwq_magic.key_sources import KeyRing, find_key, hints_at_dashscope, is_at_home
from qwq_magic.messages import Json
from qwq_magic.models import rules_for
from qwq_magic.servers import SERVERS, Server, server_at

Protocol: TypeAlias = Literal["auto", "openai", "dashscope", "ollama"]
InlineThink: TypeAlias = Literal["auto", "open", "off"]

_USER_INFO = re.compile(r"//[^/]*@")
# What people copy along with a base URL.
_PASTED_PATH = re.compile(r"(/chat/completions|/services/aigc/[a-z-]+/generation)?/*$")


@dataclass(frozen=True, slots=True)
class Settings:
    """Resolved: how a model is reached and what is sent with every prompt.

    Attributes:
        server: its name, as turns record it; its host where it is none of the presets.
        base_url: what the server's documentation calls its base, such as `https://host/v1`.
        model: the model's name as the server knows it.
        model_is_pinned: did the user choose it? A default may fall back to its successor.
        api_key: the key for `base_url`'s host, None where none is needed.
        protocol: how the server speaks; `auto` decides from the URL, or else from the reply.
        inline_think: `auto`: a `<think>` at the very start opens reasoning; `open`: the text
            begins inside reasoning; `off`: tags are text.
        allow_insecure_key: may the key travel over http:// to another machine?
        connect_timeout_s: seconds until a connection must stand.
        idle_timeout_s: seconds without a byte after which a stream counts as dead; models
            may think silently for minutes.
        max_input_tokens: how long a prompt with its context may be; None: what is known of
            the model.
        parameters: server parameters, sent as they are.
        system: the system message, None for none.
    """

    server: str
    base_url: str
    model: str
    model_is_pinned: bool = False
    api_key: ApiKey | None = None
    protocol: Protocol = "auto"
    inline_think: InlineThink = "auto"
    allow_insecure_key: bool = False
    connect_timeout_s: float = 10.0
    idle_timeout_s: float = 300.0
    max_input_tokens: int | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user chose, None where nothing was; the fields are those of `Settings`."""

    server: str | None = None
    model: str | None = None
    base_url: str | None = None
    api_key: str | ApiKey | None = field(default=None, repr=False)
    protocol: Protocol = "auto"
    inline_think: InlineThink = "auto"
    allow_insecure_key: bool = False
    connect_timeout_s: float = 10.0
    idle_timeout_s: float = 300.0
    max_input_tokens: int | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    system: str | None = None

    def __post_init__(self) -> None:
        _require_one_of("server", self.server, (None, *SERVERS))
        _require_one_of("protocol", self.protocol, get_args(Protocol))
        _require_one_of("inline_think", self.inline_think, get_args(InlineThink))
        for name in ("model", "base_url", "system"):
            _require_type(name, getattr(self, name), (str, type(None)), "text")
        _require_type("parameters", self.parameters, Mapping, "a mapping of names to values")
        for name in ("connect_timeout_s", "idle_timeout_s"):
            value = getattr(self, name)
            _require_type(name, value, (int, float), "a number of seconds")
            if not value > 0:
                raise ConfigurationError(f"{name} is {value!r}. Give seconds above zero.")
        limit = self.max_input_tokens
        _require_type("max_input_tokens", limit, (int, type(None)), "a number of tokens")
        if limit is not None and limit < 1:
            raise ConfigurationError(f"max_input_tokens is {limit!r}. Give a number above zero.")
        if isinstance(self.api_key, str):
            object.__setattr__(self, "api_key", ApiKey(self.api_key, source="api_key"))

    def override(self, **choices: Any) -> Choices:
        """These choices with others on top, for one call; None leaves a choice as it is."""
        unknown = choices.keys() - {f.name for f in fields(self)}
        if unknown:
            raise ConfigurationError(
                f"Unknown setting {sorted(unknown)[0]!r}. "
                f"Settings: {', '.join(f.name for f in fields(self))}."
            )
        changes = {name: value for name, value in choices.items() if value is not None}
        if isinstance(changes.get("parameters"), Mapping):
            changes["parameters"] = {**self.parameters, **changes["parameters"]}
        if "server" in changes or "base_url" in changes:
            # What was right for one server may be wrong, or unsafe, for another.
            return Choices(
                **{"system": self.system, "parameters": self.parameters, **self._waiting, **changes}
            )
        return replace(self, **changes)

    @property
    def _waiting(self) -> dict[str, float]:
        return {
            "connect_timeout_s": self.connect_timeout_s,
            "idle_timeout_s": self.idle_timeout_s,
        }


def resolve(
    choices: Choices, environ: Mapping[str, str] = os.environ, keys: KeyRing | None = None
) -> Settings:
    """Fill in what was not chosen: from `QWQ_*` variables, the server's preset, the demo.

    Raises:
        ConfigurationError: an address, a model or a key is missing or malformed.
    """
    keys = KeyRing() if keys is None else keys
    is_chosen_in_code = choices.server is not None or choices.base_url is not None
    choices = _with_environment(choices, environ)
    server, base_url = server_and_address(choices, environ, keys)
    model = choices.model or server.model
    if not model:
        raise ConfigurationError(f"No model is named for {base_url}. Name one: -m MODEL.")
    key = choices.api_key or find_key(
        server, base_url, environ=environ, keys=keys, is_chosen_in_code=is_chosen_in_code
    )
    assert not isinstance(key, str)  # Choices wraps it
    if key is None and server.needs_key and is_at_home(server, base_url):
        raise ConfigurationError(
            f"No key for {server.name}. Set {' or '.join(server.key_variables)} in the "
            f"environment, or give it with %qwq_login {server.name}."
        )
    return Settings(
        server=server.name if is_at_home(server, base_url) else urlsplit(base_url).netloc,
        base_url=base_url,
        model=model,
        model_is_pinned=choices.model is not None,
        api_key=key,
        protocol=choices.protocol,
        inline_think=_inline_think_of(choices, server, model),
        allow_insecure_key=choices.allow_insecure_key,
        connect_timeout_s=choices.connect_timeout_s,
        idle_timeout_s=choices.idle_timeout_s,
        max_input_tokens=choices.max_input_tokens,
        parameters=choices.parameters,
        system=choices.system,
    )


def server_and_address(
    choices: Choices, environ: Mapping[str, str], keys: KeyRing
) -> tuple[Server, str]:
    """The server that would be asked, and at which address; "" for the demo.

    Raises:
        ConfigurationError: an address is missing or malformed.
    """
    choices = _with_environment(choices, environ)
    server = _server_of(choices, environ, keys)
    return server, _base_url_of(choices, server)


def _with_environment(choices: Choices, environ: Mapping[str, str]) -> Choices:
    """Take the server the `QWQ_*` variables name, and its model, unless one is chosen."""
    if choices.server is not None or choices.base_url is not None:
        return choices
    server = environ.get("QWQ_SERVER") or None
    if server is not None and server not in SERVERS:
        raise ConfigurationError(
            f"QWQ_SERVER names an unknown server {without_lookalikes(server)!r}. "
            f"Known: {', '.join(SERVERS)}."
        )
    return replace(
        choices,
        server=server,
        base_url=environ.get("QWQ_BASE_URL") or None,
        model=choices.model or environ.get("QWQ_MODEL") or None,
    )


def _server_of(choices: Choices, environ: Mapping[str, str], keys: KeyRing) -> Server:
    if choices.server is not None:
        return SERVERS[choices.server]
    if choices.base_url is not None:
        return server_at(choices.base_url)
    if keys.last_server is not None:
        return SERVERS[keys.last_server]
    # Without a sign of any key, a newcomer meets the demo.
    hinted = choices.api_key or hints_at_dashscope(environ)
    return SERVERS["dashscope" if hinted else "demo"]


def _inline_think_of(choices: Choices, server: Server, model: str) -> InlineThink:
    if choices.inline_think == "auto" and not server.splits_reasoning:
        return "open" if rules_for(model).opens_reasoning else "auto"
    return choices.inline_think


def _base_url_of(choices: Choices, server: Server) -> str:
    if server.name == "demo":
        if choices.base_url:
            raise ConfigurationError(
                'The demo has no address: server="demo" and base_url contradict each other. '
                'Set server to "" for the address.'
            )
        return ""
    base_url = choices.base_url or server.base_url
    if not base_url:
        raise ConfigurationError(
            f'Server {server.name!r} has no address. Set base_url="http://host:port/v1".'
        )
    return _clean_base_url(base_url)


def _clean_base_url(url: str) -> str:
    url = _PASTED_PATH.sub("", url.strip())
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(
            f"Not an address: {without_lookalikes(_USER_INFO.sub('//***@', url))!r}. "
            "A base_url looks like http://127.0.0.1:8000/v1."
        )
    if parts.username or parts.password:
        raise ConfigurationError(
            "The base_url holds a user name or password. Give the key as api_key instead."
        )
    return url


def _require_one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        known = ", ".join(str(item) for item in allowed if item is not None)
        shown = without_lookalikes(repr(value))
        raise ConfigurationError(f"Unknown {name} {shown}. Known: {known}.")


def _require_type(name: str, value: object, types: Any, expected: str) -> None:
    if not isinstance(value, types) or isinstance(value, bool):
        raise ConfigurationError(f"{name} is {value!r}. Give {expected}.")
