"""Where a server lists its models, and how the list is read: OpenAI's, Ollama's, or a bare list.

Names are hostile text: they are displayed, and users copy them into commands. Whether a
model thinks is what the server reports, or else what its name suggests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from qwq_magic.plain_text import one_line, well_formed
from qwq_magic.settings.model_rules import thinks
from qwq_magic.wire.addresses import endpoint, without_request_path
from qwq_magic.wire.framing import json_document

# Gateways list a few hundred models; more than this is not a list for people.
_MAX_MODELS = 5_000
_MAX_NAME_BYTES = 200
_REASONING_PARAMETERS = frozenset({"reasoning", "include_reasoning", "reasoning_effort"})
_REASONING_ABILITIES = frozenset({"thinking", "reasoning"})


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model in a server's list; `owner` identifies some kinds of server."""

    name: str
    thinks: bool
    owner: str = ""

    def is_named(self, name: str) -> bool:
        """Does the name refer to this model? Ollama adds `:latest` to a name without a tag."""
        return self.name in (name, f"{name}:latest")


def models_in(body: bytes) -> tuple[ListedModel, ...] | None:
    """The models in the order listed; None where the body is not a list of models."""
    entries = _entries(json_document(body))
    if entries is None:
        return None
    models = {}
    for entry in entries[:_MAX_MODELS]:
        name = _name_of(entry)
        if name and name not in models:
            owner = entry.get("owned_by")
            reported = reports_thinking(entry)
            models[name] = ListedModel(
                name,
                thinks=thinks(name) if reported is None else reported,
                owner=owner if isinstance(owner, str) else "",
            )
    return tuple(models.values())


def reports_thinking(entry: dict[str, Any]) -> bool | None:
    """Does the server report that the model thinks? None where it does not mention it.

    OpenRouter lists parameters; Ollama (on `/api/show`) and others list abilities.
    """
    parameters, abilities = entry.get("supported_parameters"), entry.get("capabilities")
    if isinstance(parameters, list):
        return any(word in parameters for word in _REASONING_PARAMETERS)
    # An object of abilities lists only some of them, so a missing one is not a no.
    if isinstance(abilities, dict):
        known = [abilities[word] for word in _REASONING_ABILITIES if word in abilities]
        return any(_is_supported(value) for value in known) if known else None
    if isinstance(abilities, list):
        return any(word in abilities for word in _REASONING_ABILITIES)
    return None


def _is_supported(value: Any) -> bool:
    # Anthropic describes each ability in an object.
    return bool(value.get("supported") if isinstance(value, dict) else value)


def _entries(value: Any) -> list[Any] | None:
    if isinstance(value, dict):
        # Ollama's key is `models`; llama-server sends both, of which `data` is OpenAI's.
        value = value["data"] if "data" in value else value.get("models")
    return value if isinstance(value, list) else None


def _name_of(entry: Any) -> str:
    """The name as the server expects it; "" where it is missing or cannot be typed."""
    if not isinstance(entry, dict):
        return ""
    name = next((entry[key] for key in ("id", "model", "name") if entry.get(key)), "")
    if not isinstance(name, str) or len(name) > _MAX_NAME_BYTES:
        return ""
    # A name that the display would alter, such as by removing control characters, is dropped.
    shown = one_line(well_formed(name), limit_bytes=_MAX_NAME_BYTES)
    return shown if shown == name else ""


@dataclass(frozen=True, slots=True)
class ModelListing:
    """Where a protocol has its list of models, and how it is read.

    Attributes:
        path: what follows the base URL, such as `/models`.
        is_at_root: does the path replace that of the base URL, rather than follow it?
        query: what the address is followed by, such as `limit=1000`.
        headers: headers of the request beside the usual ones.
        read: the models in a body, None where it is not a list of them.
        abilities_path: where the server describes a single model, named in a POST request;
            the path replaces that of the base URL. "" if the list itself describes them.
        read_abilities: does that description report that the model thinks?
    """

    path: str = "/models"
    is_at_root: bool = False
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[bytes], tuple[ListedModel, ...] | None] = models_in
    abilities_path: str = ""
    read_abilities: Callable[[dict[str, Any]], bool | None] = reports_thinking

    def address_at(self, base_url: str) -> str:
        if self.is_at_root:
            return at_root(base_url, self.path)
        parts = urlsplit(base_url)
        # The base URL may be that of a chat request, which the list is not below.
        base = parts._replace(path=without_request_path(parts.path)).geturl()
        address = endpoint(base, self.path)
        if not self.query:
            return address
        return f"{address}{'&' if '?' in address else '?'}{self.query}"


OPENAI_LISTING = ModelListing()


def at_root(base_url: str, path: str) -> str:
    """`path` at the root of the host that the base URL names."""
    return urlsplit(base_url)._replace(path=path, query="", fragment="").geturl()
