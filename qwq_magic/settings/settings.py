"""The settings of a request, resolved from all sources.

Precedence, highest first: code, `QWQ_*` variables, the project's pyproject.toml, the preset
of the server. The source that named the server decides which keys may be sent to it, see
`key_ring`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.keys.lookalikes import address_without_secrets
from qwq_magic.settings.environment import environment_layer
from qwq_magic.settings.headers import Headers, iter_secrets
from qwq_magic.settings.key_ring import (
    KeyRing,
    ServerSource,
    find_key,
    hint_at_dashscope,
    is_own_host,
    withheld_variable,
)
from qwq_magic.settings.layers import (
    NO_LAYER,
    Choices,
    InlineThink,
    Layer,
    ProtocolName,
    effective,
    layer_of,
    names_server,
    stacked,
)
from qwq_magic.settings.model_rules import rules_for
from qwq_magic.settings.presets import (
    CUSTOM,
    SERVERS,
    ServerPreset,
    is_dashscope,
    preset_of,
    server_at,
)
from qwq_magic.turns import Json, Limits

_CODE = "code"
# Paths that users often paste with a base URL. A slash after one is what the server asked for by
# a redirect.
_PASTED_PATH = re.compile(
    r"(?:/chat/completions|/services/aigc/[a-z-]+/generation)$|(?<!/completions)(?<!/generation)/+$"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Resolved settings: how a model is reached and what is sent with every prompt.

    Attributes:
        server: the server's name as turns record it; its host if it is not a preset.
        base_url: the base of the server's API, such as `https://host/v1`.
        model: the model's name as the server knows it; "" for a preset without preferences, as
            long as none has been chosen from its list.
        model_is_pinned: whether the user chose the model; otherwise it is chosen from what the
            server offers, and may be replaced by its successor.
        api_key: the key for the host of `base_url`, None if none is needed.
        withheld_key: if no key was found for this host, the name of a variable whose key was
            set for another host; otherwise "".
        protocol: the server's protocol; `auto` detects it from the URL or from the reply.
        inline_think: `auto`: tags at the start open reasoning, and a closing tag alone
            closes one that the server did not open, unless it is quoted: in code, or in the
            middle of a sentence; `open`: the text begins inside reasoning; `off`: tags are text.
        allow_insecure_key: whether the key may be sent over http:// to another machine.
        connect_timeout_s: timeout for opening a connection, in seconds.
        idle_timeout_s: timeout for a stream without any data, in seconds; models may reason
            silently for minutes.
        max_input_tokens: the limit for a prompt with its context; None for the model's own
            limit, if known.
        parameters: server parameters, translated to the spelling of the server's preset.
        headers: further headers of each request; their values never show.
        system: the system message, None for none.
        limits: what ends a reasoning before the model does; None for nothing.
        preset_name: the preset that describes a server at another address than its usual one;
            "" to look it up by the address.
    """

    server: str
    base_url: str
    model: str
    model_is_pinned: bool = False
    api_key: ApiKey | None = None
    withheld_key: str = ""
    protocol: ProtocolName = "auto"
    inline_think: InlineThink = "auto"
    allow_insecure_key: bool = False
    connect_timeout_s: float = 10.0
    idle_timeout_s: float = 300.0
    max_input_tokens: int | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    headers: Headers = field(default_factory=dict)
    system: str | None = None
    limits: Limits | None = None
    preset_name: str = ""

    @property
    def preset(self) -> ServerPreset:
        """The preset that describes how the server expects its parameters."""
        return preset_of(self.preset_name or self.server, self.base_url)

    @property
    def secrets(self) -> tuple[ApiKey, ...]:
        """The key, and the values of headers that may be one."""
        own = () if self.api_key is None else (self.api_key,)
        return (*own, *iter_secrets(self.headers))

    def redact(self, text: str) -> str:
        """Return a text for messages and logs, with the key and all values of headers masked."""
        for secret in (*self.secrets, *self.headers.values()):
            text = secret.redact(text)
        return text

    @property
    def is_dashscope(self) -> bool:
        return is_dashscope(self.base_url) or is_dashscope(self.preset.base_url)


def resolve(
    choices: Choices,
    environ: Mapping[str, str] = os.environ,
    keys: KeyRing | None = None,
    *,
    project: Layer = NO_LAYER,
    default_model: str = "",
) -> Settings:
    """Complete the choices with `QWQ_*` variables, the project and the server's preset.

    Args:
        choices: the settings from code.
        environ: the environment variables.
        keys: the keys that were entered by hand.
        project: the settings of the project's pyproject.toml.
        default_model: the model if none is named; "" for the preset's first preference.

    Raises:
        ConfigurationError: an address, a model or a key is missing or malformed.
    """
    keys = KeyRing() if keys is None else keys
    named_by = _server_source_of(choices, environ, project)
    choices = _with_layers(choices, environ, project)
    server = _server_of(choices, environ, keys)
    base_url = _base_url_of(choices, server)
    model = choices.model or default_model or server.model
    # A preset is asked for its list of models when a prompt is sent.
    if not model and server is CUSTOM:
        raise ConfigurationError(
            f"No model is set for {address_without_secrets(base_url)}. Choose one with -m MODEL."
        )
    # A cloned project must not be able to redirect a key to a host of its choice.
    if choices.api_key is not None and named_by == "project":
        raise ConfigurationError(
            f"The server {server.name} was chosen by a pyproject.toml, so the api_key is not sent "
            "to it. Pass server or base_url together with the api_key."
        )
    if choices.headers and named_by == "project":
        raise ConfigurationError(
            f"The server {server.name} was chosen by a pyproject.toml, so the headers are not sent "
            "to it, for one may hold a key. Set server or base_url where the headers are set."
        )
    key = choices.api_key or find_key(
        server, base_url, environ=environ, keys=keys, named_by=named_by
    )
    assert not isinstance(key, str)  # `Choices` wraps it.
    if key is None and server.needs_key and is_own_host(server, base_url):
        raise ConfigurationError(
            f"No key for {server.name}. Set {' or '.join(server.key_variables)} in the "
            f"environment, or run %qwq_login {server.name}."
        )
    chosen = {**choices.chosen, "inline_think": _inline_think_of(choices, server, model)}
    if server.idle_timeout_s is not None:
        chosen.setdefault("idle_timeout_s", server.idle_timeout_s)
    return Settings(
        **{
            **chosen,
            "server": server.name if is_own_host(server, base_url) else urlsplit(base_url).netloc,
            "base_url": base_url,
            "model": model,
            "model_is_pinned": choices.model is not None,
            "api_key": key,
            "withheld_key": "" if key else withheld_variable(server, base_url, environ),
            "preset_name": "" if server == CUSTOM else server.name,
        }
    )


def server_and_address(
    choices: Choices, environ: Mapping[str, str], keys: KeyRing, *, project: Layer = NO_LAYER
) -> tuple[ServerPreset, str]:
    """Return the server for the next prompt and its address, "" for the demo.

    Raises:
        ConfigurationError: an address is missing or malformed.
    """
    choices = _with_layers(choices, environ, project)
    server = _server_of(choices, environ, keys)
    return server, _base_url_of(choices, server)


def _with_layers(choices: Choices, environ: Mapping[str, str], project: Layer) -> Choices:
    layers = project, environment_layer(environ), layer_of(choices.chosen, _CODE)
    choices = stacked(*layers)
    address = effective(*layers).get("base_url")
    # An address in code is checked on use; the error for any other names its source.
    if address is not None and address.source != _CODE:
        try:
            _clean_base_url(address.value)
        except ConfigurationError as error:
            raise ConfigurationError(f"{address.source}: {error}") from None
    return choices


def _server_source_of(choices: Choices, environ: Mapping[str, str], project: Layer) -> ServerSource:
    """Return the source that names the server."""
    if names_server(choices.chosen):
        return "code"
    if names_server(environment_layer(environ)):
        return "variables"
    return "project" if names_server(project) else "default"


def _server_of(choices: Choices, environ: Mapping[str, str], keys: KeyRing) -> ServerPreset:
    if choices.server is not None:
        return SERVERS[choices.server]
    if choices.base_url is not None:
        return server_at(choices.base_url)
    if keys.last_server is not None:
        return SERVERS[keys.last_server]
    # Without any key, a new user gets the demo rather than an error.
    hinted = choices.api_key or hint_at_dashscope(environ)
    return SERVERS["dashscope" if hinted else "demo"]


def _inline_think_of(choices: Choices, server: ServerPreset, model: str) -> InlineThink:
    chosen = choices.inline_think or "auto"
    # If the chat template has opened the reasoning, only the closing tag arrives.
    if chosen == "auto" and not server.splits_reasoning:
        return "open" if rules_for(model).opens_reasoning else "auto"
    return chosen


def _base_url_of(choices: Choices, server: ServerPreset) -> str:
    if server.name == "demo":
        if choices.base_url:
            raise ConfigurationError(
                'The demo has no address: server="demo" and base_url contradict each other. '
                'Set server to "" to use the base_url.'
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
            f"{address_without_secrets(url)!r} is not a valid base_url. "
            "Use an address such as http://127.0.0.1:8000/v1."
        )
    # Notebooks and error messages show the address, so it must not contain a secret.
    if parts.username or parts.password:
        raise ConfigurationError(
            "The base_url contains a user name or password. Pass the key as api_key instead."
        )
    return url
