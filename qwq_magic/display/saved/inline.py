"""Write the inline part of an answer: text as entities, formatting as tags, safe links.

Formatting is written as tags and not as `**`, because an entity next to a delimiter changes
its meaning, and a tag means the same to every parser. Every tag is closed, and the nesting is
limited.

Links may only lead to http, https and mailto addresses, which is checked after parsing. An
address is percent-encoded outside a small set of characters, so it is the same address, and
nothing else, in Markdown and in an HTML attribute.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from qwq_magic.display.saved.math import live_math
from qwq_magic.display.saved.text import escape_code, escape_span, readable
from qwq_magic.display.saved.view_patterns import view_patterns

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_ALLOWED = re.compile(
    r"(?:https?://[A-Za-z0-9\[]|mailto:[^/?\s])[^\x00-\x20\x7f\\]*", re.IGNORECASE
)
_KEPT = "-._:/?#=+,;@%&"
_MAX_ADDRESS_CHARACTERS = 2_000
_HOST = re.compile(r"^(?:https?://(?:[^/?#]*@)?([^/?#:]+)|mailto:([^?]+))", re.IGNORECASE)


def safe_address(href: str) -> str | None:
    """Return the address with unsafe characters encoded; None if it must not be a link."""
    if len(href) > _MAX_ADDRESS_CHARACTERS or not _ALLOWED.fullmatch(href):
        return None
    scheme, _, rest = href.partition(":")
    # JupyterLab would take `@@0@@` for a formula; see `text`.
    encoded = quote(rest, safe=_KEPT, errors="replace").replace("@@", "%40%40")
    return f"{scheme.lower()}:{encoded}".replace("&", "&amp;")


def host_of(href: str) -> str:
    """Return the host or mailbox of an address; any other address itself, shortened."""
    match = _HOST.match(href)
    return (match[1] or match[2])[:200] if match else href[:60]


_RULES = view_patterns("markdown_patterns.js")
_ADDRESS = re.compile(_RULES["ADDRESS"], re.IGNORECASE)
_CELL_BREAK = re.compile(_RULES["CELL_BREAK"], re.IGNORECASE)


def install_addresses(markdown: MarkdownIt) -> None:
    """Add rules to the parser that make links of addresses in running text."""
    markdown.inline.ruler.at("text", _text)
    markdown.inline.ruler.before("text", "address", _address)


def _text(state: StateInline, silent: bool) -> bool:
    """Skip text as the original rule does, but no further than to the next address."""
    end = state.md.inline.terminator_re.search(state.src, state.pos)
    stop = end.start() if end else state.posMax
    if address := _next_address(state):
        stop = min(stop, address.start())
    if stop == state.pos:
        return False
    if not silent:
        state.append_pending(state.src[state.pos : stop])
    state.pos = stop
    return True


def _address(state: StateInline, silent: bool) -> bool:
    match = _next_address(state)
    if match is None or match.start() != state.pos:
        return False
    if silent or state.linkLevel > 0 or len(match[0]) > _MAX_ADDRESS_CHARACTERS:
        if not silent:
            state.append_pending(match[0])
        state.pos = match.end()
        return True
    token = state.push("link_open", "a", 1)
    token.attrs = {"href": state.md.normalizeLink(_with_scheme(match[0]))}
    token.markup = "autolink"
    state.push("text", "", 0).content = match[0]
    state.push("link_close", "a", -1).markup = "autolink"
    state.pos = match.end()
    return True


def _next_address(state: StateInline) -> re.Match[str] | None:
    """Return the first address at or after the position, found once for the text up to it."""
    known: re.Match[str] | None = state.env.get("address")
    is_same = state.env.get("address_in") is state.src and state.env["address_from"] <= state.pos
    if is_same and (known is None or known.start() >= state.pos):
        return known
    found = _ADDRESS.search(state.src, state.pos)
    state.env.update(address=found, address_in=state.src, address_from=state.pos)
    return found


def _with_scheme(text: str) -> str:
    if text.lower().startswith(("http://", "https://")):
        return text
    return f"http://{text}" if text.lower().startswith("www.") else f"mailto:{text}"


_MAX_DEPTH = 20
_TAGS = {"em": "em", "strong": "strong", "s": "del"}
_PLAIN_CODE = re.compile(r"[^\s`$\\<>&|\[\]](?:[^`$\\<>&|\[\]\n]*[^\s`$\\<>&|\[\]])?")


@dataclass(frozen=True, slots=True)
class InlineContext:
    """The block that inline text is part of.

    Attributes:
        holds_lines: whether the text may contain line breaks.
        is_html: whether the text is inside an HTML block, where Markdown is not parsed.
        is_cell: whether the text is a table cell, where a bare pipe would end it.
    """

    holds_lines: bool = True
    is_html: bool = False
    is_cell: bool = False


def write_inline(tokens: Sequence[Token], context: InlineContext) -> str:
    """Return the inline tokens of one block as inert Markdown, or as HTML in an HTML block."""
    return _InlineWriter(context).write(tokens)


class _InlineWriter:
    def __init__(self, context: InlineContext) -> None:
        self._context = context
        self._written: list[str] = []
        self._closers: list[str] = []
        self._in_link = False
        self._has_breaks = False

    def write(self, tokens: Sequence[Token]) -> str:
        # A cell that holds nothing but the tag is about the tag.
        shown = "".join(token.content for token in tokens)
        self._has_breaks = _CELL_BREAK.fullmatch(shown.strip()) is None
        for index, token in enumerate(tokens):
            match token.type:
                case "em_open" | "strong_open" | "s_open":
                    self._open_tag(_TAGS[token.type[:-5]])
                case "em_close" | "strong_close" | "s_close" | "link_close":
                    self._written.append(self._closers.pop() if self._closers else "")
                    self._in_link = self._in_link and token.type != "link_close"
                case "link_open":
                    self._open_link(token, _within_link(tokens, index))
                case _:
                    self._leaf(token)
        return "".join(self._written).strip()

    def _leaf(self, token: Token) -> None:
        match token.type:
            case "softbreak":
                self._written.append("\n" if self._context.holds_lines else " ")
            case "hardbreak":
                self._written.append("<br>\n" if self._context.holds_lines else "<br>")
            case "code_inline":
                self._code(readable(token.content).replace("\n", " "))
            case "math_inline" | "math_display":
                self._math(token)
            case "image":
                self._image(token)
            case _ if self._context.is_cell and self._has_breaks:
                parts = map(escape_span, _CELL_BREAK.split(token.content))
                self._written.append("<br>".join(parts))
            case _:
                self._written.append(escape_span(token.content))

    def _open_tag(self, tag: str) -> None:
        is_drawn = len(self._closers) < _MAX_DEPTH
        self._written.append(f"<{tag}>" if is_drawn else "")
        self._closers.append(f"</{tag}>" if is_drawn else "")

    def _open_link(self, token: Token, within: Sequence[Token]) -> None:
        href = str(token.attrGet("href") or "")
        address = safe_address(href)
        self._in_link = True
        if address is None:
            is_shown = href in ("", "".join(part.content for part in within))
            self._closers.append("" if is_shown else f" ({escape_span(href)})")
            return
        # The text of a link may lie about its destination; the tooltip shows the real host.
        title = "" if token.markup == "autolink" else f' "{host_of(address)}"'
        # Parsers that find the end of a Markdown link before the math in it would break both.
        if self._context.is_html or any(part.type.startswith("math") for part in within):
            self._written.append(f'<a href="{address}"{title and f" title={title[1:]}"}>')
            self._closers.append("</a>")
        else:
            self._written.append("[")
            self._closers.append(f"]({address}{title})")

    def _code(self, text: str) -> None:
        is_plain = _PLAIN_CODE.fullmatch(text) and not (self._context.is_html or self._in_link)
        self._written.append(f"`{text}`" if is_plain else f"<code>{escape_code(text)}</code>")

    def _math(self, token: Token) -> None:
        tex = live_math(token.content, in_table=self._context.is_cell)
        if tex is None:
            return self._code(" ".join(readable(token.markup).split()))
        # Without a space, two formulas in a row would be read as `$$`.
        if self._written and self._written[-1].endswith("$"):
            self._written.append(" ")
        delimiter = "$$" if token.type == "math_display" else "$"
        self._written.append(f"{delimiter}{tex}{delimiter}")
        return None

    def _image(self, token: Token) -> None:
        """Write an image as a link that names its host; the image itself is never loaded."""
        href = str(token.attrGet("src") or "")
        alt = " ".join(token.content.split())
        label = escape_span(f"image: {alt} – {host_of(href)}" if alt else f"image: {host_of(href)}")
        address = None if self._in_link else safe_address(href)
        if address is None:
            self._written.append(label)
        elif self._context.is_html:
            self._written.append(f'<a href="{address}">{label}</a>')
        else:
            self._written.append(f"[{label}]({address})")


def _within_link(tokens: Sequence[Token], start: int) -> Sequence[Token]:
    """Return the tokens from a link's opening to its end; no link contains another."""
    ends = (at for at in range(start, len(tokens)) if tokens[at].type == "link_close")
    return tokens[start : next(ends, len(tokens))]
