"""Find a server's own explanation of an error in whatever it sent: JSON, an event, a page.

The explanation is often one level further in than its label: a gateway writes "Provider
returned error" and keeps the provider's words in a field beside it. So the words of every
level are shown, once each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from qwq_magic.wire.framing import ServerSentEvent, SSEDecoder, json_document
from qwq_magic.wire.waits import asked_wait_s

# The fields in which servers describe an error, by preference, in lower case and without
# underscores since all of `errorMessage`, `error_message` and `ErrorMessage` occur.
_MESSAGE_FIELDS = (
    "message",
    "msg",
    "detail",
    "errors",
    "errordescription",
    "errormessage",
    "errormsg",
    "errmsg",
    "statusmsg",
    "faultstring",
    "description",
    "reason",
    "title",
    "error",
)
# In a 200, only these make a chunk an error: the others are common beside a reply.
_FLAT_FIELDS = (
    "message",
    "msg",
    "detail",
    "errors",
    "error_description",
    "error_message",
    "errorMessage",
    "error_msg",
    "errmsg",
)
# Where the words of the cause are: OpenRouter's provider, Azure's filter, Google's gateway.
_INNER_FIELDS = ("raw", "metadata", "innererror", "details", "cause", "reasons")
# Objects that hold the error and nothing else: Apigee, Spark, AWS.
_WRAPPERS = ("fault", "header", "base_resp", "Error", "response", "body")
_CODE_FIELDS = ("code", "error_code", "errorCode", "errcode", "__type")
_STATUS_FIELDS = ("status", "status_code")
# Lists of names that some servers add to the error for an unknown model.
_NAME_LISTS = ("available_models", "supported_models", "valid_models", "allowed_models")
_FINE = frozenset({"", "0", "200", "ok", "success"})
_STATUS_COMMENT = re.compile(r"HTTP_STATUS/(\d{3})")
_STATUS_PREFIX = re.compile(r"<([45]\d\d)>")

_MAX_DEPTH = 5
_MAX_PARTS = 4
_MAX_NAMES = 20
_MAX_LEAVES = 200
_MAX_PAGE_WORDS = 200


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """The contents of an error, before it is classified.

    Attributes:
        text: the server's explanation; "" without one.
        code: the server's code.
        kind: the server's type of error, or another word that classifies it.
        status: the HTTP status, or the one in the body.
        request_id: the server's name for the request.
        retry_after_s: the seconds that the server asks to wait.
        is_page: is it a web page, which no API sends?
    """

    text: str
    code: str | None = None
    kind: str = ""
    status: int | None = None
    request_id: str | None = None
    retry_after_s: float | None = None
    is_page: bool = False


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
    if (facts := _base_resp_facts(value)) is not None:
        return facts
    choices = value.get("choices")
    if value.get("object") == "error" or (not choices and _is_flat_error(value)):
        return _facts(value, outer=value)
    if not choices and isinstance(fault := value.get("fault"), dict):
        return _facts(fault, outer=value)
    # OpenRouter reports in the choice which of its providers failed.
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and (error := choice.get("error")):
            return _nested_facts(error, outer=choice)
    return None


def facts_in_event(event: ServerSentEvent, value: Any) -> ErrorFacts | None:
    """The error in a server-sent event whose data is `value`, or None."""
    status = _comment_status(event.comments) if event.comments else None
    facts = facts_in_json(value)
    # DashScope may put the real status in a comment, under an HTTP status of 200.
    if facts is None and (event.event == "error" or (status is not None and status >= 400)):
        facts = loose_facts(value) or ErrorFacts(text=event.data)
    if facts is not None and facts.status is None and status is not None and status >= 400:
        facts = replace(facts, status=status)
    return facts


def facts_in_body(body: bytes) -> ErrorFacts | None:
    """The error in the body of a response that is known to be one; None for an empty body."""
    value = json_document(body)
    if value is not None:
        return facts_in_json(value) or loose_facts(value)
    facts = _facts_in_frames(body)
    if facts is not None:
        return facts
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("<"):
        title, words = title_of(text), words_of(text)
        shown = "an HTML page" + (f' "{title}"' if title else "")
        if words and words not in title:
            shown += f": {words}"
        return ErrorFacts(text=shown, is_page=True, retry_after_s=asked_wait_s(words))
    return ErrorFacts(text=text, retry_after_s=asked_wait_s(text)) if text else None


def loose_facts(value: Any) -> ErrorFacts | None:
    """The message in a value that is known to be an error, in any shape."""
    if isinstance(value, str) and value:
        return ErrorFacts(text=value, retry_after_s=asked_wait_s(value))
    if isinstance(value, list):
        return ErrorFacts(text=_text_in(value)) if value else None
    if not isinstance(value, dict):
        return None
    wrapped = next((value[name] for name in _WRAPPERS if isinstance(value.get(name), dict)), value)
    facts = _facts(wrapped, outer=value)
    return facts if facts.text else replace(facts, text=_sentence_in(value))


_TITLE_START = re.compile(r"(?i)<title")
_TITLE_END = re.compile(r"(?i)</title")
_TAG = re.compile(r"<[^<>]*>")
# Elements whose content no reader sees.
_HIDDEN_START = re.compile(r"(?i)<(script|style|title|svg|noscript)\b")


def title_of(page: str) -> str:
    """The title of a web page; "" without one. Linear in its length, whatever is in it."""
    start = _TITLE_START.search(page)
    opened = page.find(">", start.end()) if start else -1
    if opened < 0:
        return ""
    end = _TITLE_END.search(page, opened)
    return " ".join(unescape(page[opened + 1 : end.start()]).split()) if end else ""


def words_of(page: str) -> str:
    """The first words that a reader of a web page sees; linear like `title_of`."""
    kept: list[str] = []
    at = 0
    while (hidden := _HIDDEN_START.search(page, at)) is not None:
        kept.append(page[at : hidden.start()])
        end = re.compile(f"(?i)</{hidden[1]}").search(page, hidden.end())
        if end is None:
            # Without its end, the rest of the page belongs to the element.
            at = len(page)
            break
        at = end.start()
    kept.append(page[at:])
    text = " ".join(unescape(_TAG.sub(" ", " ".join(kept))).split())
    return text if len(text) <= _MAX_PAGE_WORDS else f"{text[:_MAX_PAGE_WORDS].rstrip()}…"


def _nested_facts(error: Any, *, outer: dict[str, Any]) -> ErrorFacts:
    """The error in a field of its own: usually an object, but also a string, a code or `true`."""
    if isinstance(error, list) and len(error) == 1:
        error = error[0]
    if isinstance(error, dict):
        facts = _facts(error, outer=outer)
        # Some servers describe the error beside the object that only names it.
        return facts if facts.text else replace(facts, text=_text_in({**outer, "error": None}))
    if isinstance(error, str) and (words := _text_in({**outer, "error": None})):
        # OAuth's `error` is a word, and `error_description` the sentence.
        text = error if words in error else f"{error}: {words}"
        return _facts({"message": text, "type": error}, outer=outer)
    if isinstance(error, (str, list)):
        return _facts({"message": error, "type": outer.get("error_type")}, outer=outer)
    code = None if error is True else error
    return _facts({"code": code, **outer, "error": None}, outer=outer)


def _base_resp_facts(value: dict[str, Any]) -> ErrorFacts | None:
    """MiniMax reports every error under a 200, in an object beside the choices."""
    response = value.get("base_resp")
    if not isinstance(response, dict) or _is_fine(response.get("status_code", "")):
        return None
    code = _string(response.get("status_code"))
    text = _text_in(response)
    return ErrorFacts(
        text=text,
        code=code,
        # Other vendors use the same numbers for other errors.
        kind=f"base_resp {code}",
        request_id=_string(value.get("id")),
        retry_after_s=asked_wait_s(text),
    )


def _is_flat_error(value: dict[str, Any]) -> bool:
    """`{"object": "error", "message", "code"}`, `{"code", "message"}`, `{"detail"}` and so on.

    Chunks of a reply do not use these fields otherwise, except that some gateways begin with
    a chunk that reports success.
    """
    message = value.get("message")
    if isinstance(message, dict):
        return False  # A chunk of Ollama's native protocol.
    if not any(value.get(name) for name in _FLAT_FIELDS):
        return False
    code = _code_in(value)
    if isinstance(message, str) and code and not _is_fine(code):
        return True
    if value.get("usage") or value.get("output"):
        return False
    if value.get("errors") or any(_status(value.get(name)) for name in _STATUS_FIELDS):
        return True
    is_coded = code is not None and not _is_fine(code)
    return is_coded or not (
        _is_fine(value.get("code")) or _is_fine(message) or value.get("success") is True
    )


def _is_fine(word: Any) -> bool:
    """Is this code or message one of success?"""
    return isinstance(word, (str, int)) and str(word).lower() in _FINE


def _facts_in_frames(body: bytes) -> ErrorFacts | None:
    decoder = SSEDecoder()
    # DashScope frames an error body as an event, without the line break that ends it.
    for event in (*decoder.feed(body + b"\n"), *decoder.close()):
        value = json_document(event.data.encode())
        facts = facts_in_event(event, value) or loose_facts(value)
        if facts is not None:
            return facts
    return None


def _facts(error: dict[str, Any], *, outer: dict[str, Any]) -> ErrorFacts:
    text = _text_in(error)
    code = _code_in(error) or _code_in(outer)
    prefix = _STATUS_PREFIX.match(text)
    return ErrorFacts(
        text=text,
        code=code,
        kind=_string(error.get("type")) or _string(error.get("status")) or "",
        status=_status(code)
        or next(filter(None, (_status(outer.get(name)) for name in _STATUS_FIELDS)), None)
        or (int(prefix[1]) if prefix else None),
        request_id=_string(outer.get("request_id")) or _string(error.get("request_id")),
        retry_after_s=asked_wait_s(text, error, outer),
    )


def _text_in(value: Any, depth: int = 0) -> str:
    """The words in the message of an error, and those of the errors inside it."""
    if depth > _MAX_DEPTH:
        return ""
    if isinstance(value, str):
        return _text_in_string(value, depth)
    if isinstance(value, list):
        if len(value) > 1 and all(isinstance(item, str) for item in value):
            return json.dumps(value, ensure_ascii=False)
        texts = (_text_in(item, depth + 1) for item in value[:_MAX_PARTS])
        return "; ".join(dict.fromkeys(text for text in texts if text))
    if isinstance(value, dict):
        return _text_in_object(value, depth)
    return "" if value is None or isinstance(value, bool) else str(value)


def _text_in_string(text: str, depth: int) -> str:
    """A gateway may quote the whole JSON body of the server after it."""
    stripped = text.strip()
    if stripped[:1] in ("{", "[") and stripped[-1:] in ("}", "]"):
        try:
            inner = json.loads(stripped)
        except (ValueError, RecursionError):
            return text
        return _text_in(inner, depth + 1) or text
    return text


def _text_in_object(error: dict[str, Any], depth: int) -> str:
    names: dict[str, Any] = {}
    for name, value in error.items():
        if value:
            names.setdefault(str(name).lower().replace("_", ""), value)
    found = (_text_in(names[name], depth + 1) for name in _MESSAGE_FIELDS if name in names)
    text = next(filter(None, found), "")
    # FastAPI reports which field is wrong beside the words.
    field = error.get("loc")
    if text and isinstance(field, list) and len(field) <= _MAX_PARTS:
        text = f"{'.'.join(map(str, field))}: {text}"
    inner = [_text_in(error[name], depth + 1) for name in _INNER_FIELDS if error.get(name)]
    for words in inner:
        if words and words not in text:
            text = f"{text.rstrip(' .:')}: {words}" if text else words
    # Which of its providers failed is of use only beside that provider's words.
    provider = error.get("provider_name")
    if text and isinstance(provider, str) and provider:
        text = f"{provider}: {text}"
    for name in _NAME_LISTS:
        listed = error.get(name)
        if isinstance(listed, list) and listed:
            models = ", ".join(str(model) for model in listed[:_MAX_NAMES])
            text = f"{text.rstrip(' .')}. Available models are: {models}"
    return text


def _sentence_in(value: Any) -> str:
    """The first string of several words in a body of an unknown shape."""
    return next((text for text in _iter_strings(value) if " " in text.strip()), "")


def _iter_strings(value: Any) -> Iterator[str]:
    rest, seen = [value], 0
    while rest and seen < _MAX_LEAVES:
        seen += 1
        value = rest.pop(0)
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            rest += [item for name, item in value.items() if name != "choices"][:_MAX_LEAVES]
        elif isinstance(value, list):
            rest += value[:_MAX_LEAVES]


def _code_in(value: dict[str, Any]) -> str | None:
    return next(filter(None, (_string(value.get(name)) for name in _CODE_FIELDS)), None)


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
