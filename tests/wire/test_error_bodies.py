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
    ModelLoading,
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
        (1e9, "some days"),
    ],
)
def test_a_long_wait_is_named(seconds: float, said: str) -> None:
    error = refusal(429, retry_after_s=seconds)

    assert error.retry_after_s == seconds
    assert error.message.endswith(f"Wait {said}, then run the cell again.")


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


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 429,
                    "metadata": {
                        "raw": "qwen/qwq-32b:free is temporarily rate-limited upstream.",
                        "provider_name": "Chutes",
                    },
                }
            },
            "Provider returned error: Chutes: qwen/qwq-32b:free is temporarily rate-limited",
        ),
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "metadata": {"raw": '{"error":{"message":"The engine is full","code":7}}'},
                }
            },
            "Provider returned error: The engine is full",
        ),
        (
            {
                "error": {
                    "message": "Your input was flagged",
                    "metadata": {"reasons": ["violence", "self-harm"]},
                }
            },
            'Your input was flagged: ["violence", "self-harm"]',
        ),
        ({"error": "invalid_scope", "error_description": "Ask for more."}, "invalid_scope: Ask"),
        ({"error_code": 110, "error_msg": "Access token is too old"}, "110: Access token is too"),
        ({"errorCode": "E7", "errorMessage": "The valve is shut"}, "E7: The valve is shut"),
        ({"fault": {"faultstring": "Spike arrest violation"}}, "Spike arrest violation"),
        ({"header": {"code": 10013, "message": "The input is odd"}}, "10013: The input is odd"),
        ({"success": False, "errors": [{"code": 9, "message": "No route to it"}]}, "No route to"),
        ({"title": "Gone fishing", "detail": "Back at noon", "status": 400}, "Back at noon"),
        ({"Message": "User is not authorized"}, "User is not authorized"),
        ({"error": {"code": "x", "innererror": {"message": "The cause is here"}}}, "The cause is"),
        ({"detail": [{"loc": ["body", "top_k"], "msg": "not an int"}]}, "body.top_k: not an int"),
        ({"outer": {"inner": {"why": "The disk is full today"}}}, "The disk is full today"),
        ({"error": {"message": '{"detail": "nested as text"}'}}, "nested as text"),
        ({"base_resp": {"status_code": 2013, "status_msg": "invalid params"}}, "2013: invalid"),
        (b"<html><title>Error</title><body><pre>Cannot do it</pre>", '"Error": Cannot do it'),
        (b"<html><script>var x = '<b>';</script><h1>Closed for now</h1>", "page: Closed for now"),
    ],
)
def test_the_servers_own_words_are_found(body: Any, words: str) -> None:
    assert words in refusal(400, body).message


@pytest.mark.parametrize(
    "page",
    [
        "<title" * 10_000,
        "<title>" * 9_000 + "</title",
        "<script>" * 8_000,
        "<" * 64_000,
        "<style></style " * 4_000,
    ],
)
def test_a_page_of_tags_without_an_end_is_read(page: str) -> None:
    assert "answered 400: an HTML page" in refusal(400, page.encode()).message


TPM = "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 9012"


@pytest.mark.parametrize(
    ("status", "body", "expected", "retryable", "fix"),
    [
        # Money outranks a 429.
        (
            429,
            {"error": {"message": "Insufficient balance. Please recharge."}},
            BillingError,
            0,
            "Top",
        ),
        (
            429,
            {"error": {"message": "余额不足,请充值。", "code": "1113"}},
            BillingError,
            0,
            "Top up",
        ),
        (400, {"error": {"message": "Your credit balance is too low"}}, BillingError, 0, "Top up"),
        (403, {"error": "This request requires more credits"}, BillingError, 0, "Top up"),
        (
            500,
            {"message": "user insufficient quota: insufficient_user_balance"},
            BillingError,
            0,
            "Top",
        ),
        # No wait makes room for a request that is larger than the limit.
        (
            429,
            {"error": {"message": TPM, "code": "rate_limit_exceeded"}},
            InvalidRequest,
            0,
            "--fresh",
        ),
        (
            413,
            {"error": {"message": TPM, "code": "rate_limit_exceeded"}},
            InvalidRequest,
            0,
            "--fresh",
        ),
        (
            429,
            {"error": "TPM: Limit 6,000, Used 0, Requested 9,012"},
            InvalidRequest,
            0,
            "max_tokens",
        ),
        (
            500,
            {"error": "the request exceeds the available context size"},
            InvalidRequest,
            0,
            "--history",
        ),
        (
            429,
            {"error": "TPM: Limit 6000, Used 5800, Requested 900"},
            RateLimited,
            1,
            "Wait a moment",
        ),
        # The limits of a day, and those of a second.
        (429, {"error": "Please try again in 14h23m2s."}, RateLimited, 1, "Wait 14 hours, then"),
        (429, {"error": "Rate limit exceeded: free-models-per-day"}, RateLimited, 0, "is reset"),
        (
            429,
            {"error": "exceeded your current quota. Please retry in 31s"},
            RateLimited,
            1,
            "31 s",
        ),
        # Firewalls that ask for a browser.
        (403, b"<title>Just a moment...</title>", PermissionDenied, 0, "turn off a VPN"),
        (503, b"<title>Attention Required! | Cloudflare</title>", PermissionDenied, 0, "browser"),
        (429, b"<title>x</title><h1>Please solve the CAPTCHA</h1>", PermissionDenied, 0, "browser"),
        (
            403,
            {"error": {"code": "unsupported_country_region_territory"}},
            PermissionDenied,
            0,
            "country",
        ),
        # Accounts without money, in the words of xAI, Fireworks, Moonshot, Volcengine, New API.
        (
            403,
            {"code": "Denied", "error": "It has used all credits or its monthly spending limit."},
            BillingError,
            0,
            "Top up",
        ),
        (412, {"error": "Suspended: monthly spending limit reached"}, BillingError, 0, "Top up"),
        (403, {"error": "Current state: exceeded_current_quota"}, BillingError, 0, "Top up"),
        (403, {"error": "Your account has an overdue balance"}, BillingError, 0, "Top up"),
        (403, {"error": "user quota is not enough"}, BillingError, 0, "Top up"),
        (400, {"error": "Payment required: the trial has ended"}, BillingError, 0, "Top up"),
        # Models that are gone or unknown.
        (410, {"detail": "The model has reached its end of life"}, ModelNotFound, 0, "-m"),
        (410, b"", ModelNotFound, 0, "Check `base_url`"),
        (
            400,
            {"error": {"code": "model_decommissioned", "message": "It is gone"}},
            ModelNotFound,
            0,
            "-m",
        ),
        (
            400,
            {"error": "The model `a/b` has been decommissioned"},
            ModelNotFound,
            0,
            "%qwq_models",
        ),
        (400, {"error": "x is not a valid model ID"}, ModelNotFound, 0, "-m"),
        (400, {"error": "No models loaded. Please load a model."}, ModelNotFound, 0, "-m"),
        (400, {"error": {"code": "1211", "message": "模型不存在"}}, ModelNotFound, 0, "-m"),
        # Words about parameters are not about models.
        (400, {"error": "'n' is not supported with this model"}, InvalidRequest, 0, "with -p"),
        (400, {"error": "For this model, top_k is not supported"}, InvalidRequest, 0, "with -p"),
        # Addresses.
        (405, b"Method Not Allowed", ModelNotFound, 0, "Check `base_url`"),
        (400, {"error": "Invalid URL (POST /v1/model/chat)"}, ModelNotFound, 0, "Check `base_url`"),
        (404, b"<title>Error</title><pre>Cannot POST /x</pre>", ModelNotFound, 0, "`base_url`"),
        # Servers that load, and servers that cannot.
        (503, {"error": {"message": "Loading model", "code": 503}}, ModelLoading, 1, "is loaded"),
        (503, {"error": "Model m is currently loading", "estimated_time": 20}, ModelLoading, 1, ""),
        (500, {"error": "llm server loading model"}, ModelLoading, 1, "is loaded"),
        (503, {"message": "The server is still starting up"}, ModelLoading, 1, "is loaded"),
        (503, {"error": {"code": "DEPLOYMENT_SCALING_UP", "message": "m"}}, ModelLoading, 1, ""),
        (503, b"model not ready", ModelLoading, 1, "is loaded"),
        (500, {"error": "error loading model: out of memory"}, ServerFailure, 1, "Run the cell"),
        (400, {"error": "Failed to load the model"}, InvalidRequest, 0, ""),
        (503, {"error": "Service is too busy"}, ServerFailure, 1, "Run the cell"),
        # Keys and filters.
        (400, {"error": "Invalid API key provided"}, AuthenticationError, 0, "Check the key"),
        (
            400,
            {"error": {"code": "1301", "message": "不安全或敏感内容"}},
            ContentFiltered,
            0,
            "Rephrase",
        ),
        (
            400,
            {"error": {"code": "content_filter", "message": "m"}},
            ContentFiltered,
            0,
            "Rephrase",
        ),
    ],
)
def test_words_decide_before_the_status(
    status: int, body: Any, expected: type, retryable: int, fix: str
) -> None:
    error = refusal(status, body)

    assert (type(error), error.status, error.retryable) == (expected, status, bool(retryable))
    assert fix in error.message


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        (
            "The supported API model names are deepseek-flash or deepseek-v4-pro, but you passed "
            "m.",
            "-m deepseek-flash or -m deepseek-v4-pro.",
        ),
        ("Unknown model m. Available models: [qwen-3, qwen-3-32b]", "-m qwen-3 or -m qwen-3-32b."),
        ("Invalid model. Did you mean `qwen3.6-plus`?", "-m qwen3.6-plus."),
        ("model m not found. Valid models are: a/b-1, c-2; see the docs", "-m a/b-1 or -m c-2."),
        ("Model not exist. Choose from: x-1, m", "-m x-1."),
    ],
)
def test_the_names_that_a_server_lists_are_offered(message: str, fix: str) -> None:
    error = refusal(400, {"error": {"message": message}})

    assert type(error) is ModelNotFound
    assert f"Choose one that the server has: {fix}" in error.message


def test_a_list_of_names_beside_the_message_is_offered() -> None:
    error = refusal(
        404, {"error": {"message": "No such model", "available_models": ["a-1", "b-2"]}}
    )

    assert error.message.endswith("Choose one that the server has: -m a-1 or -m b-2.")


def test_a_name_with_an_escape_in_it_is_not_offered() -> None:
    error = refusal(404, {"error": "Unknown model. Available models: a-1\x1b[2J, b-2"})

    assert error.message.isprintable()


def test_a_header_explains_an_empty_body() -> None:
    error = refusal(400, headers={"x-error-message": "The input is empty"})

    assert "The input is empty" in error.message


def test_a_header_marks_a_challenge() -> None:
    error = refusal(403, b"<p>Wait", headers={"cf-mitigated": "challenge"})

    assert (type(error), error.retryable) == (PermissionDenied, False)
    assert "challenge page" in error.message


def test_the_longer_of_two_waits_counts() -> None:
    error = refusal(429, {"error": "try again in 2m"}, retry_after_s=1.0)

    assert error.retry_after_s == 120.0


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (1008, "insufficient balance", BillingError),
        (1004, "login fail", AuthenticationError),
        (1002, "rate limit", RateLimited),
        (1027, "output sensitive", ContentFiltered),
        (2013, "invalid params", InvalidRequest),
    ],
)
def test_an_error_beside_the_choices_of_a_200_is_that_error(
    code: int, message: str, expected: type
) -> None:
    body = {"choices": None, "base_resp": {"status_code": code, "status_msg": message}}

    error = document_error(json.dumps(body).encode(), origin=OTHER)

    assert type(error) is expected
    assert f"{code}: {message}" in error.message
