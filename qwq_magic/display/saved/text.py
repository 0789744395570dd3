"""Escape text for saved Markdown so that every parser reads it as text only.

Three parsers must find no markup: the Markdown and HTML parsers, for which special characters
become entities, and MathJax, which scans the text of the rendered page, where an entity is a
plain `$` again. MathJax does not look across elements, so `$`, and any backslash that could
open math, get a `<span>` of their own.
"""

from __future__ import annotations

import re

from qwq_magic.plain_text import strip_controls, well_formed

_ENTITIES = (
    ("<", "&lt;"),
    (">", "&gt;"),
    ("`", "&#96;"),
    ("*", "&#42;"),
    ("_", "&#95;"),
    ("[", "&#91;"),
    ("]", "&#93;"),
    ("~", "&#126;"),
    ("^", "&#94;"),
    ("|", "&#124;"),
    # JupyterLab replaces math by `@@0@@` while it parses, and would insert math for ours.
    ("@@", "&#64;<span>&#64;</span>"),
    ("@", "&#64;"),
    ("://", "&#58;//"),
)
_CODE_ENTITIES = (*(e for e in _ENTITIES if "span" not in e[1]), ("$", "&#36;"), ("\\", "&#92;"))
_DOLLAR = "<span>&#36;</span>"
_BACKSLASH = "<span>&#92;</span>"
_OPENING_BACKSLASH = re.compile(r"\\(?=begin|(?:eq)?ref|[^A-Za-z0-9 ]|$)")
# GitHub's parser looks for mail addresses after it has decoded entities.
_MAIL_SIGN = re.compile(r"&#64;(?=[A-Za-z0-9])")
_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)
# `mailto:x`, `:smile:`, `a:b`; no parser interprets a colon before a space.
_TIGHT_COLON = re.compile(r":(?=\S)")
# Directly before a link, it would make the link an image, which is loaded.
_LAST_MARK = re.compile(r"!$")
_LINE_SEPARATORS = re.compile("\r\n?|[\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_INDENT = re.compile(r"^[ \t]+(?=\S)", re.MULTILINE)
_LINE_OPENER = re.compile(r"^[ \t]*(?:([-+=:])|(\d+)([.)]))", re.MULTILINE)


def readable(text: str) -> str:
    """Return text without surrogates or control characters, with newlines as line ends."""
    return _LINE_SEPARATORS.sub("\n", strip_controls(well_formed(text)))


def escape_span(text: str) -> str:
    """Escape text for part of a line in a paragraph, heading, table cell or element.

    The text may contain characters decoded from the model's entities, so it is always cleaned
    again: `&#10;` must not start a new block.
    """
    text = readable(text).replace("\n", " ").replace("\t", " ")
    text = text.replace("&", "&amp;").replace("#", "&#35;")
    # All backslashes, since there may be live math nearby: a parser that pairs dollar signs
    # differently must not find a macro between two of them.
    text = _escape_common(text).replace("\\", _BACKSLASH)
    return _LAST_MARK.sub("&#33;", _TIGHT_COLON.sub("&#58;", text))


def escape_code(text: str) -> str:
    """Escape the text of a `<code>` or `<pre>` element, on one line; MathJax skips both."""
    text = text.replace("&", "&amp;").replace("#", "&#35;")
    for character, entity in _CODE_ENTITIES:
        text = text.replace(character, entity)
    return text.replace("\n", "&#10;")


def guard_line_starts(markdown: str) -> str:
    """Prevent text at the start of a line from opening a list, a rule or a definition."""

    def guarded(match: re.Match[str]) -> str:
        sign, digits, delimiter = match.groups()
        return f"&#{ord(sign)};" if sign else f"{digits}&#{ord(delimiter)};"

    return _LINE_OPENER.sub(guarded, markdown)


def escape_paragraphs(text: str) -> str:
    """Return text as HTML paragraphs that keep line breaks and indents.

    No line is blank, so the text stays one HTML block, and each line begins with a tag, so
    that no parser finds a heading or a list.
    """
    text = _INDENT.sub(_fixed_spaces, readable(text).strip("\n"))
    text = _escape_common(text.replace("&", "&amp;"))
    if "\\" in text:
        text = _OPENING_BACKSLASH.sub(_BACKSLASH, text).replace("\\", "&#92;")
    paragraphs = (part.replace("\n", "\n<br>") for part in _BLANK_LINES.split(text))
    return "<p>" + "</p>\n<p>".join(paragraphs) + "</p>"


def _fixed_spaces(match: re.Match[str]) -> str:
    return match.group().replace("\t", "    ").replace(" ", "\u00a0")


def _escape_common(text: str) -> str:
    # Chained `replace` is fastest, since most texts contain few of these characters.
    for character, entity in _ENTITIES:
        text = text.replace(character, entity)
    text = _MAIL_SIGN.sub("<span>&#64;</span>", text)
    return _WWW.sub(r"\1&#46;", text).replace("$", _DOLLAR)
