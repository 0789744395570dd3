"""How servers continue a reply whose beginning is given, by address and model.

What a preset leaves open is found out once a kernel: from the list of models, which names the
kind of server, or else with a tiny reply whose beginning ends in the middle of a word. Only a
server that continues it goes on with the rest of the word; others ignore the fields, and begin
a new reply.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from qwq_magic.client.local_servers import preset_by_owner
from qwq_magic.client.model_listing import Limits, listed_models
from qwq_magic.errors import InvalidRequest, QwqError
from qwq_magic.settings import Settings
from qwq_magic.settings.presets import Continues
from qwq_magic.turns import ChatRequest, Message, Prefix
from qwq_magic.wire.protocols import protocol_of

_LISTING = Limits(timeout_s=2.0)
_PROMPT = "List the colours of the rainbow."
_GIVEN = "The colours of the rainbow are red, orange, yel"
_REST = "low"
# The ways that a server may know, the most common one first.
_TRIED: tuple[Continues, ...] = ("reasoning_field", "think_in_content")

# Sends the probe in one of the ways; returns the text of the reply.
Send = Callable[[ChatRequest, Continues], Awaitable[str]]


class Continuations:
    """What is known in this process; the same for all sessions of a kernel."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Continues] = {}

    def known(self, settings: Settings, model: str) -> Continues:
        """How this server continues a reply; `auto` as long as that is not known."""
        if not protocol_of(settings).takes_prefixes:
            return "none"
        return self._known.get(_key(settings, model), settings.preset.continues)

    async def of(self, settings: Settings, model: str, send: Send) -> Continues:
        """How this server continues a reply, after asking it where that is not known."""
        found = self.known(settings, model)
        if found == "auto":
            found = await _by_list(settings)
        if found == "auto":
            found, is_final = await _probed(model, send)
            if not is_final:
                return found
        self._known[_key(settings, model)] = found
        return found


def _key(settings: Settings, model: str) -> tuple[str, str, str]:
    return settings.base_url, settings.protocol, model


async def _by_list(settings: Settings) -> Continues:
    try:
        preset = preset_by_owner(await listed_models(settings, _LISTING))
    except QwqError:
        return "auto"
    return "auto" if preset is None else preset.continues


async def _probed(model: str, send: Send) -> tuple[Continues, bool]:
    """Return the way, and whether that is certain: a server that is down is asked again."""
    request = ChatRequest(
        prompt=_PROMPT,
        model=model,
        messages=(Message("user", _PROMPT),),
        parameters={"max_tokens": 8, "temperature": 0},
        prefix=Prefix(_GIVEN),
    )
    for way in _TRIED:
        try:
            text = await send(request, way)
        except InvalidRequest:
            # It rejects the fields, which is an answer.
            continue
        except (QwqError, TimeoutError):
            return "none", False
        if text.startswith(_REST):
            return way, True
    return "none", True
