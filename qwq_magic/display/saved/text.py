"""Write text into saved Markdown so that it is only ever text, whichever parser reads it.

Three readers must find nothing: the Markdown parser (entities; no character that
opens a construct), the HTML parser (entities) and MathJax, which scans the text of
the finished page, where an entity is a plain `$` again. An element boundary does
stop it: `$`, and a backslash that could open math, stand in a `<span>` of their own.
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
    # JupyterLab's own place-holder for math is `@@0@@`, put back after parsing.
    ("@@", "&#64;<span>&#64;</span>"),
    ("@", "&#64;"),
    ("://", "&#58;//"),
)
_CODE_ENTITIES = (*(e for e in _ENTITIES if "span" not in e[1]), ("$", "&#36;"), ("\\", "&#92;"))
_DOLLAR = "<span>&#36;</span>"
_BACKSLASH = "<span>&#92;</span>"
_OPENING_BACKSLASH = re.compile(r"\\(?=begin|(?:eq)?ref|[^A-Za-z0-9 ]|$)")
# GitHub's parser finds mail addresses after it has read the entities.
_MAIL_SIGN = re.compile(r"&#64;(?=[A-Za-z0-9])")
_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)
# `mailto:x`, `:smile:`, `a:b`; a colon before a space says nothing to any parser.
_TIGHT_COLON = re.compile(r":(?=\S)")
# A link written after it would be an image, and be loaded.
_LAST_MARK = re.compile(r"!$")
_LINE_SEPARATORS = re.compile("\r\n?|[\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_INDENT = re.compile(r"^[ \t]+(?=\S)", re.MULTILINE)
_LINE_OPENER = re.compile(r"^[ \t]*(?:([-+=:])|(\d+)([.)]))", re.MULTILINE)


def readable(text: str) -> str:
    """Text that can be encoded, without controls, its lines ended by newlines only."""
    return _LINE_SEPARATORS.sub("\n", strip_controls(well_formed(text)))


def escape_span(text: str) -> str:
    """A piece of one line, to stand inside a paragraph, a heading, a cell or an element.

    The text may come from entities of the model's own, so it is made readable here
    whatever was done before: `&#10;` must not open a new block.
    """
    text = readable(text).replace("\n", " ").replace("\t", " ")
    text = text.replace("&", "&amp;").replace("#", "&#35;")
    # Beside live math, every backslash: a reader that pairs dollar signs in its own way
    # must not find a macro between two of them.
    text = _escape_common(text).replace("\\", _BACKSLASH)
    return _LAST_MARK.sub("&#33;", _TIGHT_COLON.sub("&#58;", text))


def escape_code(text: str) -> str:
    """The text of a `<code>` or `<pre>` element, on one line; MathJax leaves both alone."""
    text = text.replace("&", "&amp;").replace("#", "&#35;")
    for character, entity in _CODE_ENTITIES:
        text = text.replace(character, entity)
    return text.replace("\n", "&#10;")


def guard_line_starts(markdown: str) -> str:
    """Keep text at the start of a line from opening a list, a rule or a definition."""

    def guarded(match: re.Match[str]) -> str:
        sign, digits, delimiter = match.groups()
        return f"&#{ord(sign)};" if sign else f"{digits}&#{ord(delimiter)};"

    return _LINE_OPENER.sub(guarded, markdown)


def escape_paragraphs(text: str) -> str:
    """Text of any length as HTML paragraphs: line breaks and indents kept, nothing parsed.

    No line is blank, so it stays one HTML block, and each line begins with a tag, so
    that no parser finds a heading or a list in it.
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
    """Chained `replace` is the fastest way: most texts hold few of these characters."""
    for character, entity in _ENTITIES:
        text = text.replace(character, entity)
    text = _MAIL_SIGN.sub("<span>&#64;</span>", text)
    return _WWW.sub(r"\1&#46;", text).replace("$", _DOLLAR)
