"""Write the inline part of an answer: text as entities, formatting as bare tags.

Tags, not `**`: an entity next to a delimiter would change what the delimiter means,
and a tag means the same to every parser. Whatever is opened is closed, and no deeper
than a browser cares to go.

Decide where a link of the model's may lead: http, https or mailto, checked after parsing.

An address is written in a small set of characters, the rest percent-encoded, so it
is the same address, and only an address, in Markdown and in an HTML attribute.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from qwq_magic.display.saved.math import live_math
from qwq_magic.display.saved.text import escape_code, escape_span, readable

if TYPE_CHECKING:
    from markdown_it.token import Token

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


_MAX_DEPTH = 20
_TAGS = {"em": "em", "strong": "strong", "s": "del"}
_PLAIN_CODE = re.compile(r"[^\s`$\\<>&|\[\]](?:[^`$\\<>&|\[\]\n]*[^\s`$\\<>&|\[\]])?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where inline text stands: may it hold line breaks, Markdown, a bare pipe?"""

    holds_lines: bool = True
    is_html: bool = False
    is_cell: bool = False


def write_inline(tokens: Sequence[Token], place: Place) -> str:
    """The inline tokens of one block as inert Markdown, or as HTML where the place asks for it."""
    return _InlineWriter(place).write(tokens)


class _InlineWriter:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._written: list[str] = []
        self._closers: list[str] = []
        self._in_link = False

    def write(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            match token.type:
                case "em_open" | "strong_open" | "s_open":
                    self._open_tag(_TAGS[token.type[:-5]])
                case "em_close" | "strong_close" | "s_close" | "link_close":
                    self._written.append(self._closers.pop() if self._closers else "")
                    self._in_link = self._in_link and token.type != "link_close"
                case "link_open":
                    self._open_link(token)
                case _:
                    self._leaf(token)
        return "".join(self._written).strip()

    def _leaf(self, token: Token) -> None:
        match token.type:
            case "softbreak":
                self._written.append("\n" if self._place.holds_lines else " ")
            case "hardbreak":
                self._written.append("<br>\n" if self._place.holds_lines else "<br>")
            case "code_inline":
                self._code(readable(token.content).replace("\n", " "))
            case "math_inline" | "math_display":
                self._math(token)
            case "image":
                self._image(token)
            case _:
                self._written.append(escape_span(token.content))

    def _open_tag(self, tag: str) -> None:
        is_drawn = len(self._closers) < _MAX_DEPTH
        self._written.append(f"<{tag}>" if is_drawn else "")
        self._closers.append(f"</{tag}>" if is_drawn else "")

    def _open_link(self, token: Token) -> None:
        href = str(token.attrGet("href") or "")
        address = safe_address(href)
        self._in_link = True
        if address is None:
            self._closers.append(f" ({escape_span(href)})" if href else "")
            return
        # Whatever the text claims, the pointer shows whom the link reaches.
        title = "" if token.markup == "autolink" else f' "{host_of(address)}"'
        if self._place.is_html:
            self._written.append(f'<a href="{address}"{title and f" title={title[1:]}"}>')
            self._closers.append("</a>")
        else:
            self._written.append("[")
            self._closers.append(f"]({address}{title})")

    def _code(self, text: str) -> None:
        is_plain = _PLAIN_CODE.fullmatch(text) and not (self._place.is_html or self._in_link)
        self._written.append(f"`{text}`" if is_plain else f"<code>{escape_code(text)}</code>")

    def _math(self, token: Token) -> None:
        # The end of a link is found before math is: no live math within one.
        tex = None if self._in_link else live_math(token.content, in_table=self._place.is_cell)
        if tex is None:
            return self._code(" ".join(readable(token.markup).split()))
        # Two neighbours would touch and read as one `$$`.
        if self._written and self._written[-1].endswith("$"):
            self._written.append(" ")
        delimiter = "$$" if token.type == "math_display" else "$"
        self._written.append(f"{delimiter}{tex}{delimiter}")
        return None

    def _image(self, token: Token) -> None:
        """An image is never loaded: it becomes a link that says where it leads."""
        href = str(token.attrGet("src") or "")
        alt = " ".join(token.content.split())
        label = escape_span(f"image: {alt} – {host_of(href)}" if alt else f"image: {host_of(href)}")
        address = None if self._in_link else safe_address(href)
        if address is None:
            self._written.append(label)
        elif self._place.is_html:
            self._written.append(f'<a href="{address}">{label}</a>')
        else:
            self._written.append(f"[{label}]({address})")
