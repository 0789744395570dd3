"""Read a server's list of models: OpenAI's, Ollama's, or a bare list.

Names are hostile text: they are shown, and typed again by whoever copies them. Whether a
model thinks is what the server says, or else what its name tells.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from qwq_magic.plain_text import one_line, well_formed
from qwq_magic.settings.model_rules import thinks

_MAX_MODELS = 5_000
_MAX_NAME_BYTES = 200
_REASONING_PARAMETERS = frozenset({"reasoning", "include_reasoning", "reasoning_effort"})
_REASONING_ABILITIES = frozenset({"thinking", "reasoning"})


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model that a server says it has; `owner` gives some servers away."""

    name: str
    thinks: bool
    owner: str = ""

    def is_named(self, name: str) -> bool:
        """Does the name mean this model? Ollama adds `:latest` to one without a tag."""
        return self.name in (name, f"{name}:latest")


def models_in(body: bytes) -> tuple[ListedModel, ...] | None:
    """The models in the order listed; None where the body is no list of models."""
    entries = _entries(json_in(body))
    if entries is None:
        return None
    models = {}
    for entry in entries[:_MAX_MODELS]:
        name = _name_of(entry)
        if name and name not in models:
            owner = entry.get("owned_by")
            told = abilities_tell(entry)
            models[name] = ListedModel(
                name,
                thinks=thinks(name) if told is None else told,
                owner=owner if isinstance(owner, str) else "",
            )
    return tuple(models.values())


def abilities_tell(entry: dict[str, Any]) -> bool | None:
    """Does the server say that the model thinks? None where it says nothing about it.

    OpenRouter lists parameters, Ollama (on `/api/show`) and others abilities.
    """
    parameters, abilities = entry.get("supported_parameters"), entry.get("capabilities")
    if isinstance(parameters, list):
        return any(word in parameters for word in _REASONING_PARAMETERS)
    if isinstance(abilities, dict):
        said = [abilities[word] for word in _REASONING_ABILITIES if word in abilities]
        return any(bool(value) for value in said) if said else None
    if isinstance(abilities, list):
        return any(word in abilities for word in _REASONING_ABILITIES)
    return None


def json_in(body: bytes) -> Any:
    """The JSON value of a body; None where it holds none."""
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def _entries(value: Any) -> list[Any] | None:
    if isinstance(value, dict):
        value = value["data"] if "data" in value else value.get("models")
    return value if isinstance(value, list) else None


def _name_of(entry: Any) -> str:
    """As the server wants it typed; "" where it cannot be typed, or is none."""
    if not isinstance(entry, dict):
        return ""
    name = next((entry[key] for key in ("id", "model", "name") if entry.get(key)), "")
    if not isinstance(name, str) or len(name) > _MAX_NAME_BYTES:
        return ""
    shown = one_line(well_formed(name), limit_bytes=_MAX_NAME_BYTES)
    return shown if shown == name else ""
