"""Write a model's answer as Markdown that is inert in every parser and reads the same.

The answer is parsed once, here, and written again: blocks as plain Markdown, inline formatting
as a few tags without attributes, and every special character of text as an entity. None of the
original Markdown is kept, so parsers cannot disagree about it. Fenced code is written at top
level only, since JupyterLab looks for math inside nested fences; nested code is a `<pre>` on
one line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from qwq_magic.display.saved.inline import InlineContext, install_addresses, write_inline
from qwq_magic.display.saved.limits import (
    is_runaway,
    limit_formulas,
    limit_tables,
    repeats_addresses,
)
from qwq_magic.display.saved.math import install_math, live_math
from qwq_magic.display.saved.source import prepared, restore
from qwq_magic.display.saved.text import (
    escape_code,
    escape_paragraphs,
    guard_line_starts,
    readable,
)
from qwq_magic.display.saved.view_patterns import view_patterns

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

MAX_PARSED_CHARACTERS = 200_000

_MAX_LEVEL = 100
_MAX_BRACKETS = 2_000
# JupyterLab's parser is quadratic in the number of tags in a paragraph: 4,000 take 0.7 s and
# 20,000 a minute. HTML blocks are not affected.
_MAX_MARKS = 400
# Front ends draw, typeset or load code in other languages, such as `mermaid`. The view in the
# browser allows the same names, so the list is read from one of its modules.
_INERT_LANGUAGES = re.compile(view_patterns("code_languages.js")["INERT_LANGUAGES"], re.IGNORECASE)
_BACKTICKS = re.compile("`+")

_Kind: TypeAlias = Literal["text", "list", "other"]


@dataclass(slots=True)
class _Frame:
    """An open container: the blocks, or the list items, written so far."""

    blocks: list[tuple[_Kind, str]] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    is_tight: bool = True
    marker: str = ""


def saved_markdown(answer: str) -> str:
    """Return the answer as inert Markdown; past the limits, as plain paragraphs."""
    text = readable(answer)
    if not text.strip():
        return ""
    if len(text) > MAX_PARSED_CHARACTERS or is_runaway(text):
        return escape_paragraphs(text)
    tokens = _parser().parse(prepared(text))
    # The parser drops text nested deeper than its limit; plain paragraphs keep it.
    is_cut = any(token.level >= _MAX_LEVEL - 2 for token in tokens)
    if is_cut or repeats_addresses(tokens, len(text)):
        return escape_paragraphs(text)
    restore(tokens)
    limit_formulas(tokens)
    return _Writer().write(tokens)


def _parser() -> MarkdownIt:
    # Importing the parser takes 100 ms, so it waits until the first turn has ended.
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import table

    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": _MAX_LEVEL})
    markdown.enable(["table", "strikethrough"])
    # `safe_address` checks the addresses; if this check failed, a link would be left as text.
    markdown.validateLink = _parse_any_link  # type: ignore[method-assign]  # meant to be replaced
    markdown.core.ruler.at("inline", _parse_inline)
    limit_tables(markdown, table)
    install_math(markdown)
    install_addresses(markdown)
    return markdown


def _parse_inline(state: StateCore) -> None:
    """Parse inline text as the original rule does, except for text with too many brackets.

    The parser is quadratic in the number of brackets.
    """
    for token in state.tokens:
        if token.type != "inline":
            continue
        if token.content.count("[") > _MAX_BRACKETS:
            token.children = [type(token)("text", "", 0, content=token.content)]
        else:
            token.children = []
            state.md.inline.parse(token.content, state.md, state.env, token.children)


def _parse_any_link(url: str) -> bool:  # noqa: ARG001  # the parser's signature
    return True


class _Writer:
    """Writes block tokens with an explicit stack of containers instead of recursion."""

    def __init__(self) -> None:
        self._frames = [_Frame()]
        self._rows: list[list[str]] = []
        self._alignments: list[str] = []
        self._context = InlineContext()
        self._inline = ""
        self._is_busy = False

    def write(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            if token.type.endswith("_open"):
                self._open(token)
            elif token.type.endswith("_close"):
                self._close(token)
            else:
                self._leaf(token)
        return _joined(self._frames[0].blocks, is_tight=False)

    def _add(self, kind: _Kind, text: str) -> None:
        if text:
            self._frames[-1].blocks.append((kind, text))

    @property
    def _is_nested(self) -> bool:
        return len(self._frames) > 1

    def _open(self, token: Token) -> None:
        match token.type:
            case "blockquote_open" | "list_item_open":
                self._frames.append(_Frame())
            case "bullet_list_open" | "ordered_list_open":
                self._frames.append(_Frame(marker=self._list_marker(token)))
            case "table_open":
                self._rows, self._alignments = [], []
            case "tr_open":
                self._rows.append([])
            case "th_open" | "td_open":
                if token.type == "th_open":
                    self._alignments.append(str(token.attrGet("style") or ""))
                self._context = InlineContext(
                    holds_lines=False, is_html=self._is_nested, is_cell=True
                )
            case "heading_open":
                self._context = InlineContext(holds_lines=False)
            case "paragraph_open":
                self._context = InlineContext()
                if not token.hidden and self._is_nested:
                    self._frames[-2].is_tight = False

    def _list_marker(self, token: Token) -> str:
        """Return the list's marker, a different one from an adjacent list, or they would merge."""
        siblings = self._frames[-1].blocks
        before = siblings[-1][1] if siblings and siblings[-1][0] == "list" else ""
        if token.type == "bullet_list_open":
            return "*" if before.startswith("- ") else "-"
        delimiter = ")" if re.match(r"\d+\. ", before) else "."
        start = token.attrGet("start")
        return f"{1 if start is None else start}{delimiter}"

    def _close(self, token: Token) -> None:
        match token.type:
            case "paragraph_close":
                self._add("text", self._as_block("p", guard_line_starts(self._inline)))
            case "heading_close" if self._inline:
                mark = "" if self._is_busy else f"{'#' * int(token.tag[1])} "
                self._add("other", mark + self._as_block(token.tag, self._inline))
            case "td_close" | "th_close":
                self._rows[-1].append(self._inline)
            case "table_close":
                self._add("other", self._table())
            case "blockquote_close":
                quoted = _joined(self._frames.pop().blocks, is_tight=False)
                self._add("other", _prefixed(quoted or "&#160;", "> ", "> "))
            case "list_item_close":
                self._close_item()
            case "bullet_list_close" | "ordered_list_close":
                frame = self._frames.pop()
                self._add("list", ("\n" if frame.is_tight else "\n\n").join(frame.items))

    def _as_block(self, tag: str, inline: str) -> str:
        return f"<{tag}>{inline}</{tag}>" if self._is_busy else inline

    def _close_item(self) -> None:
        item, parent = self._frames.pop(), self._frames[-1]
        marker = parent.marker
        if marker[0].isdigit():
            marker = f"{int(marker[:-1]) + len(parent.items)}{marker[-1]}"
        text = _joined(item.blocks, is_tight=parent.is_tight) or "&#160;"
        text = re.sub(r"^&#91;([ xX])&#93;(?= )", _task_mark, text)
        parent.items.append(_prefixed(text, f"{marker} ", " " * (len(marker) + 1)))

    def _leaf(self, token: Token) -> None:
        match token.type:
            case "inline":
                self._write_inline(token)
            case "fence" | "code_block":
                self._add("other", self._code(token))
            case "math_block":
                self._add("other", _math_block(token))
            case "hr":
                self._add("other", "***")

    def _write_inline(self, token: Token) -> None:
        children = token.children or []
        self._inline = write_inline(children, self._context)
        self._is_busy = sum(map(self._inline.count, "<[`")) > _MAX_MARKS
        if self._is_busy and self._context.is_cell:
            self._inline = f"<code>{escape_code(readable(token.content))}</code>"
        elif self._is_busy:
            self._inline = write_inline(children, replace(self._context, is_html=True))

    def _code(self, token: Token) -> str:
        text = readable(token.content)
        if self._is_nested:
            return f"<pre><code>{escape_code(text)}</code></pre>"
        longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"{fence}{_language(token.info)}\n{text.removesuffix(chr(10))}\n{fence}"

    def _table(self) -> str:
        if self._is_nested:
            return _html_table(self._rows)
        width = len(self._alignments)
        rule = [_RULES.get(style, "---") for style in self._alignments]
        rows = [self._rows[0], rule, *self._rows[1:]]
        return "\n".join(f"| {' | '.join((row + [''] * width)[:width])} |" for row in rows)


_RULES = {"text-align:left": ":---", "text-align:center": ":---:", "text-align:right": "---:"}


def _html_table(rows: list[list[str]]) -> str:
    """Return a nested table as HTML on one line, which no parser reads as Markdown."""
    cells = [
        "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in row) + "</tr>"
        for tag, row in zip(["th"] + ["td"] * len(rows), rows, strict=False)
    ]
    return f"<table><thead>{cells[0]}</thead><tbody>{''.join(cells[1:])}</tbody></table>"


def _math_block(token: Token) -> str:
    tex = live_math(token.content)
    if tex is None:
        return f"<p><code>{escape_code(readable(token.markup))}</code></p>"
    return f"$${tex}$${token.info}"


def _language(info: str) -> str:
    word = next(iter(readable(info).split()), "")
    return word if _INERT_LANGUAGES.fullmatch(word) else ""


def _task_mark(match: re.Match[str]) -> str:
    return "☐" if match[1] == " " else "☑"


def _joined(blocks: list[tuple[_Kind, str]], *, is_tight: bool) -> str:
    """Join blocks with blank lines; in a tight list, a nested list follows without one."""
    written = ""
    for index, (kind, text) in enumerate(blocks):
        if index:
            # Only a list that starts with 1 can interrupt a paragraph (CommonMark, "Lists").
            is_close = is_tight and kind == "list" and re.match(r"[-*] |1[.)] ", text)
            written += "\n" if is_close else "\n\n"
        written += text
    return written


def _prefixed(text: str, first: str, others: str) -> str:
    lines = text.split("\n")
    return "\n".join(
        f"{others if index else first}{line}".rstrip(" ") for index, line in enumerate(lines)
    )
