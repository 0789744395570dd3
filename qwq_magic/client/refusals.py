"""A response that is not a reply: an error, a redirect, an encoding that cannot be read."""

from __future__ import annotations

from http import HTTPStatus

import httpx

from qwq_magic.client.bodies import ENCODINGS, bounded_body, encoding_of
from qwq_magic.client.connections import LOCATION
from qwq_magic.client.retries import retry_after_s
from qwq_magic.errors import QwqError
from qwq_magic.wire import connection_errors as broken
from qwq_magic.wire.addresses import redirect_target
from qwq_magic.wire.error_bodies import MAX_BODY_BYTES, response_error
from qwq_magic.wire.origin import Origin

# Servers under load send the body of an error late, or not at all.
_TIMEOUT_S = 10.0


async def refusal(
    response: httpx.Response, *, url: str, origin: Origin, now: float
) -> QwqError | None:
    """The error of this response; None if it is a reply. `now` is Unix time."""
    status = response.status_code
    # The target is in `extensions` where the hook of a shared client has put it.
    if 300 <= status < 400:
        location = response.extensions.get(LOCATION) or response.headers.get("location", "")
        target = redirect_target(url, location)
        return broken.redirected(origin, status, target, url=url, location=location)
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return broken.refused_by_proxy(origin)
    if status in (HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT):
        return broken.empty_reply(origin, status)
    encoding = encoding_of(response)
    is_readable = encoding in ("", *ENCODINGS)
    if status < 400:
        return None if is_readable else broken.encoded(origin, status, encoding)
    body = b""
    if is_readable:
        body = await bounded_body(response, most_bytes=MAX_BODY_BYTES, timeout_s=_TIMEOUT_S)
    return response_error(
        status,
        body,
        origin=origin,
        headers=response.headers,
        retry_after_s=retry_after_s(response.headers, now=now),
    )
