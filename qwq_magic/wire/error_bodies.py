"""Turn the body of an error response into the right exception.

Bodies are JSON in half a dozen shapes, JSON in a server-sent event, an HTML page or empty,
and the content type is often wrong: so try JSON, then events, then text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from http import HTTPStatus
from typing import Any

from qwq_magic.errors import ProtocolError, ResponseError
from qwq_magic.plain_text import SHOWN_BYTES
from qwq_magic.wire.error_fixes import fix_for
from qwq_magic.wire.error_kinds import classify
from qwq_magic.wire.framing import ServerSentEvent, SSEDecoder
from qwq_magic.wire.origin import Origin

MAX_BODY_BYTES = 64_000

_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-dashscope-request-id")
# The fields in which servers describe an error, and those with its status.
_MESSAGE_FIELDS = ("message", "msg", "detail", "errors")
_STATUS_FIELDS = ("status", "status_code")
_FINE = frozenset({"", "0", "200", "ok", "success"})
# The fields that hold the texts of a whole reply, one for each protocol.
_REPLY_FIELDS = frozenset({"choices", "output", "content"})
_STATUS_COMMENT = re.compile(r"HTTP_STATUS/(\d{3})")
_STATUS_PREFIX = re.compile(r"<([45]\d\d)>")
_TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title>")


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """The contents of an error body, before it is classified."""

    text: str
    code: str | None = None
    kind: str = ""
    status: int | None = None
    request_id: str | None = None
    retry_after_s: float | None = None


def facts_in_json(value: Any) -> ErrorFacts | None:
    """The error in a JSON value, or None without an error."""
    # Google's gateway wraps the error object in a list.
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return None
    if error := value.get("error"):
        return _nested_facts(error, outer=value)
    # A failed response of OpenAI's Responses API is inside its last event.
    response = value.get("response")
    if isinstance(response, dict) and (error := response.get("error")):
        return _nested_facts(error, outer=response)
    choices = value.get("choices")
    if value.get("object") == "error" or (not choices and _is_flat_error(value)):
        return _facts(value, outer=value)
    # OpenRouter reports in the choice which of its providers failed.
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and (error := choice.get("error")):
            return _nested_facts(error, outer=choice)
    return None


def _nested_facts(error: Any, *, outer: dict[str, Any]) -> ErrorFacts:
    """The error in a field of its own: usually an object, but also a string, a code or `true`."""
    if isinstance(error, list) and len(error) == 1:
        error = error[0]
    if isinstance(error, dict):
        return _facts(error, outer=outer)
    if isinstance(error, (str, list)):
        return _facts({"message": error, "type": outer.get("error_type")}, outer=outer)
    code = None if error is True else error
    return _facts({"code": code, **outer, "error": None}, outer=outer)


def _is_flat_error(value: dict[str, Any]) -> bool:
    """`{"object": "error", "message", "code"}`, `{"code", "message"}`, `{"detail"}` and so on.

    Chunks of a reply do not use these fields otherwise, except that some gateways begin with
    a chunk that reports success.
    """
    message = value.get("message")
    if isinstance(message, dict):
        return False  # A chunk of Ollama's native protocol.
    if not any(value.get(name) for name in _MESSAGE_FIELDS):
        return False
    code = value.get("code")
    if isinstance(message, str) and code and not _is_fine(code):
        return True
    if value.get("usage") or value.get("output"):
        return False
    if value.get("errors") or any(_status(value.get(name)) for name in _STATUS_FIELDS):
        return True
    return not (_is_fine(code) or _is_fine(message) or value.get("success") is True)


def _is_fine(word: Any) -> bool:
    """Is this code or message one of success?"""
    return isinstance(word, (str, int)) and str(word).lower() in _FINE


def facts_in_event(event: ServerSentEvent, value: Any) -> ErrorFacts | None:
    """The error in a server-sent event whose data is `value`, or None."""
    status = _comment_status(event.comments) if event.comments else None
    facts = facts_in_json(value)
    # DashScope may put the real status in a comment, under an HTTP status of 200.
    if facts is None and (event.event == "error" or (status is not None and status >= 400)):
        facts = _loose_facts(value) or ErrorFacts(text=event.data)
    if facts is not None and facts.status is None and status is not None and status >= 400:
        facts = replace(facts, status=status)
    return facts


def error_from(facts: ErrorFacts, origin: Origin) -> ResponseError:
    """The exception for these facts, its message ready to be displayed."""
    verdict = classify(
        status=facts.status,
        code=facts.code,
        kind=facts.kind,
        text=facts.text,
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
        text=facts.text,
        retry_after_s=facts.retry_after_s,
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
    # Without a body the standard phrase of the status is better than nothing.
    facts = _facts_in_body(body) or ErrorFacts(text=_phrase(status))
    request_id = facts.request_id
    for name in _REQUEST_ID_HEADERS:
        request_id = request_id or (headers or {}).get(name)
    facts = replace(facts, status=status, request_id=request_id, retry_after_s=retry_after_s)
    return error_from(facts, origin)


def document_error(body: bytes, *, origin: Origin) -> ResponseError:
    """The error of a response that is a document, although a stream was requested."""
    value = parsed_body(body)
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


def _facts_in_body(body: bytes) -> ErrorFacts | None:
    value = parsed_body(body)
    if value is not None:
        return facts_in_json(value) or _loose_facts(value)
    facts = _facts_in_frames(body)
    if facts is not None:
        return facts
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("<"):
        title = _TITLE.search(text)
        return ErrorFacts(text="an HTML page" + (f' "{unescape(title[1])}"' if title else ""))
    return ErrorFacts(text=text) if text else None


def _facts_in_frames(body: bytes) -> ErrorFacts | None:
    decoder = SSEDecoder()
    # DashScope frames an error body as an event, without the line break that ends it.
    for event in (*decoder.feed(body + b"\n"), *decoder.close()):
        value = parsed_body(event.data.encode())
        facts = facts_in_event(event, value) or _loose_facts(value)
        if facts is not None:
            return facts
    return None


def _loose_facts(value: Any) -> ErrorFacts | None:
    """The message in a value that is known to be an error, in any shape."""
    if isinstance(value, str) and value:
        return ErrorFacts(text=value)
    return _facts(value, outer=value) if isinstance(value, dict) else None


def _facts(error: dict[str, Any], *, outer: dict[str, Any]) -> ErrorFacts:
    text = _as_text(
        next((error[name] for name in (*_MESSAGE_FIELDS, "error") if error.get(name)), "")
    )
    code = _string(error.get("code")) or _string(outer.get("code"))
    prefix = _STATUS_PREFIX.match(text)
    return ErrorFacts(
        text=text,
        code=code,
        kind=_string(error.get("type")) or "",
        status=_status(code)
        or next(filter(None, (_status(outer.get(name)) for name in _STATUS_FIELDS)), None)
        or (int(prefix[1]) if prefix else None),
        request_id=_string(outer.get("request_id")) or _string(error.get("request_id")),
    )


def _as_text(message: Any) -> str:
    """The message as a string; the JSON of several messages, or of another value."""
    if isinstance(message, list) and len(message) == 1:
        message = message[0]
    if isinstance(message, dict) and message.keys() == {"message"}:
        message = message["message"]
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)


def parsed_body(body: bytes) -> Any:
    """The JSON value of a body; None where it is not JSON."""
    try:
        return json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def _string(value: Any) -> str | None:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return str(value) or None
    return None


def _status(value: Any) -> int | None:
    text = str(value)
    return int(text) if re.fullmatch(r"[45]\d\d", text, re.ASCII) else None


def _comment_status(comments: str) -> int | None:
    found = _STATUS_COMMENT.search(comments)
    return int(found[1]) if found else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _titled(text: str, origin: Origin) -> str:
    title = _TITLE.search(text)
    return f' titled "{origin.quote(unescape(title[1]))}"' if title else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."
