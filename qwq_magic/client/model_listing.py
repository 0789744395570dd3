"""Which models a server has, from the address where it lists them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from qwq_magic.client.lookup import USUAL, Limits, look_up
from qwq_magic.errors import ModelNotFound, ProtocolError, QwqError, ResponseError
from qwq_magic.settings import Settings
from qwq_magic.wire.addresses import endpoint, host_of
from qwq_magic.wire.model_list import ListedModel, abilities_tell, json_in, models_in
from qwq_magic.wire.protocols import protocol_at

# Ollama tells abilities model by model; of more models than that, the names must do.
_MOST_SHOWN = 40
_SHOW_LIMITS = Limits(timeout_s=3.0, most_bytes=4_000_000)
_NO_LIST = frozenset({404, 405, 501})


async def list_models(settings: Settings, limits: Limits = USUAL) -> tuple[ListedModel, ...]:
    """The models, in the server's order.

    Raises:
        QwqError: the server has no list, or cannot be asked.
    """
    url = listing_address(settings)
    try:
        body = await look_up(url, settings, limits)
    except ResponseError as error:
        if error.status in _NO_LIST:
            raise ModelNotFound(
                f"{host_of(url)} has no list of models. Take a name from its documentation: "
                "-m MODEL.",
                status=error.status,
            ) from None
        raise
    models = models_in(body)
    if models is None:
        raise ProtocolError(
            f"{host_of(url)} answers with something else than a list of models. "
            "Check base_url, or take a name from its documentation: -m MODEL."
        )
    models = tuple(replace(model, name=_masked(model.name, settings)) for model in models)
    if settings.ways.name == "ollama" or url.endswith("/api/tags"):
        return await with_abilities(models, settings)
    return models


async def with_abilities(
    models: tuple[ListedModel, ...], settings: Settings
) -> tuple[ListedModel, ...]:
    """The models of an Ollama, each with what it says of itself; never raises."""
    if len(models) > _MOST_SHOWN:
        return models
    return tuple(await asyncio.gather(*(_with_abilities(model, settings) for model in models)))


def listing_address(settings: Settings) -> str:
    """Where the list is: for Alibaba's native protocol, beside the compatible one."""
    base_url = settings.base_url
    is_chosen = settings.protocol != "auto"
    protocol = settings.protocol if is_chosen else protocol_at(base_url, settings.ways)
    if protocol == "ollama":
        return _at_root(base_url, "/api/tags")
    if protocol == "dashscope":
        return _at_root(base_url, "/compatible-mode/v1/models")
    return endpoint(base_url, "/models")


async def _with_abilities(model: ListedModel, settings: Settings) -> ListedModel:
    url = _at_root(settings.base_url, "/api/show")
    try:
        body = await look_up(url, settings, _SHOW_LIMITS, posted={"model": model.name})
    except QwqError:
        # An older Ollama, or one that is busy: the name must do.
        return model
    entry = json_in(body)
    told = abilities_tell(entry) if isinstance(entry, dict) else None
    return model if told is None else replace(model, thinks=told)


def _at_root(base_url: str, path: str) -> str:
    return urlsplit(base_url)._replace(path=path, query="", fragment="").geturl()


def _masked(name: str, settings: Settings) -> str:
    return name if settings.api_key is None else settings.api_key.redact(name)
