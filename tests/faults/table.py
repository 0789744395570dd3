"""The faults: what a server does wrong, and what must come of it."""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

from faults.asking import KEY, NOW, arrived
from server import (
    DONE,
    DROP,
    RESET,
    Reply,
    Step,
    delta,
    failure,
    sse,
)

from qwq_magic import QwqError
from qwq_magic.errors import (
    AuthenticationError,
    BillingError,
    ConnectionFailed,
    ContentFiltered,
    InvalidRequest,
    ModelNotFound,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerFailure,
    StreamInterrupted,
)
from qwq_magic.keys import ApiKey


@dataclass(frozen=True)
class Fault:
    """A server's misdeed, and what must come of it.

    `said` are words of the message: of its cause, and of its fix. A fault that is tried
    `waits` times more is played each time.
    """

    name: str
    reply: Reply
    error: type[QwqError]
    said: Sequence[str]
    status: int | None = None
    code: str | None = None
    request_id: str | None = None
    retryable: bool = False
    reasoning: str = ""
    answer: str = ""
    waits: Sequence[float] = ()
    settings: dict[str, Any] = field(default_factory=dict)


ALIBABA = {"server": "dashscope"}
TWICE = (0.5, 1.0)
HTML = {"Content-Type": "text/html"}
GZIP = {"Content-Encoding": "gzip", "Content-Type": "text/event-stream"}


def refusal(code: str, message: str, **fields: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, **fields}, "request_id": "req-1"}


def stream(*steps: Step, **options: Any) -> Reply:
    return Reply(list(steps), **options)


def native(data: Any, *, event: str = "result", status: int = 200) -> bytes:
    return f"id:1\nevent:{event}\n:HTTP_STATUS/{status}\ndata:{json.dumps(data)}\n\n".encode()


def compressed_start(body: bytes) -> bytes:
    """A compressed body to which more may be added."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush(zlib.Z_SYNC_FLUSH)


SAID = delta(reasoning_content="Hm", content="So")
FILTERED = {"code": "DataInspectionFailed", "message": "Output data may be bad", "request_id": "r9"}

REFUSALS = [
    Fault(
        "400, stream only",
        failure(
            400,
            refusal(
                "invalid_parameter_error",
                "This model only support stream mode, please enable the stream parameter. ",
            ),
        ),
        InvalidRequest,
        ("only support stream mode", "parameters given with -p"),
        status=400,
        code="invalid_parameter_error",
        request_id="req-1",
    ),
    Fault(
        "400, unpaid",
        failure(400, refusal("Arrearage", "Access denied, please make sure it is paid.")),
        BillingError,
        ("400 Arrearage", "Top up the account"),
        status=400,
        code="Arrearage",
        request_id="req-1",
        settings=ALIBABA,
    ),
    Fault(
        "400, content filter",
        failure(400, refusal("data_inspection_failed", "Input data may be bad")),
        ContentFiltered,
        ("Input data may be bad", "Rephrase the prompt"),
        status=400,
        code="data_inspection_failed",
        request_id="req-1",
        settings=ALIBABA,
    ),
    Fault(
        "400, context too long",
        failure(400, refusal("context_length_exceeded", "maximum context length is 9 tokens")),
        InvalidRequest,
        ("maximum context length", "--history N"),
        status=400,
        code="context_length_exceeded",
        request_id="req-1",
    ),
    Fault(
        "400, framed as an event",
        failure(400, native(FILTERED, event="error", status=400).rstrip()),
        ContentFiltered,
        ("Output data may be bad", "Rephrase"),
        status=400,
        code="DataInspectionFailed",
        request_id="r9",
        settings=ALIBABA,
    ),
    Fault(
        "401, wrong region",
        failure(401, refusal("invalid_api_key", "Incorrect API key provided.")),
        AuthenticationError,
        ("Incorrect API key", "the key from s, and that it was made", "only in its own region"),
        status=401,
        code="invalid_api_key",
        request_id="req-1",
        settings={**ALIBABA, "api_key": ApiKey(KEY, source="s")},
    ),
    Fault(
        "401, no key",
        failure(401, {"detail": "Unauthorized"}),
        AuthenticationError,
        ("401: Unauthorized", "No key was sent", "QWQ_API_KEY"),
        status=401,
    ),
    Fault(
        "401, a key that is set for another host",
        failure(401, {"detail": "Unauthorized"}),
        AuthenticationError,
        ("QWQ_API_KEY is set, but not for 127.0.0.1", "set QWQ_BASE_URL to it"),
        status=401,
        settings={"withheld_key": "QWQ_API_KEY"},
    ),
    Fault(
        "401, echoes the key and escapes",
        failure(401, refusal("x", f"Bad \x1b]8;;http://e.vil\x07key\x1b[2J {KEY}")),
        AuthenticationError,
        ("Bad key ***", "Check the key"),
        status=401,
        code="x",
        request_id="req-1",
        settings={"api_key": ApiKey(KEY, source="s")},
    ),
    Fault(
        "402, no balance",
        failure(402, {"error": {"message": "Insufficient Balance", "type": "unknown_error"}}),
        BillingError,
        ("Insufficient Balance", "Top up"),
        status=402,
    ),
    Fault(
        "403, not allowed",
        failure(403, refusal("Model.AccessDenied", "Model access denied.")),
        PermissionDenied,
        ("access denied", "Ask for access"),
        status=403,
        code="Model.AccessDenied",
        request_id="req-1",
        settings=ALIBABA,
    ),
    Fault(
        "404, unknown model",
        failure(404, refusal("model_not_found", "The model `m` does not exist")),
        ModelNotFound,
        ("does not exist", "with -m"),
        status=404,
        code="model_not_found",
        request_id="req-1",
    ),
    Fault(
        "404, wrong address",
        failure(404, b"404 page not found\n"),
        ModelNotFound,
        ("404 page not found", "Check `base_url`"),
        status=404,
    ),
    Fault(
        "408",
        failure(408, {}),
        ServerFailure,
        ("408", "Run the cell again"),
        status=408,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "409",
        failure(409, {"error": "busy"}),
        ServerFailure,
        ("409: busy", "Run the cell again"),
        status=409,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "422",
        failure(422, {"detail": [{"loc": ["body", "top_k"], "msg": "not an int"}]}),
        InvalidRequest,
        ("not an int", "-p"),
        status=422,
    ),
    Fault(
        "429, empty body",
        failure(429, b""),
        RateLimited,
        ("429", "Wait a moment"),
        status=429,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "429, Retry-After in seconds",
        failure(429, refusal("limit_requests", "Slow down"), {"Retry-After": "7"}),
        RateLimited,
        ("Slow down", "Wait 7 s, then"),
        status=429,
        code="limit_requests",
        request_id="req-1",
        retryable=True,
        waits=(7.0, 7.0),
    ),
    Fault(
        "429, Retry-After as a date",
        failure(429, {}, {"Retry-After": formatdate(NOW + 20, usegmt=True)}),
        RateLimited,
        ("429", "Wait 20 s, then"),
        status=429,
        retryable=True,
        waits=(20.0, 20.0),
    ),
    Fault(
        "429, Retry-After beyond patience",
        failure(429, {}, {"Retry-After": "61"}),
        RateLimited,
        ("429", "Wait 61 s, then"),
        status=429,
        retryable=True,
    ),
    Fault(
        "429, tokens a minute at DashScope",
        failure(429, refusal("insufficient_quota", "Allocated quota exceeded")),
        RateLimited,
        ("Allocated quota exceeded", "Wait a moment"),
        status=429,
        code="insufficient_quota",
        request_id="req-1",
        retryable=True,
        waits=TWICE,
        settings=ALIBABA,
    ),
    Fault(
        "429, no money elsewhere",
        failure(429, refusal("insufficient_quota", "You exceeded your current quota")),
        BillingError,
        ("exceeded your current quota", "Top up"),
        status=429,
        code="insufficient_quota",
        request_id="req-1",
    ),
    Fault(
        "429, bill overdue",
        failure(429, {"code": "PrepaidBillOverdue", "message": "Overdue", "request_id": "r"}),
        BillingError,
        ("Overdue", "Top up"),
        status=429,
        code="PrepaidBillOverdue",
        request_id="r",
        settings=ALIBABA,
    ),
    Fault(
        "500 with a request id in a header",
        failure(500, {"error": "boom"}, {"x-request-id": "h-1"}),
        ServerFailure,
        ("500: boom", "Run the cell again"),
        status=500,
        request_id="h-1",
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "502 with a page",
        Reply([b"<html><title>Bad Gateway</title>"], 502, HTML),
        ServerFailure,
        ('an HTML page "Bad Gateway"', "Run the cell again"),
        status=502,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "503, compressed",
        Reply([gzip.compress(b'{"error": "overloaded"}')], 503, GZIP),
        ServerFailure,
        ("503: overloaded", "Run the cell again"),
        status=503,
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "a redirect",
        Reply(status=307, headers={"Location": "https://elsewhere.example/v1/chat"}),
        ProtocolError,
        ("redirects to elsewhere.example", "set base_url to it"),
        status=307,
    ),
    Fault(
        "a redirect to a login page",
        Reply(status=302, headers={"Location": "/login"}),
        ProtocolError,
        ("/login", "set base_url to it"),
        status=302,
    ),
    Fault(
        "a redirect to what is no server",
        Reply(status=302, headers={"Location": "javascript:alert(1)"}),
        ProtocolError,
        ("redirects to javascript:…", "set base_url to it"),
        status=302,
    ),
    Fault(
        "a redirect to an address with an escape in it",
        Reply(status=302, headers={"Location": "http://evil.example/\x1b[2J"}),
        ProtocolError,
        ("redirects to evil.example", "set base_url to it"),
        status=302,
    ),
    Fault(
        "a redirect without a target",
        Reply(status=300, headers={}),
        ProtocolError,
        ("300, a redirect without a target", "base_url"),
        status=300,
    ),
]

INSTEAD_OF_A_STREAM = [
    Fault(
        "200 with JSON",
        stream(b'{"choices": [{"message": {"reasoning_content": "Hm", "content": "Hi"}}]}'),
        ProtocolError,
        ("one JSON document", "Let the server stream"),
        status=200,
        reasoning="Hm",
        answer="Hi",
    ),
    Fault(
        "200 with an error in JSON",
        stream(json.dumps(refusal("invalid_api_key", "Wrong key")).encode()),
        AuthenticationError,
        ("Wrong key", "key"),
        status=401,
        code="invalid_api_key",
        request_id="req-1",
    ),
    Fault(
        "200 with a page",
        stream(b"<!doctype html><title>Sign in</title>", headers=HTML),
        ProtocolError,
        ('HTML page titled "Sign in"', "base_url"),
        status=200,
    ),
    Fault(
        "200 with nothing",
        stream(),
        ProtocolError,
        ("answered 200 with an empty reply", "Check `base_url`"),
        status=200,
    ),
    Fault(
        "200 with an end marker alone",
        stream(DONE),
        ProtocolError,
        ("answered 200 with an empty reply", "Check `base_url`"),
        status=200,
    ),
    Fault(
        "204",
        Reply(status=204, framing="length"),
        ProtocolError,
        ("answered 204 with an empty reply", "Check `base_url`"),
        status=204,
    ),
    Fault(
        "200 and a hang-up before any text",
        stream(b": hello\n\n", DROP),
        StreamInterrupted,
        ("broke in the middle", "Run the cell again"),
        waits=TWICE,
    ),
    Fault(
        "200, and not packed as it says",
        stream(b"plain", headers=GZIP),
        ProtocolError,
        ("its compression is damaged", "Check the proxies"),
        status=200,
        waits=TWICE,
    ),
    Fault(
        "an unknown encoding",
        stream(b"...", headers={"Content-Encoding": "br"}),
        ProtocolError,
        ("encoding 'br'", "Check the proxies"),
        status=200,
    ),
    Fault(
        "no HTTP",
        Reply([DROP], head=b"SSH-2.0-OpenSSH\r\n\r\n"),
        ProtocolError,
        ("does not speak valid HTTP: illegal status line: 'SSH-2.0-OpenSSH'.", "base_url"),
    ),
    Fault(
        "no HTTP, and a quote in it",
        Reply([DROP], head=b"HTTX 'caf\xc3\xa9\x1b[2J' \"%s\"\r\n\r\n" % KEY.encode()),
        ProtocolError,
        ("illegal status line: 'HTTX 'café' \"***\"'.", "base_url"),
        settings={"api_key": ApiKey(KEY, source="s")},
    ),
    Fault(
        "hangs up without a word",
        Reply([DROP], head=b""),
        ConnectionFailed,
        ("without an answer", "Run the cell again"),
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "silence before the first byte",
        Reply([threading.Event()], head=b""),
        ConnectionFailed,
        ("did not begin to answer within 1 s", "idle_timeout_s"),
        retryable=True,
        settings={"idle_timeout_s": 1},
    ),
]


def cut(name: str, *steps: Step, said: Sequence[str], **expected: Any) -> Fault:
    """A fault in mid-stream, after reasoning and answer text."""
    expected = {"reasoning": "Hm", "answer": "So", **expected}
    return Fault(name, stream(SAID, *steps), said=said, **expected)


MID_STREAM = [
    cut(
        "silence",
        threading.Event(),
        error=StreamInterrupted,
        said=("sent nothing for 1 s", "idle_timeout_s"),
        settings={"idle_timeout_s": 1},
    ),
    cut("reset", arrived, RESET, error=StreamInterrupted, said=("broke in the middle", "again")),
    cut("hang-up", DROP, error=StreamInterrupted, said=("broke in the middle", "again")),
    cut("an end without an end", error=StreamInterrupted, said=("ended before", "again")),
    cut(
        "half JSON",
        b'data: {"choices": [{"delta": {"conte',
        error=StreamInterrupted,
        said=("ended before", "again"),
    ),
    cut(
        "a malformed line among good ones",
        b"data: {oops\n\n",
        delta("stop", content=", yes"),
        DONE,
        error=ProtocolError,
        answer="So, yes",
        said=("not JSON: {oops", "run the cell again"),
    ),
    cut(
        "an oversized event",
        *[b"data: " + b"x" * 1_000_000] * 9,
        error=ProtocolError,
        said=("exceeds 8 MB", "base_url"),
    ),
    cut(
        "error: nested, with <status> in its words",
        sse({"error": {"code": "InternalError.Algo", "message": "<429> InternalError.Algo: x"}}),
        error=ServerFailure,
        status=429,
        code="InternalError.Algo",
        retryable=True,
        said=("InternalError.Algo: x", "again"),
        settings=ALIBABA,
    ),
    cut(
        "error: compatible JSON",
        sse({"error": {"code": "data_inspection_failed", "message": "m"}, "request_id": "r9"}),
        error=ContentFiltered,
        status=400,
        code="data_inspection_failed",
        request_id="r9",
        said=("data_inspection_failed: m", "Rephrase"),
        settings=ALIBABA,
    ),
    cut(
        "error: flat JSON",
        sse(FILTERED),
        error=ContentFiltered,
        status=400,
        code="DataInspectionFailed",
        request_id="r9",
        said=("Output data may be bad", "Rephrase"),
        settings=ALIBABA,
    ),
    cut(
        "error: an event with the status in a comment",
        native(
            {"code": "Throttling", "message": "m", "request_id": "r9"}, event="error", status=429
        ),
        error=RateLimited,
        status=429,
        code="Throttling",
        request_id="r9",
        retryable=True,
        said=("429 Throttling", "Wait a moment"),
        settings=ALIBABA,
    ),
    cut(
        "error: the status in a comment alone",
        native({"message": "m", "request_id": "r9"}, status=503),
        error=ServerFailure,
        status=503,
        request_id="r9",
        retryable=True,
        said=("503: m", "again"),
        settings=ALIBABA,
    ),
    cut(
        "error: a string",
        sse({"error": "it broke", "error_type": "generation"}),
        error=ServerFailure,
        retryable=True,
        said=("it broke", "again"),
    ),
    cut(
        "error: a detail, and a proper end",
        sse({"detail": "CUDA out of memory"}),
        DONE,
        error=ServerFailure,
        retryable=True,
        said=("failed: CUDA out of memory.", "again"),
    ),
    cut(
        "error: in the choice",
        sse({"choices": [{"index": 0, "delta": {}, "error": {"message": "m", "code": 502}}]}),
        DONE,
        error=ServerFailure,
        status=502,
        code="502",
        retryable=True,
        said=("answered 502: m.", "again"),
    ),
    cut(
        "error: echoes the key and escapes",
        sse({"error": f"\x1b[31mbad {KEY}\u202e"}),
        error=ServerFailure,
        retryable=True,
        said=("bad ***", "again"),
        settings={"api_key": ApiKey(KEY, source="s")},
    ),
    Fault(
        "error before any text, passing",
        stream(delta(role="assistant"), sse({"error": {"code": "limit_requests", "message": "m"}})),
        RateLimited,
        ("429 limit_requests", "Wait a moment"),
        status=429,
        code="limit_requests",
        retryable=True,
        waits=TWICE,
    ),
    Fault(
        "error before any text, for good",
        stream(native({"code": "Arrearage", "message": "m"}, event="error", status=400)),
        BillingError,
        ("400 Arrearage", "Top up"),
        status=400,
        code="Arrearage",
        settings=ALIBABA,
    ),
    Fault(
        "compressed, and damaged",
        stream(compressed_start(SAID), arrived, b"\xff" * 99, headers=GZIP),
        ProtocolError,
        ("its compression is damaged", "check the proxies"),
        status=200,
        reasoning="Hm",
        answer="So",
    ),
    Fault(
        "compressed, a bomb",
        stream(compressed_start(SAID + b"data: \n\n" * 1_000_000), headers=GZIP),
        ProtocolError,
        ("unpacks to over 100 times", "check the proxies"),
        status=200,
        reasoning="Hm",
        answer="So",
    ),
    Fault(
        "compressed, and cut",
        stream(gzip.compress(SAID)[:-8], headers=GZIP),
        StreamInterrupted,
        ("ended before", "again"),
        reasoning="Hm",
        answer="So",
    ),
]
