"""What looks like a key, though nobody has said that it is one.

A vendor's prefix and a random tail, or a random text that is given the name of a key.
Placeholders (`sk-xxxx`, `your-api-key`) and words are none: they lack digits or variety.
What an address says before its host, or under the name of a key in its query, is a secret
whatever it looks like; and so is what stands behind `Bearer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from qwq_magic.keys.mask import MASK

_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-(?:or-v1-|proj-|ant-[a-z0-9]+-)?|gsk_|hf_|fw_|tgp_v1_)"
    r"(?P<tail>[A-Za-z0-9_-]{16,})"
)
# A literal in quotes, or what `%env` takes as it stands.
_NAMED = re.compile(
    r"""(?ix) api[_-]?key ["'\]\s]* [=:,] \s* ["'] (?P<tail>[^"'\s]{16,}) ["']
      | \bbearer \s+ (?P<bearer_tail>[\w.~+/=-]{16,})
      | %(?:set_)?env \s+ \w*api_?key [\s=]+ (?P<env_tail>\S{16,})"""
)
_LEAST_VARIETY = 8
# Bounded, since a server may send a text of nothing but beginnings.
_USER_INFO = re.compile(r"(?<=://)[^\s\"'<>]{1,300}(?=@)")
_QUERIED = re.compile(r"(?i)([?&][\w-]*(?:key|token|secret|password|signature)=)[^&#\s\"'<>]+")
_BEFORE_HOST = re.compile(r"^([a-zA-Z]+://)?.*@", re.DOTALL)


def holds_lookalike(text: str) -> bool:
    """Does something in the text look like a key?"""
    return any(True for _ in _iter_lookalikes(text))


def without_lookalikes(text: str) -> str:
    """The text as an error may quote it."""
    for lookalike in _iter_lookalikes(text):
        text = text.replace(lookalike, MASK)
    return _QUERIED.sub(rf"\g<1>{MASK}", _USER_INFO.sub(MASK, text))


def address_without_secrets(url: str) -> str:
    """A base URL as an error or a table may show it, malformed as it may be."""
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
    return bool(has_both) and len(set(text)) >= _LEAST_VARIETY
