"""Classify an error by the server's words, its code, the HTTP status and the type, in that order.

The words come first because a status is often too coarse and a code often wrong: an empty
account is a 400, 403 or 429, and a request that is larger than the limit has the code of one
that came too early. Words count only where they are specific enough to leave no doubt. The
code comes next: on DashScope an unpaid account is a 400, and a 429 is either a limit per
minute or an unpaid bill.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qwq_magic.errors import (
    AuthenticationError,
    BillingError,
    ContentFiltered,
    InvalidRequest,
    ModelLoading,
    ModelNotFound,
    PermissionDenied,
    RateLimited,
    ResponseError,
    ServerFailure,
)
from qwq_magic.wire import error_words as words


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
_LOADING = Verdict(ModelLoading, 503, retryable=True)
# A challenge is for browsers, and a limit of a day does not pass while anyone waits.
_CHALLENGED = Verdict(PermissionDenied, 403)
_LIMITED_FOR_LONG = Verdict(RateLimited, 429)

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
    "modeldecommissioned": _NOT_FOUND,
    "modeldeprecated": _NOT_FOUND,
    "modelterminated": _NOT_FOUND,
    "modelnotexist": _NOT_FOUND,
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
    "deploymentscalingup": _LOADING,
}
# Types are less specific than a status, so they count only without one.
_BY_TYPE = _BY_CODE | {
    "invalidrequesterror": _INVALID,
    "badrequesterror": _INVALID,
    # MiniMax: https://www.minimax.io/platform/document/error_code
    "baseresp1001": _FAILED,
    "baseresp1002": _LIMITED,
    "baseresp1004": _AUTH,
    "baseresp1008": _BILLING,
    "baseresp1026": _FILTERED,
    "baseresp1027": _FILTERED,
    "baseresp1039": _LIMITED,
    "baseresp2013": _INVALID,
    "baseresp2049": _AUTH,
}

_BY_STATUS = {
    401: _AUTH,
    402: _BILLING,
    403: _DENIED,
    404: _NOT_FOUND,
    405: _NOT_FOUND,
    410: _NOT_FOUND,
    408: _FAILED,
    409: _FAILED,
    425: _FAILED,
    429: _LIMITED,
    451: _FILTERED,
}
# The statuses under which a server may be loading, with None for an error inside a reply.
_LOADING_STATUSES = frozenset({None, 202, 409, 423, 425, 429, 500, 502, 503, 504, 529})
_ADDRESS_STATUSES = frozenset({None, 200, 400, 403, 404, 405, 501})


def classify(
    *,
    status: int | None,
    code: str | None,
    kind: str,
    text: str,
    wait_s: float | None = None,
    is_page: bool = False,
    is_dashscope: bool,
) -> Verdict:
    """The kind of an error.

    Args:
        status: from HTTP or the body.
        code: the server's.
        kind: the server's error type, or "".
        text: the server's explanation.
        wait_s: how long the server asks to wait, if it does.
        is_page: is the body a web page?
        is_dashscope: some codes mean something else there.
    """
    name = _normal(code or "")
    verdict = _by_words(
        f"{code} {text}" if code else text,
        status=status,
        wait_s=wait_s,
        is_page=is_page,
        is_dashscope=is_dashscope,
    )
    if verdict is None and name in ("insufficientquota", "throttlingallocationquota"):
        verdict = _quota_verdict(name, text, is_dashscope=is_dashscope)
    if verdict is None:
        verdict = _BY_CODE.get(name) or _by_status(status) or _BY_TYPE.get(_normal(kind))
    # Without any known reason the fault is the server's.
    found = verdict or Verdict(ServerFailure, None, retryable=True)
    if found.error is RateLimited and wait_s is None and words.OF_A_DAY.search(text):
        found = _LIMITED_FOR_LONG
    return found if status is None else found._replace(status=status)


def _by_words(
    text: str, *, status: int | None, wait_s: float | None, is_page: bool, is_dashscope: bool
) -> Verdict | None:
    """The verdict of words that leave no doubt; None for others."""
    if words.is_challenge(text, is_page=is_page):
        return _CHALLENGED
    if status in _LOADING_STATUSES and words.is_loading(text):
        return _LOADING
    is_refused = status is None or 400 <= status < 500
    if is_refused and not is_page and words.NO_MODEL.search(text):
        return _NOT_FOUND
    if status in _ADDRESS_STATUSES and words.NO_ADDRESS.search(text):
        return _NOT_FOUND
    if words.is_too_large(text) or words.TOO_LONG.search(text):
        return _INVALID
    is_of_a_day = words.OF_A_DAY.search(text)
    if words.SPENT_LIMIT.search(text) or (words.NO_MONEY.search(text) and not is_of_a_day):
        return _BILLING
    if words.OVER_QUOTA.search(text) and wait_s is None and not is_dashscope:
        return _BILLING
    # A limit that passes is also worded in the terms of keys and policies.
    return _by_words_of_refusals(text) if is_refused and status != 429 else None


def _by_words_of_refusals(text: str) -> Verdict | None:
    rules = (
        (words.NOT_SERVED_HERE, _DENIED),
        (words.BAD_KEY, _AUTH),
        (words.FILTERED, _FILTERED),
    )
    return next((verdict for pattern, verdict in rules if pattern.search(text)), None)


def _quota_verdict(name: str, text: str, *, is_dashscope: bool) -> Verdict:
    if words.FREE_QUOTA_USED_UP.search(text):
        return Verdict(BillingError, 429)
    if is_dashscope or name == "throttlingallocationquota":
        # Tokens per minute, so a retry helps. OpenAI uses the same code for an empty account.
        return _LIMITED
    return Verdict(BillingError, 429)


def _by_status(status: int | None) -> Verdict | None:
    if status is None:
        return None
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        return Verdict(ServerFailure, status, retryable=status not in (501, 505))
    return _INVALID if status >= 400 else None


def _normal(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
