"""Turn the body of an error response into the right exception.

Bodies are JSON in half a dozen shapes, JSON in a server-sent event, an HTML page or empty,
and the content type is often wrong: so try JSON, then events, then text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

from qwq_magic.errors import ProtocolError, ResponseError
from qwq_magic.plain_text import SHOWN_BYTES
from qwq_magic.wire.connection_errors import needs_tls
from qwq_magic.wire.error_facts import (
    ErrorFacts,
    facts_in_body,
    facts_in_json,
    title_of,
)
from qwq_magic.wire.error_fixes import fix_for
from qwq_magic.wire.error_kinds import classify
from qwq_magic.wire.error_words import WANTS_TLS
from qwq_magic.wire.framing import json_document
from qwq_magic.wire.origin import Origin

MAX_BODY_BYTES = 64_000
# An error inside a reply may have megabytes; what it is about is in its first sentences.
_READ_CHARACTERS = 10_000

_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-dashscope-request-id")
# The fields that hold the texts of a whole reply, one for each protocol.
_REPLY_FIELDS = frozenset({"choices", "output", "content"})
# Hugging Face explains some errors in a header, beside an empty body.
_MESSAGE_HEADERS = ("x-error-message",)


def error_from(facts: ErrorFacts, origin: Origin) -> ResponseError:
    """The exception for these facts, its message ready to be displayed."""
    words = facts.text[:_READ_CHARACTERS]
    verdict = classify(
        status=facts.status,
        code=facts.code,
        kind=facts.kind,
        text=words,
        wait_s=facts.retry_after_s,
        is_page=facts.is_page,
        is_dashscope=origin.is_dashscope,
    )
    code = facts.code and origin.quote(facts.code)
    text = origin.quote(facts.text, limit_bytes=SHOWN_BYTES) or "no explanation"
    label = " ".join(str(part) for part in (verdict.status, code) if part)
    # Some servers repeat the status as the code: show it once.
    if code == str(verdict.status):
        label = code
    cause = f"{origin.name} answered {label}: {text}" if label else f"{origin.name} failed: {text}"
    fix = fix_for(
        verdict.error,
        origin,
        code=code or "",
        text=words,
        status=verdict.status,
        retry_after_s=facts.retry_after_s,
        is_page=facts.is_page,
        retryable=verdict.retryable,
    )
    return verdict.error(
        f"{_sentence(cause)} {fix}",
        status=verdict.status,
        code=code,
        request_id=facts.request_id and origin.quote(facts.request_id),
        retryable=verdict.retryable,
        retry_after_s=facts.retry_after_s,
    )


def response_error(
    status: int,
    body: bytes,
    *,
    origin: Origin,
    headers: Mapping[str, str] | None = None,
    retry_after_s: float | None = None,
) -> ResponseError:
    """The error of an HTTP response with a status of 400 or more."""
    headers = headers or {}
    facts = facts_in_body(body)
    if facts is None:
        # Without a body the standard phrase of the status is better than nothing.
        explained = (headers.get(name) for name in _MESSAGE_HEADERS)
        facts = ErrorFacts(text=next(filter(None, explained), _phrase(status)))
    if headers.get("cf-mitigated") == "challenge":
        facts = replace(facts, text=f"a challenge page of Cloudflare; {facts.text}", is_page=True)
    if WANTS_TLS.search(facts.text) and origin.base_url.startswith("http:"):
        return needs_tls(origin, facts.text)
    request_id = facts.request_id
    for name in _REQUEST_ID_HEADERS:
        request_id = request_id or headers.get(name)
    # A header for the next minute does not shorten the wait of a day that the words name.
    waits = [wait for wait in (retry_after_s, facts.retry_after_s) if wait is not None]
    facts = replace(
        facts,
        status=status,
        request_id=request_id,
        retry_after_s=max(waits, default=None),
    )
    return error_from(facts, origin)


def document_error(body: bytes, *, origin: Origin) -> ResponseError:
    """The error of a response that is a document, although a stream was requested."""
    value = json_document(body)
    facts = facts_in_json(value)
    if facts is not None:
        return error_from(facts, origin)
    text = body.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    fix = fix_for(ProtocolError, origin)
    if text.startswith("<"):
        what = f"an HTML page{_titled(text, origin)}"
    elif isinstance(value, dict) and _REPLY_FIELDS & value.keys():
        what = "the whole reply as one JSON document; it ignores `stream: true`"
        fix = "Let the server stream, or choose another with -s."
    else:
        kind = "JSON" if value is not None else "text"
        what = f"{kind}: {origin.quote(text)}"
    cause = _sentence(f"{origin.name} answered 200, but instead of a stream sent {what}")
    return ProtocolError(f"{cause} {fix}", status=200)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _titled(text: str, origin: Origin) -> str:
    title = title_of(text)
    return f' titled "{origin.quote(title)}"' if title else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."
