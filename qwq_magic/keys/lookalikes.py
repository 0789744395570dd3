"""Recognize text that looks like an API key, for keys that are not known.

A lookalike is a vendor's prefix with a random tail, or a random string assigned to a name
like `api_key`. Placeholders (`sk-xxxx`, `your-api-key`) and words do not match: they lack
digits or variety. The user info of a URL and the value of a key in its query are secret
whatever they look like, and so is a random string after `Bearer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qwq_magic.keys.mask import MASK

_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-(?:or-v1-|proj-|ant-[a-z0-9]+-)?|gsk_|hf_|fw_|tgp_v1_)"
    r"(?P<tail>[A-Za-z0-9_-]{16,})"
)
# A quoted literal, or an unquoted argument of `%env`.
_NAMED = re.compile(
    r"""(?ix) api[_-]?key ["'\]\s]* [=:,] \s* ["'] (?P<tail>[^"'\s]{16,}) ["']
      | \bbearer \s+ (?P<bearer_tail>[\w.~+/=-]{16,})
      | %(?:set_)?env \s+ \w*api_?key [\s=]+ (?P<env_tail>\S{16,})"""
)
_MIN_VARIETY = 8
# Bounded, since a server may send a text that consists only of beginnings.
_USER_INFO = re.compile(r"(?<=://)[^\s\"'<>]{1,300}(?=@)")
_QUERIED = re.compile(r"(?i)([?&][\w-]*(?:key|token|secret|password|signature)=)[^&#\s\"'<>]+")
_BEFORE_HOST = re.compile(r"^([a-zA-Z]+://)?.*@", re.DOTALL)


def holds_lookalike(text: str) -> bool:
    """Whether anything in the text looks like a key."""
    return any(True for _ in _iter_lookalikes(text))


def without_lookalikes(text: str) -> str:
    """Return the text with lookalikes masked, so that an error message can quote it."""
    for lookalike in _iter_lookalikes(text):
        text = text.replace(lookalike, MASK)
    return _QUERIED.sub(rf"\g<1>{MASK}", _USER_INFO.sub(MASK, text))


def address_without_secrets(url: str) -> str:
    """Return a base URL, possibly malformed, with its secrets masked, ready to display."""
    return without_lookalikes(_BEFORE_HOST.sub(rf"\g<1>{MASK}@", url))


def _iter_lookalikes(text: str) -> Iterator[str]:
    for match in _PREFIXED.finditer(text):
        if _is_random(match["tail"]):
            yield match[0]
    for match in _NAMED.finditer(text):
        tail = match["tail"] or match["bearer_tail"] or match["env_tail"]
        if _is_random(tail):
            yield tail


def _is_random(text: str) -> bool:
    has_both = re.search("[0-9]", text) and re.search("[A-Za-z]", text)
    return bool(has_both) and len(set(text)) >= _MIN_VARIETY
