"""Whatever a server sends to say no becomes one line: the cause, then the fix."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qwq_magic.errors import (
    AuthenticationError,
    BillingError,
    ContentFiltered,
    InvalidRequest,
    ModelNotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ResponseError,
    ServerFailure,
)
from qwq_magic.keys import ApiKey
from qwq_magic.wire.error_bodies import document_error, response_error
from qwq_magic.wire.origin import Origin

ALIBABA = Origin(server="dashscope", host="dashscope.aliyuncs.com", model="qwq-plus")
OTHER = Origin(server="custom", host="api.example.com", model="m")
KEY = "sk-0123456789abcdefghij"


def refusal(status: int, body: Any = b"", origin: Origin = OTHER, **options: Any) -> ResponseError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return response_error(status, data, origin=origin, **options)


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"error": {"message": "Nope", "code": "x", "type": "t"}}, "x", "Nope"),
        ({"error": {"message": "Nope", "code": 400}}, "400", "Nope"),
        ({"error": "Nope"}, None, "Nope"),
        ({"object": "error", "message": "Nope", "code": 40001}, "40001", "Nope"),
        ({"code": "InvalidParameter", "message": "Nope"}, "InvalidParameter", "Nope"),
        ({"message": "Nope"}, None, "Nope"),
        ({"detail": "Nope"}, None, "Nope"),
        ({"detail": [{"loc": ["body"], "msg": "Nope"}]}, None, "Nope"),
        ([{"error": {"message": "Nope"}}], None, "Nope"),
        ("Nope", None, "Nope"),
        (b"\xef\xbb\xbf" + b'{"error": "Nope"}', None, "Nope"),
        (b"Nope", None, "Nope"),
        (b'data: {"error": {"message": "Nope", "code": "x"}}', "x", "Nope"),
        (b'data: {"code": "x", "message": "Nope"}\n\n', "x", "Nope"),
        (b'id:1\nevent:error\n:HTTP_STATUS/400\ndata:{"code":"x","message":"Nope"}', "x", "Nope"),
        (b"<html><title>Nope &amp; so</title>", None, 'an HTML page "Nope & so"'),
        (b"", None, "Bad Request"),
        (b"[" * 10_000, None, "[[["),
        ({"choices": 1}, None, "no explanation"),
    ],
)
def test_a_body_of_any_shape_says_its_cause(body: Any, code: str | None, said: str) -> None:
    error = refusal(400, body)

    assert type(error) is InvalidRequest
    assert (error.status, error.code, error.retryable) == (400, code, False)
    assert said in error.message
    assert error.message.startswith("custom answered 400")
    assert error.message.endswith(
        "Check the parameters given with -p and the length of the conversation."
    )


@pytest.mark.parametrize(
    ("status", "expected", "retryable"),
    [
        (400, InvalidRequest, False),
        (401, AuthenticationError, False),
        (402, BillingError, False),
        (403, PermissionDenied, False),
        (404, ModelNotFound, False),
        (408, ServerFailure, True),
        (413, InvalidRequest, False),
        (422, InvalidRequest, False),
        (429, RateLimited, True),
        (500, ServerFailure, True),
        (501, ServerFailure, False),
        (503, ServerFailure, True),
        (529, ServerFailure, True),
    ],
)
def test_a_bare_status_decides(status: int, expected: type, retryable: bool) -> None:
    error = refusal(status)

    assert (type(error), error.status, error.retryable) == (expected, status, retryable)


@pytest.mark.parametrize(
    ("status", "code", "expected", "retryable"),
    [
        (400, "Arrearage", BillingError, False),
        (400, "DataInspectionFailed", ContentFiltered, False),
        (400, "data_inspection_failed", ContentFiltered, False),
        (401, "InvalidApiKey", AuthenticationError, False),
        (403, "AccessDenied.Unpurchased", PermissionDenied, False),
        (403, "AllocationQuota.FreeTierOnly", PermissionDenied, False),
        (404, "model_not_supported", ModelNotFound, False),
        (400, "ModelNotFound", ModelNotFound, False),
        (429, "Throttling.RateQuota", RateLimited, True),
        (429, "limit_burst_rate", RateLimited, True),
        (429, "Throttling.AllocationQuota", RateLimited, True),
        (429, "insufficient_quota", RateLimited, True),
        (429, "PrepaidBillOverdue", BillingError, False),
        (500, "InternalError.Algo", ServerFailure, True),
        (503, "ModelUnavailable", ServerFailure, True),
    ],
)
def test_dashscope_codes_decide_before_the_status(
    status: int, code: str, expected: type, retryable: bool
) -> None:
    error = refusal(status, {"code": code, "message": "m", "request_id": "r"}, ALIBABA)

    assert (type(error), error.code, error.retryable) == (expected, code, retryable)
    assert (error.status, error.request_id) == (status, "r")


def test_a_used_up_quota_is_no_money_elsewhere_and_when_it_was_free() -> None:
    body = {"error": {"code": "insufficient_quota", "message": "Check your plan"}}
    free = {"error": {"code": "insufficient_quota", "message": "Free allocated quota exceeded."}}

    assert type(refusal(429, body, OTHER)) is BillingError
    assert type(refusal(429, free, ALIBABA)) is BillingError


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (403, "Sorry, your account balance is insufficient", BillingError),
        (400, "Model not exist.", ModelNotFound),
        (400, "API key not valid. Please pass a valid API key.", AuthenticationError),
    ],
)
def test_a_message_decides_where_nothing_else_tells(
    status: int, message: str, expected: type
) -> None:
    assert type(refusal(status, {"error": {"message": message}})) is expected


@pytest.mark.parametrize(
    ("origin", "status", "body", "fix"),
    [
        (ALIBABA, 401, {}, "made for dashscope.aliyuncs.com: a DashScope key works only"),
        (Origin(server="x", host="h", has_key=False), 401, {}, "No key was sent"),
        (OTHER, 401, {}, "Check the key for api.example.com"),
        (ALIBABA, 400, {"code": "Arrearage", "message": "m"}, "Top up the account"),
        (OTHER, 404, {"detail": "Not Found"}, "Check `base_url`: api.example.com has nothing"),
        (OTHER, 404, {"error": "model 'm' not found"}, "Choose a model that this server has"),
        (
            Origin(server="ollama", host="127.0.0.1:11434", model="qwq"),
            404,
            {"error": "model 'qwq' not found"},
            "`ollama pull qwq`",
        ),
        (OTHER, 429, {}, "Wait a moment"),
        (OTHER, 400, {"error": "This model's maximum context length is 9"}, "--history N"),
        (ALIBABA, 400, {"error": "Range of input length should be [1, 98304]"}, "--history N"),
        (OTHER, 400, {"error": '"m" does not support thinking'}, "about thinking"),
        (ALIBABA, 400, {"code": "InvalidParameter", "message": "url error"}, "compatible-mode"),
    ],
)
def test_the_fix_fits_the_server(origin: Origin, status: int, body: Any, fix: str) -> None:
    assert fix in refusal(status, body, origin).message


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.5, "1 s"),
        (120.0, "120 s"),
        (1_800.0, "30 minutes"),
        (9_000.0, "2 hours"),
        (1e9, "for days"),
    ],
)
def test_a_long_wait_is_named(seconds: float, said: str) -> None:
    error = refusal(429, retry_after_s=seconds)

    assert error.retry_after_s == seconds
    assert error.message.endswith(f"The server asks to wait {said}; then run the cell again.")


def test_the_request_id_may_stand_in_a_header() -> None:
    assert refusal(500, headers={"x-request-id": "r-1"}).request_id == "r-1"


def test_a_message_is_one_short_printable_line() -> None:
    error = refusal(
        400, {"error": {"message": "a\x1b[2Jb\n\u202ec" + "漢" * 9_000, "code": "\x07"}}
    )

    assert "ab c漢" in error.message
    assert error.message.isprintable()
    assert len(error.message.encode()) < 2_000


@pytest.mark.parametrize("echo", [KEY, KEY[-8:], KEY[:10] + "\x1b[0m" + KEY[10:]])
def test_an_echoed_key_is_masked(echo: str) -> None:
    origin = Origin(server="x", redact=ApiKey(KEY, source="s").redact)
    body = {"error": {"message": f"bad {echo}", "code": echo}, "request_id": echo}

    error = refusal(401, body, origin)

    assert KEY[-8:] not in f"{error.message} {error.code} {error.request_id}"
    assert "bad ***" in error.message


def test_a_key_at_the_place_where_a_text_is_cut_leaves_no_beginning() -> None:
    origin = Origin(server="x", redact=ApiKey(KEY, source="s").redact)

    message = refusal(400, {"error": "a" * 1_490 + KEY}, origin).message

    assert KEY[:4] not in message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!doctype html><title>Log in</title>", 'an HTML page titled "Log in"'),
        (b'{"object": "chat.completion", "choices": [{}]}', "ignores `stream: true`"),
        (b'{"hello": 1}', 'JSON: {"hello": 1}'),
        (b"Welcome", "text: Welcome"),
    ],
)
def test_a_document_instead_of_a_stream_is_named(body: bytes, said: str) -> None:
    error = document_error(body, origin=OTHER)

    assert type(error) is ProtocolError
    assert error.status == 200
    assert said in error.message


def test_an_error_document_under_a_200_is_that_error() -> None:
    body = b'{"error": {"message": "Wrong key", "code": "invalid_api_key"}}'

    error = document_error(body, origin=OTHER)

    assert (type(error), error.status) == (AuthenticationError, 401)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"code": "InternalError", "message": "<429> InternalError.Algo: busy"}', 429),
        (b'{"object": "error", "message": "m", "code": 503}', 503),
        (b'{"error": {"message": "m"}, "status": 418}', 418),
    ],
)
def test_the_status_may_stand_in_the_body(body: bytes, status: int) -> None:
    assert document_error(body, origin=OTHER).status == status
