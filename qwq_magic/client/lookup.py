"""Look something up at a server: one short request, one bounded document.

The rules are those of an ask: no redirect is followed, the key goes along only where the
settings hold one for this very host, and whatever goes wrong is a `QwqError`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import httpx

from qwq_magic.client.bodies import bounded_body
from qwq_magic.client.connections import (
    Bearer,
    require_sendable_key,
    require_valid_url,
    shared_client,
)
from qwq_magic.client.failures import no_answer, without_frames
from qwq_magic.client.refusals import refusal
from qwq_magic.errors import QwqError
from qwq_magic.messages import Json
from qwq_magic.settings import Settings
from qwq_magic.wire.addresses import host_of
from qwq_magic.wire.error_fixes import Origin

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "qwq-magic",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, and how much to read."""

    timeout_s: float = 10.0
    most_bytes: int = 8_000_000


USUAL = Limits()


async def look_up(
    url: str, settings: Settings, limits: Limits, *, posted: Mapping[str, Json] | None = None
) -> bytes:
    """The body that a server answers with; `posted` makes it a POST.

    Raises:
        QwqError: the server cannot be asked, or answers with an error.
    """
    require_sendable_key(settings)
    require_valid_url(url)
    settings = replace(
        settings,
        connect_timeout_s=min(settings.connect_timeout_s, limits.timeout_s),
        idle_timeout_s=limits.timeout_s,
    )
    origin = _origin_of(settings)
    client = await shared_client(url)
    cause: Exception | None = None
    try:
        found = await _body_or_error(client, url, settings, origin, limits, posted)
    except httpx.HTTPError as raised:
        found, cause = no_answer(raised, origin, settings), without_frames(raised, origin)
    # Raised here, where no frame holds the request with its headers, or what was echoed.
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
    key = settings.api_key
    async with client.stream(
        "GET" if posted is None else "POST",
        url,
        content=None if posted is None else json.dumps(posted).encode(),
        headers=_HEADERS if posted is None else {**_HEADERS, "Content-Type": "application/json"},
        auth=httpx.USE_CLIENT_DEFAULT if key is None else Bearer(key),
        timeout=httpx.Timeout(
            settings.idle_timeout_s, connect=settings.connect_timeout_s, pool=None
        ),
        follow_redirects=False,
    ) as response:
        error = await refusal(response, url=url, origin=origin, now=time.time())
        return error or await bounded_body(
            response, most_bytes=limits.most_bytes, timeout_s=limits.timeout_s
        )


def _origin_of(settings: Settings) -> Origin:
    key = settings.api_key
    return Origin(
        server=settings.server,
        ways=settings.ways.name,
        host=host_of(settings.base_url),
        model=settings.model,
        has_key=key is not None,
        key_source="" if key is None else key.source,
        redact=str if key is None else key.redact,
    )
