"""What the user can do about each kind of error."""

from __future__ import annotations

import re
from http import HTTPStatus

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
)
from qwq_magic.settings.key_ring import OWN_VARIABLE
from qwq_magic.settings.presets import SERVERS
from qwq_magic.wire.addresses import likely_base_url
from qwq_magic.wire.error_words import (
    NO_ADDRESS,
    NO_MODEL,
    NOT_SERVED_HERE,
    is_challenge,
    is_too_large,
)
from qwq_magic.wire.origin import Origin

# In the advice for a wrong address, which is not about the model.
NOTHING_THERE = "has nothing at this address"

_MAX_NAMES = 6
# A list of names that the server accepts, up to the end of its sentence.
_LISTED = re.compile(
    r"(?i)\b(?:supported|available|valid|allowed|known|following|choose from)\b[^.:]{0,60}?"
    r"(?:\b(?:are|is|include)\b|:)[\s:]{0,3}(.{1,1000})"
)
_NAME = re.compile(r"[A-Za-z0-9][\w./:@+-]{0,149}", re.ASCII)
_LIST_END = re.compile(r"(?i)\.\s|\.$|;|\bbut\b|\byou\b|\n|\]")
_MEANT = re.compile(r"(?i)did you mean:? [`'\"]?([A-Za-z0-9][\w./:@+-]{0,149})")
# Words of a list that could be names; the name of a model has a digit or a sign in it.
_HAS_NAME_SIGN = re.compile(r"[\d/:._-]")


def fix_for(
    error: type[ResponseError],
    origin: Origin,
    *,
    code: str = "",
    text: str = "",
    status: int | None = None,
    retry_after_s: float | None = None,
    retryable: bool = False,
    is_page: bool = False,
) -> str:
    """One sentence of advice; `code` and `text` are the server's."""
    if issubclass(error, AuthenticationError):
        return _fix_key(origin)
    if issubclass(error, ModelNotFound):
        return _fix_not_found(origin, code, text, status=status)
    if issubclass(error, PermissionDenied):
        return _fix_denied(origin, code, text, is_page=is_page)
    if issubclass(error, BillingError) and "arrearage" in code.lower():
        return "Top up the account or settle its bill, then run the cell again."
    if issubclass(error, InvalidRequest):
        return _fix_request(text)
    if issubclass(error, RateLimited) and not retryable:
        return "Wait until the limit is reset, or choose another model with -m."
    if issubclass(error, ProtocolError) and (likely := likely_base_url(origin.base_url)):
        return f'{_FIXES[ProtocolError]} Try base_url="{likely}".'
    if retry_after_s and not issubclass(error, ModelLoading):
        return f"Wait {_duration(retry_after_s)}, then run the cell again."
    return _FIXES.get(error, "Run the cell again, or choose another server with -s.")


def _duration(seconds: float) -> str:
    """The wait in a unit that suits its length."""
    if seconds < 600:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3_600:.0f} hours" if seconds < 172_800 else "some days"


_FIXES: dict[type[ResponseError], str] = {
    BillingError: "Top up the account, or choose another server with -s.",
    PermissionDenied: (
        "Ask for access to the model in the provider's console, or choose another with -m."
    ),
    ContentFiltered: "Rephrase the prompt, or leave out the conversation with --fresh.",
    ModelLoading: "Run the cell again when the model is loaded, or look at the server's log.",
    RateLimited: "Wait a moment, then run the cell again.",
    ProtocolError: "Check that `base_url` names an OpenAI-compatible server.",
}


def _fix_request(text: str) -> str:
    if is_too_large(text):
        return (
            "Send less of the conversation with --history N or --fresh, shorten the prompt, or "
            "set a lower max_tokens with -p."
        )
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


def _fix_not_found(origin: Origin, code: str, text: str, *, status: int | None) -> str:
    # A 404 is either about the model or about the path, and only the text shows which.
    words = f"{code} {text}"
    is_about_model = "model" in words.lower() or NO_MODEL.search(words)
    if status == HTTPStatus.METHOD_NOT_ALLOWED or NO_ADDRESS.search(text) or not is_about_model:
        return fix_address(origin)
    names = _names_in(text, origin)
    if names:
        listed = " or ".join(f"-m {name}" for name in names)
        return f"Choose one that the server has: {listed}."
    if origin.is_ollama and origin.model:
        return f"Fetch it with `ollama pull {origin.model}`, or choose another model with -m."
    if origin.is_dashscope:
        return "It may be retired or live in another region: choose another model with -m."
    return "Choose a model that this server has with -m; %qwq_models lists them."


def _names_in(text: str, origin: Origin) -> list[str]:
    """The names of models that an error offers in place of the requested one."""
    meant = _MEANT.search(text)
    if meant:
        return [meant[1].rstrip(".?")]
    found = _LISTED.search(text)
    if found is None:
        return []
    listed = found[1]
    end = _LIST_END.search(listed)
    names = (name.rstrip(".:") for name in _NAME.findall(listed[: end.start()] if end else listed))
    offered = dict.fromkeys(name for name in names if _HAS_NAME_SIGN.search(name))
    # Names are hostile text too: what the display would change is not offered.
    fit = [name for name in offered if name != origin.model and origin.quote(name) == name]
    return fit[:_MAX_NAMES]


def fix_address(origin: Origin) -> str:
    """What to type as the base URL, where the server has nothing at this one."""
    cause = f"Check `base_url`: {origin.host or 'the host'} {NOTHING_THERE}."
    likely = likely_base_url(origin.base_url)
    return f'{cause} Try base_url="{likely}".' if likely else cause


def _fix_denied(origin: Origin, code: str, text: str, *, is_page: bool) -> str:
    if "freetier" in code.lower():
        return "The free tier is used up: allow paid use in the console, or choose another model."
    if NOT_SERVED_HERE.search(f"{code} {text}"):
        return "The provider does not serve this country: choose another server with -s."
    if not is_challenge(text, is_page=is_page):
        return _FIXES[PermissionDenied]
    likely = likely_base_url(origin.base_url)
    address = f' such as "{likely}"' if likely else ""
    return (
        "The page asks for a person with a browser, so no retry helps: check that `base_url` is "
        f"the address of the API{address}, turn off a VPN or proxy, or choose another server "
        "with -s."
    )
