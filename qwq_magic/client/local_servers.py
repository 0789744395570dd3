"""Servers that run on this machine, found at the ports on which they usually listen.

Only the loopback interface is tried, without any key, all ports at once. A server is
identified by its replies, since another program may listen on its default port.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace

from qwq_magic.client.bodies import within
from qwq_magic.client.model_listing import Limits, list_models, look_up, with_abilities
from qwq_magic.errors import QwqError, ResponseError
from qwq_magic.settings import Settings
from qwq_magic.settings.presets import SERVERS, Fingerprint, ServerPreset
from qwq_magic.wire.addresses import is_loopback
from qwq_magic.wire.framing import json_document
from qwq_magic.wire.model_list import ListedModel

_LIMITS = Limits(timeout_s=1.5, most_bytes=1_000_000)


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server at an address of this machine.

    Attributes:
        name: its preset; "" where that is not known.
        base_url: the address at which it was found.
        models: the models in its list.
        problem: why its models are not known; "" where they are.
    """

    name: str
    base_url: str
    models: tuple[ListedModel, ...] = ()
    problem: str = ""


async def find_local_servers(addresses: Iterable[str]) -> tuple[LocalServer, ...]:
    """The servers found, in the order of the addresses; it takes at most three seconds."""
    found = await asyncio.gather(*(_server_at(base_url) for base_url in addresses))
    return tuple(server for server in found if server is not None)


async def _server_at(base_url: str) -> LocalServer | None:
    assert is_loopback(base_url)
    settings = Settings(server="", base_url=base_url, model="")
    server = await within(_LIMITS.timeout_s, _identified(settings))
    if server is None:
        return None
    named = replace(settings, server=server.name)
    models = await within(_LIMITS.timeout_s, with_abilities(server.models, named))
    return replace(server, models=models or server.models)


async def _identified(settings: Settings) -> LocalServer | None:
    try:
        models = await list_models(settings, _LIMITS)
    except ResponseError as error:
        return await _without_list(settings, error)
    except QwqError:
        return None
    # The list has been read already, and further requests are made only if it has no owner.
    preset = preset_by_owner(models)
    name = preset.name if preset else await _name_by_fingerprint(settings)
    return LocalServer(name, settings.base_url, models)


async def _without_list(settings: Settings, error: ResponseError) -> LocalServer | None:
    # A key is never sent here, so it cannot be found out which server this is.
    if error.status in (401, 403):
        return LocalServer("", settings.base_url, problem="requires a key")
    name = await _name_by_fingerprint(settings)
    # Any web server may listen there, and one that is not identified is not reported.
    return LocalServer(name, settings.base_url, problem="lists no models") if name else None


def preset_by_owner(models: tuple[ListedModel, ...]) -> ServerPreset | None:
    """The preset of the kind of server that lists such models; None if that is not known."""
    by_owner = {server.lists_owner: server for server in SERVERS.values()}
    owners = (model.owner for model in models if model.owner)
    return next((by_owner[owner] for owner in owners if owner in by_owner), None)


async def _name_by_fingerprint(settings: Settings) -> str:
    """The name of the preset whose own document the server has; "" for none."""
    marks = [(server.name, mark) for server in SERVERS.values() if (mark := server.fingerprint)]
    answers = await asyncio.gather(*(_has(mark, settings) for _, mark in marks))
    names = [name for (name, _), is_there in zip(marks, answers, strict=True) if is_there]
    # Other servers imitate Ollama, whose preset comes first, so a later match is better.
    return names[-1] if names else ""


async def _has(mark: Fingerprint, settings: Settings) -> bool:
    url = settings.base_url.removesuffix("/v1") + mark.path
    try:
        value = json_document(await look_up(url, settings, _LIMITS))
    except QwqError:
        return False
    return isinstance(value, dict) and isinstance(value.get(mark.field), mark.value_type)
