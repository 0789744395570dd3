"""The user's choices, in layers: code, environment variables, a project's pyproject.toml.

Higher layers take precedence. A layer that names a server discards the model, the address
and the key of the layers below it: what was chosen for one server never reaches another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, TypedDict, Unpack, get_args

from qwq_magic.errors import ConfigurationError
from qwq_magic.keys import ApiKey
from qwq_magic.keys.lookalikes import without_lookalikes
from qwq_magic.settings.headers import checked_headers
from qwq_magic.settings.presets import SERVERS
from qwq_magic.turns import Json, Limits

# Each but `auto` is also the name of the file in `wire/` that defines the protocol.
ProtocolName: TypeAlias = Literal["auto", "openai", "dashscope", "ollama", "responses", "anthropic"]
InlineThink: TypeAlias = Literal["auto", "open", "off"]

# Settings that do not depend on the server.
_FOR_ALL_SERVERS = frozenset(
    {"system", "parameters", "connect_timeout_s", "idle_timeout_s", "limits"}
)


class SettingOptions(TypedDict, total=False):
    """The settings that any call accepts; `Settings` documents them."""

    base_url: str | None
    protocol: ProtocolName | None
    inline_think: InlineThink | None
    allow_insecure_key: bool | None
    connect_timeout_s: float | None
    idle_timeout_s: float | None
    max_input_tokens: int | None
    parameters: Mapping[str, Json]
    headers: Mapping[str, str | ApiKey]
    system: str | None
    limits: Limits | Mapping[str, Any] | None


class ChoiceOptions(SettingOptions, total=False):
    """The fields of `Choices`, as keyword arguments."""

    server: str | None
    model: str | None
    api_key: str | ApiKey | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The value of a setting and its source, which is what a user must change."""

    value: Any
    source: str


# Settings by name.
Layer: TypeAlias = Mapping[str, Chosen]
NO_LAYER: Layer = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Choices:
    """The user's choices; None means not chosen. `Settings` documents the fields."""

    server: str | None = None
    model: str | None = None
    base_url: str | None = None
    api_key: str | ApiKey | None = field(default=None, repr=False)
    protocol: ProtocolName | None = None
    inline_think: InlineThink | None = None
    allow_insecure_key: bool | None = None
    connect_timeout_s: float | None = None
    idle_timeout_s: float | None = None
    max_input_tokens: int | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str | ApiKey] = field(default_factory=dict)
    system: str | None = None
    limits: Limits | Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        _require_one_of("server", self.server, (None, *SERVERS))
        _require_one_of("protocol", self.protocol, (None, *get_args(ProtocolName)))
        _require_one_of("inline_think", self.inline_think, (None, *get_args(InlineThink)))
        _require_one_of("allow_insecure_key", self.allow_insecure_key, (None, True, False))
        for name in ("model", "base_url", "system"):
            _require_type(name, getattr(self, name), str, "a string")
        _require_type("parameters", self.parameters, Mapping, "a mapping of names to values")
        for name in ("connect_timeout_s", "idle_timeout_s"):
            value = getattr(self, name)
            _require_type(name, value, (int, float), "a number of seconds")
            if value is not None and not value > 0:
                raise ConfigurationError(f"{name} is {value!r}. Use a number above zero.")
        limit = self.max_input_tokens
        _require_type("max_input_tokens", limit, int, "a number of tokens")
        if limit is not None and limit < 1:
            raise ConfigurationError(f"max_input_tokens is {limit!r}. Use a number above zero.")
        # Wrapped at once, so that no repr of the choices contains a key.
        object.__setattr__(self, "headers", checked_headers(self.headers))
        object.__setattr__(self, "limits", Limits.of(self.limits))
        if isinstance(self.api_key, str):
            object.__setattr__(self, "api_key", ApiKey(self.api_key, source="api_key"))

    @property
    def chosen(self) -> dict[str, Any]:
        """The values that were chosen, by name."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in values.items() if value not in (None, {})}

    def override(self, **choices: Unpack[ChoiceOptions]) -> Choices:
        """Return a copy with some choices replaced; None leaves a choice unchanged.

        Naming a server discards the choices made for another one.

        Raises:
            ConfigurationError: a name is not a setting, or a value is not allowed.
        """
        for name in sorted(choices.keys() - CHOICES):
            raise unknown_setting(name, CHOICES)
        changes: dict[str, Any] = {
            name: value for name, value in choices.items() if value is not None
        }
        # These are merged name by name; every other setting is replaced as a whole.
        if isinstance(changes.get("parameters"), Mapping):
            changes["parameters"] = {**self.parameters, **changes["parameters"]}
        if isinstance(changes.get("headers"), Mapping) and not names_server(changes):
            changes["headers"] = {**self.headers, **changes["headers"]}
        if names_server(changes):
            return Choices(**{**_for_all_servers(self.chosen), **changes})
        return replace(self, **changes)


CHOICES = tuple(f.name for f in fields(Choices))


def unknown_setting(name: str, known: Collection[str]) -> ConfigurationError:
    """Return the error for an unknown name, with a suggestion if a known one is close."""
    return ConfigurationError(
        f"Unknown setting {name!r}.{closest(name, known)} Settings: {', '.join(known)}."
    )


def closest(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean server?`, the known name that is closest; "" if none is close."""
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.8)
    return f" Did you mean {close[0]}?" if close else ""


def names_server(choices: Mapping[str, Any]) -> bool:
    """Whether the choices name a server, so that the choices below must not reach it."""
    return "server" in choices or "base_url" in choices


def layer_of(choices: Mapping[str, Any], source: str) -> Layer:
    """Return a layer of choices that all have the same source."""
    return {name: Chosen(value, source) for name, value in choices.items()}


def stacked(*layers: Layer) -> Choices:
    """Merge the layers, lowest first; names that are not choices are ignored.

    Raises:
        ConfigurationError: a value is not allowed; the message names its source.
    """
    for layer in layers:
        for name, chosen in layer.items():
            if name in CHOICES:
                _check(name, chosen)
    found = effective(*layers)
    return Choices(**{name: found[name].value for name in CHOICES if name in found})


def effective(*layers: Layer) -> Layer:
    """Return each setting's effective value with its source; the lowest layer comes first."""
    found: dict[str, Chosen] = {}
    for layer in layers:
        if names_server(layer):
            found = {**_for_all_servers(found), **_not_about_servers(found)}
        joined = {**_joined("parameters", found, layer), **_joined("headers", found, layer)}
        found = {**found, **layer, **joined}
    return found


def _joined(name: str, below: Layer, above: Layer) -> Layer:
    if not (name in below and name in above):
        return {}
    low, high = below[name], above[name]
    if not (isinstance(low.value, Mapping) and isinstance(high.value, Mapping)):
        # An invalid value is reported where the setting is used.
        return {}
    return {name: Chosen({**low.value, **high.value}, f"{high.source}, {low.source}")}


def _check(name: str, chosen: Chosen) -> None:
    try:
        Choices(**{name: chosen.value})
    except ConfigurationError as error:
        raise ConfigurationError(f"{chosen.source}: {error}") from None


def _for_all_servers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in _FOR_ALL_SERVERS}


def _not_about_servers(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in CHOICES}


def _require_one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    # `1 in (True, False)` is true in Python, so integers are excluded.
    if value not in allowed or (isinstance(value, int) and not isinstance(value, bool)):
        known = ", ".join(str(item) for item in allowed if item is not None)
        shown = without_lookalikes(repr(value))
        names = [item for item in allowed if isinstance(item, str)]
        hint = closest(value, names) if isinstance(value, str) else ""
        raise ConfigurationError(f"Unknown {name} {shown}.{hint} Known: {known}.")


def _require_type(name: str, value: object, types: Any, expected: str) -> None:
    if value is None and name != "parameters":
        return
    if not isinstance(value, types) or isinstance(value, bool):
        shown = without_lookalikes(repr(value))
        raise ConfigurationError(f"{name} is {shown}. Use {expected}.")
