"""What the user can do about each kind of error."""

from __future__ import annotations

import re

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
)
from qwq_magic.settings.key_ring import OWN_VARIABLE
from qwq_magic.settings.presets import SERVERS
from qwq_magic.wire.origin import Origin


def fix_for(
    error: type[ResponseError],
    origin: Origin,
    *,
    code: str = "",
    text: str = "",
    retry_after_s: float | None = None,
) -> str:
    """One sentence of advice; `code` and `text` are the server's."""
    if issubclass(error, AuthenticationError):
        return _fix_key(origin)
    # A 404 is either about the model or about the path, and only the text shows which.
    if issubclass(error, ModelNotFound):
        return _fix_model(origin, is_about_model="model" in (code + text).lower())
    if issubclass(error, BillingError) and "arrearage" in code.lower():
        return "Top up the account or settle its bill, then run the cell again."
    if issubclass(error, PermissionDenied) and "freetier" in code.lower():
        return "The free tier is used up: allow paid use in the console, or choose another model."
    if issubclass(error, InvalidRequest):
        return _fix_request(text)
    if retry_after_s:
        return f"The server asks to wait {_duration(retry_after_s)}; then run the cell again."
    return _FIXES.get(error, "Run the cell again, or choose another server with -s.")


def _duration(seconds: float) -> str:
    """The wait in a unit that suits its length."""
    if seconds < 600:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3_600:.0f} hours" if seconds < 172_800 else "for days"


_FIXES: dict[type[ResponseError], str] = {
    BillingError: "Top up the account, or choose another server with -s.",
    PermissionDenied: (
        "Ask for access to the model in the provider's console, or choose another with -m."
    ),
    ContentFiltered: "Rephrase the prompt, or leave out the conversation with --fresh.",
    RateLimited: "Wait a moment, then run the cell again.",
    ProtocolError: "Check that `base_url` names an OpenAI-compatible server.",
}


def _fix_request(text: str) -> str:
    for pattern, fix in _REQUEST_FIXES:
        if pattern.search(text):
            return fix
    return "Check the parameters given with -p and the length of the conversation."


# Servers have no common codes for these, so the text of the message decides.
_REQUEST_FIXES = (
    (
        re.compile(r"(?i)context.{0,12}(length|size|window)|too long|input length|too many tokens"),
        "Send less of the conversation with --history N or --fresh, or shorten the prompt.",
    ),
    (
        re.compile(r"(?i)does not support (thinking|reasoning)"),
        "Leave out the parameters about thinking, or choose another model with -m.",
    ),
    (
        re.compile(r"(?i)url error"),
        'The model lives at another address: use a base_url that ends in "/compatible-mode/v1".',
    ),
)


def _fix_key(origin: Origin) -> str:
    # A key for another host is the likeliest cause, and setting it again would not help.
    if not origin.has_key and origin.withheld_key:
        return (
            f"No key was sent: {origin.withheld_key} is set, but not for {origin.host}. Choose the "
            "address yourself: set QWQ_BASE_URL to it, or give a key for it with %qwq_login."
        )
    if not origin.has_key:
        preset = SERVERS.get(origin.server)
        variables = (preset.key_variables if preset else ()) or (OWN_VARIABLE,)
        return (
            f"No key was sent: set {' or '.join(variables)} in the environment, or give it with "
            "%qwq_login."
        )
    key = f"the key from {origin.key_source}" if origin.key_source else "the key"
    # DashScope's 401 is the same for a wrong key and for a key of another region.
    if origin.is_dashscope:
        return (
            f"Check {key}, and that it was made for {origin.host}: a DashScope key works only "
            "in its own region and plan; another region is another server (-s)."
        )
    return f"Check {key} for {origin.host or origin.name}."


def _fix_model(origin: Origin, *, is_about_model: bool) -> str:
    if not is_about_model:
        return f"Check `base_url`: {origin.host or 'the host'} has nothing at this address."
    if origin.is_ollama and origin.model:
        return f"Fetch it with `ollama pull {origin.model}`, or choose another model with -m."
    if origin.is_dashscope:
        return "It may be retired or live in another region: choose another model with -m."
    return "Choose a model that this server has with -m."
