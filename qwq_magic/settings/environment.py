"""Settings from environment variables: every setting except the key has one, `QWQ_<NAME>`.

Values that must be numbers, booleans or objects are parsed as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from qwq_magic.settings.headers import hidden
from qwq_magic.settings.layers import CHOICES, Chosen, Layer
from qwq_magic.settings.renamed import RENAMED

# Which host a key may be sent to depends on more than its variable, see `key_ring`.
_NO_VARIABLE = frozenset({"api_key"})
_NO_SETTINGS = ("QWQ_API_KEY", "QWQ_DEMO_SPEED")
_AS_JSON = frozenset(
    {
        "allow_insecure_key",
        "connect_timeout_s",
        "headers",
        "idle_timeout_s",
        "limits",
        "max_input_tokens",
        "parameters",
    }
)


def variable_of(name: str) -> str:
    return f"QWQ_{name.upper()}"


def environment_layer(environ: Mapping[str, str], names: Collection[str] = CHOICES) -> Layer:
    """Return the settings whose variables are set; an empty variable counts as not set."""
    texts = {name: environ.get(variable_of(name), "").strip() for name in names}
    return {
        name: Chosen(_value(name, text), variable_of(name))
        for name, text in texts.items()
        if text and name not in _NO_VARIABLE
    }


def unknown_variables(environ: Mapping[str, str], names: Collection[str]) -> list[str]:
    """Return a line for each `QWQ_*` variable that does not belong to a setting."""
    renamed = {*map(variable_of, RENAMED)}
    known = {*map(variable_of, names), *_NO_SETTINGS}
    lines = renamed_variables(environ)
    for variable in sorted(environ.keys() - renamed):
        if variable.startswith("QWQ_") and variable not in known:
            close = get_close_matches(variable, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            lines.append(f"{variable} is not a known variable.{hint}")
    return lines


def renamed_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a line for each variable of a setting that has another name now."""
    return [
        f"{variable_of(n)}: {line}" for n, line in RENAMED.items() if environ.get(variable_of(n))
    ]


def _value(name: str, text: str) -> Any:
    value = _parsed(name, text)
    # A header may hold a key, also where the variable is malformed.
    return hidden(value) if name == "headers" else value


def _parsed(name: str, text: str) -> Any:
    if name not in _AS_JSON:
        return text
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except (ValueError, RecursionError):
        # An invalid value is reported where the setting is used.
        return text
