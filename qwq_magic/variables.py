"""Settings in the environment: each setting but the key has a variable, `QWQ_` and its name.

A variable holds text; what a setting wants as a number, a yes or an object is read as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from qwq_magic.choices import CHOICES, Chosen, Layer

# Where a key may go depends on more than its variable: see `key_sources`.
_NO_VARIABLE = frozenset({"api_key"})
_AS_JSON = frozenset(
    {
        "allow_insecure_key",
        "connect_timeout_s",
        "idle_timeout_s",
        "max_input_tokens",
        "parameters",
    }
)


def variable_of(name: str) -> str:
    return f"QWQ_{name.upper()}"


def environment_layer(environ: Mapping[str, str], names: Collection[str] = CHOICES) -> Layer:
    """What the variables of these settings say; an empty one says nothing."""
    texts = {name: environ.get(variable_of(name), "").strip() for name in names}
    return {
        name: Chosen(_value(name, text), variable_of(name))
        for name, text in texts.items()
        if text and name not in _NO_VARIABLE
    }


def _value(name: str, text: str) -> Any:
    if name not in _AS_JSON:
        return text
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except (ValueError, RecursionError):
        # Whoever takes the setting says what it should be.
        return text
