"""Decide where a link of the model's may lead: http, https or mailto, checked after parsing.

An address is written in a small set of characters, the rest percent-encoded, so it
is the same address, and only an address, in Markdown and in an HTML attribute.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_ALLOWED = re.compile(
    r"(?:https?://[A-Za-z0-9\[]|mailto:[^/?\s])[^\x00-\x20\x7f\\]*", re.IGNORECASE
)
_KEPT = "-._:/?#=+,;@%&"
_MAX_ADDRESS_CHARACTERS = 2_000
_HOST = re.compile(r"^(?:https?://(?:[^/?#]*@)?([^/?#:]+)|mailto:([^?]+))", re.IGNORECASE)


def safe_address(href: str) -> str | None:
    """The address with every character outside a safe set encoded; None if it may not be live."""
    if len(href) > _MAX_ADDRESS_CHARACTERS or not _ALLOWED.fullmatch(href):
        return None
    scheme, _, rest = href.partition(":")
    encoded = quote(rest, safe=_KEPT, errors="replace").replace("@@", "%40%40")
    return f"{scheme.lower()}:{encoded}".replace("&", "&amp;")


def host_of(href: str) -> str:
    """Whom an address reaches: a host, a mailbox; any other stands for itself, cut short."""
    match = _HOST.match(href)
    return (match[1] or match[2])[:200] if match else href[:60]
