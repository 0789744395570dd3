"""Write parameters under the server's own names.

Users type `enable_thinking`, `thinking_budget` and `reasoning_effort` for any server; a
parameter that is already in the server's own spelling is sent unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping

from qwq_magic.settings.presets import Spelling
from qwq_magic.turns import Json


def spelled(parameters: Mapping[str, Json], spellings: Mapping[str, Spelling]) -> dict[str, Json]:
    """The parameters in the server's spelling."""
    body = {name: value for name, value in parameters.items() if name not in spellings}
    for name, spelling in spellings.items():
        if name in parameters and spelling.path:
            _put(body, spelling.path.split("."), spelling.value_of(parameters[name]))
    return body


def _put(body: dict[str, Json], path: list[str], value: Json) -> None:
    name, *rest = path
    if not rest:
        # A value that the user gave in the server's own spelling takes precedence.
        body.setdefault(name, value)
        return
    inner = body.get(name)
    # A copy, since the user's own object must not change.
    body[name] = inner = dict(inner) if isinstance(inner, Mapping) else {}
    _put(inner, rest, value)
