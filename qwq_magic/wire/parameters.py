"""Write a parameter under the name a server has for it.

`enable_thinking`, `thinking_budget` and `reasoning_effort` are what users type, whatever
the server; a parameter already in the server's own spelling stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from qwq_magic.settings.presets import Spelling
from qwq_magic.turns import Json


def spelled(parameters: Mapping[str, Json], spellings: Mapping[str, Spelling]) -> dict[str, Json]:
    """The parameters as the server spells them."""
    body = {name: value for name, value in parameters.items() if name not in spellings}
    for name, spelling in spellings.items():
        if name in parameters and spelling.path:
            _put(body, spelling.path.split("."), spelling.value_of(parameters[name]))
    return body


def _put(body: dict[str, Json], path: list[str], value: Json) -> None:
    name, *rest = path
    if not rest:
        # What the user wrote in the server's own words wins.
        body.setdefault(name, value)
        return
    inner = body.get(name)
    # A copy, since the user's own object must not change.
    body[name] = inner = dict(inner) if isinstance(inner, Mapping) else {}
    _put(inner, rest, value)
