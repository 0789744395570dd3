"""Classify an error by the server's code, the HTTP status and the type, in that order.

The code comes first because a status is often too coarse: on DashScope an unpaid account
is a 400, and a 429 is either a limit per minute or an unpaid bill.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qwq_magic.errors import (
    AuthenticationError,
    BillingError,
    ContentFiltered,
    InvalidRequest,
    ModelNotFound,
    PermissionDenied,
    RateLimited,
    ResponseError,
    ServerFailure,
)


class Verdict(NamedTuple):
    """The class of an error, its effective status, and whether a retry may help."""

    error: type[ResponseError]
    status: int | None
    retryable: bool = False


_AUTH = Verdict(AuthenticationError, 401)
_BILLING = Verdict(BillingError, 402)
_DENIED = Verdict(PermissionDenied, 403)
_NOT_FOUND = Verdict(ModelNotFound, 404)
_INVALID = Verdict(InvalidRequest, 400)
_FILTERED = Verdict(ContentFiltered, 400)
_LIMITED = Verdict(RateLimited, 429, retryable=True)
_FAILED = Verdict(ServerFailure, 500, retryable=True)
_UNAVAILABLE = Verdict(ServerFailure, 503, retryable=True)

# Codes and types, without case and punctuation since servers write both `InvalidApiKey` and
# `invalid_api_key`.
_BY_CODE = {
    "invalidapikey": _AUTH,
    "incorrectapikey": _AUTH,
    "authenticationerror": _AUTH,
    "unauthorized": _AUTH,
    "arrearage": Verdict(BillingError, 400),
    "commoditynotpurchased": Verdict(BillingError, 429),
    "prepaidbilloverdue": Verdict(BillingError, 429),
    "postpaidbilloverdue": Verdict(BillingError, 429),
    "billinghardlimitreached": Verdict(BillingError, 429),
    "billingerror": _BILLING,
    "insufficientbalance": _BILLING,
    "insufficientcredits": _BILLING,
    "accessdenied": _DENIED,
    "accessdeniedunpurchased": _DENIED,
    "modelaccessdenied": _DENIED,
    "workspaceaccessdenied": _DENIED,
    "allocationquotafreetieronly": _DENIED,
    "permissionerror": _DENIED,
    "modelnotfound": _NOT_FOUND,
    "modelnotsupported": _NOT_FOUND,
    "notfounderror": _NOT_FOUND,
    "invalidparameter": _INVALID,
    "invalidparametererror": _INVALID,
    "contextlengthexceeded": _INVALID,
    "invalidprompt": _FILTERED,
    "imagecontentpolicyviolation": _FILTERED,
    "biopolicy": _FILTERED,
    "misalignmentpolicyviolation": _FILTERED,
    "requesttoolarge": Verdict(InvalidRequest, 413),
    "datainspectionfailed": _FILTERED,
    "contentfilter": _FILTERED,
    "contentpolicyviolation": _FILTERED,
    "throttling": _LIMITED,
    "throttlingratequota": _LIMITED,
    "throttlingburstrate": _LIMITED,
    "throttlingallocationquota": _LIMITED,
    "limitrequests": _LIMITED,
    "limitburstrate": _LIMITED,
    "ratelimitexceeded": _LIMITED,
    "ratelimiterror": _LIMITED,
    "internalerror": _FAILED,
    "internalerroralgo": _FAILED,
    "internalservererror": _FAILED,
    "servererror": _FAILED,
    "apierror": _FAILED,
    "timeouterror": Verdict(ServerFailure, 504, retryable=True),
    "modelunavailable": _UNAVAILABLE,
    "serviceunavailable": _UNAVAILABLE,
    "unavailableerror": _UNAVAILABLE,
    "overloadederror": _UNAVAILABLE,
}
# Types are less specific than a status, so they count only without one.
_BY_TYPE = _BY_CODE | {"invalidrequesterror": _INVALID, "badrequesterror": _INVALID}

_BY_STATUS = {
    401: _AUTH,
    402: _BILLING,
    403: _DENIED,
    404: _NOT_FOUND,
    408: _FAILED,
    409: _FAILED,
    425: _FAILED,
    429: _LIMITED,
    451: _FILTERED,
}
# Some gateways give the reason in the message only, with a status of 400 or 403.
_NO_MONEY = re.compile(r"(?i)insufficient (account )?(balance|credit)|balance is (too low|insuff)")
_BAD_KEY = re.compile(r"(?i)api key not valid|(incorrect|invalid) api[ _-]?key")
# Native DashScope reports an unknown model as an invalid parameter.
_NO_MODEL = re.compile(r"(?i)^model not exist")
_FREE_QUOTA_USED_UP = re.compile(r"(?i)free allocated quota exceeded")


def classify(
    *, status: int | None, code: str | None, kind: str, text: str, is_dashscope: bool
) -> Verdict:
    """`status` is from HTTP or the body, `kind` the server's error type or ""."""
    name = _normal(code or "")
    verdict: Verdict | None
    if _NO_MODEL.search(text):
        verdict = _NOT_FOUND
    elif name in ("insufficientquota", "throttlingallocationquota"):
        verdict = _quota_verdict(name, text, is_dashscope=is_dashscope)
    else:
        verdict = _BY_CODE.get(name) or _by_status(status, text) or _BY_TYPE.get(_normal(kind))
    # Without any known reason the fault is the server's.
    found = verdict or Verdict(ServerFailure, None, retryable=True)
    return found if status is None else found._replace(status=status)


def _quota_verdict(name: str, text: str, *, is_dashscope: bool) -> Verdict:
    if _FREE_QUOTA_USED_UP.search(text):
        return Verdict(BillingError, 429)
    if is_dashscope or name == "throttlingallocationquota":
        # Tokens per minute, so a retry helps. OpenAI uses the same code for an empty account.
        return _LIMITED
    return Verdict(BillingError, 429)


def _by_status(status: int | None, text: str) -> Verdict | None:
    if status is None:
        return None
    if status in (400, 403):
        if _NO_MONEY.search(text):
            return _BILLING
        if _BAD_KEY.search(text):
            return _AUTH
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return Verdict(ServerFailure, status, retryable=status not in (501, 505))
    return _INVALID if status >= 400 else None


def _normal(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
