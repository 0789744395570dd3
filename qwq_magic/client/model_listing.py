"""List the models of a server, with one short request for one bounded document.

The rules are those of a chat request: no redirect is followed, the key is sent only if it
was set for this host, and every failure is a `QwqError`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import httpx

from qwq_magic.client.bodies import bounded_body
from qwq_magic.client.connections import (
    opened,
    require_sendable_key,
    require_valid_url,
    shared_client,
)
from qwq_magic.client.failures import no_answer, origin_of, without_frames
from qwq_magic.client.refusals import refusal
from qwq_magic.errors import ModelNotFound, ProtocolError, QwqError, ResponseError
from qwq_magic.settings import Settings
from qwq_magic.turns import Json
from qwq_magic.wire.addresses import host_of, likely_base_url
from qwq_magic.wire.framing import json_document
from qwq_magic.wire.model_list import ListedModel, ModelListing, at_root
from qwq_magic.wire.origin import Origin
from qwq_magic.wire.protocols import native_protocol, protocol_of


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, and how much to read."""

    timeout_s: float = 10.0
    most_bytes: int = 8_000_000


USUAL = Limits()


async def look_up(
    url: str, settings: Settings, limits: Limits, *, posted: Mapping[str, Json] | None = None
) -> bytes:
    """The body of the server's response; `posted` makes the request a POST.

    Raises:
        QwqError: the server cannot be reached, or replies with an error.
    """
    require_sendable_key(settings)
    require_valid_url(url)
    # With the timeouts of a chat request, a silent server would block for minutes.
    settings = replace(
        settings,
        connect_timeout_s=min(settings.connect_timeout_s, limits.timeout_s),
        idle_timeout_s=limits.timeout_s,
    )
    origin = origin_of(settings, model=settings.model)
    client = await shared_client(url)
    cause: Exception | None = None
    try:
        found = await _body_or_error(client, url, settings, origin, limits, posted)
    except httpx.HTTPError as raised:
        found, cause = no_answer(raised, origin, settings), without_frames(raised, origin)
    # Raised here, since the frames above hold the request with its headers, and any echo of it.
    if isinstance(found, QwqError):
        raise found from cause
    return found


async def _body_or_error(
    client: httpx.AsyncClient,
    url: str,
    settings: Settings,
    origin: Origin,
    limits: Limits,
    posted: Mapping[str, Json] | None,
) -> bytes | QwqError:
    body = None if posted is None else json.dumps(posted).encode()
    protocol = protocol_of(settings)
    async with opened(
        client,
        url,
        settings,
        body=body,
        headers={"Accept": "application/json", **protocol.listing.headers},
        authorization=protocol.authorization,
    ) as response:
        error = await refusal(response, url=url, origin=origin, now=time.time())
        return error or await bounded_body(
            response, most_bytes=limits.most_bytes, timeout_s=limits.timeout_s
        )


# Abilities cost a request per model; with more models than this, the names have to do.
_MAX_DESCRIBED = 40
_DESCRIPTION_LIMITS = Limits(timeout_s=3.0, most_bytes=4_000_000)
# A server that has no list replies with one of these.
_NO_LIST = frozenset({404, 405, 501})


async def list_models(settings: Settings, limits: Limits = USUAL) -> tuple[ListedModel, ...]:
    """The models, in the server's order, with what it reports of each.

    Raises:
        QwqError: see `listed_models`.
    """
    return await with_abilities(await listed_models(settings, limits), settings)


async def listed_models(settings: Settings, limits: Limits = USUAL) -> tuple[ListedModel, ...]:
    """The models, in the server's order, with one request only.

    Raises:
        QwqError: the server has no list, or cannot be reached.
    """
    listing = protocol_of(settings).listing
    url = listing.address_at(settings.base_url)
    try:
        body = await look_up(url, settings, limits)
    except ResponseError as error:
        if error.status in _NO_LIST:
            raise ModelNotFound(
                f"{host_of(url)} has no list of models. Take a name from its documentation: "
                f"-m MODEL.{_address_hint(settings)}",
                status=error.status,
            ) from None
        raise
    # A web page with a status of 200 is common where the base URL lacks its /v1.
    models = listing.read(body)
    if models is None:
        raise ProtocolError(
            f"{host_of(url)} replied with something other than a list of models. "
            "Check base_url, or take a name from its documentation: -m MODEL."
            f"{_address_hint(settings)}"
        )
    return tuple(replace(model, name=settings.redact(model.name)) for model in models)


async def with_abilities(
    models: tuple[ListedModel, ...], settings: Settings
) -> tuple[ListedModel, ...]:
    """The models with what the server reports of each, if it does; never raises."""
    # A server that lists its models in OpenAI's protocol may describe them in its own.
    protocols = (protocol_of(settings), native_protocol(settings.preset))
    listings = (protocol.listing for protocol in protocols if protocol is not None)
    listing = next((listing for listing in listings if listing.abilities_path), None)
    if listing is None or len(models) > _MAX_DESCRIBED:
        return models
    described = (_with_abilities(model, listing, settings) for model in models)
    return tuple(await asyncio.gather(*described))


async def _with_abilities(
    model: ListedModel, listing: ModelListing, settings: Settings
) -> ListedModel:
    url = at_root(settings.base_url, listing.abilities_path)
    try:
        body = await look_up(url, settings, _DESCRIPTION_LIMITS, posted={"model": model.name})
    except QwqError:
        # An older server without this path, or a busy one: the name has to do.
        return model
    entry = json_document(body)
    reported = listing.read_abilities(entry) if isinstance(entry, dict) else None
    return model if reported is None else replace(model, thinks=reported)


def _address_hint(settings: Settings) -> str:
    likely = likely_base_url(settings.base_url)
    return f' Or try base_url="{likely}".' if likely else ""
