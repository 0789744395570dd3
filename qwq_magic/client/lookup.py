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
    opened,
    require_sendable_key,
    require_valid_url,
    shared_client,
)
from qwq_magic.client.failures import no_answer, origin_of, without_frames
from qwq_magic.client.refusals import refusal
from qwq_magic.errors import QwqError
from qwq_magic.settings import Settings
from qwq_magic.turns import Json
from qwq_magic.wire.error_fixes import Origin


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
    origin = origin_of(settings, model=settings.model)
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
    body = None if posted is None else json.dumps(posted).encode()
    async with opened(
        client, url, settings, body=body, headers={"Accept": "application/json"}
    ) as response:
        error = await refusal(response, url=url, origin=origin, now=time.time())
        return error or await bounded_body(
            response, most_bytes=limits.most_bytes, timeout_s=limits.timeout_s
        )
