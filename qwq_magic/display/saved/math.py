r"""Find math in an answer, and let only harmless math stay live in what is saved.

JupyterLab cuts math out before it parses the Markdown and pastes it back escaping
only `&`, `<` and `>`; other readers parse it as Markdown. So live math must be sound
as both: one line, balanced braces, no quote, no backtick, nothing a Markdown parser
could take for HTML, a link or an end of the math. TeX does not mind the spaces this
needs. Everything else is shown as code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from qwq_magic.display.saved.view_patterns import view_patterns

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

_MAX_MATH_CHARACTERS = 8_000
_MAX_MATH_LINES = 100
# Lines looked at for the end of display math, in one answer: unclosed math costs no more.
_LINE_BUDGET = 50_000
_ENVIRONMENTS = "align|aligned|alignat|equation|gather|gathered|multline|eqnarray|split|flalign"

# Opener, closer, token, and what must stand from one to the other.
_INLINE = (
    # Display math within a paragraph.
    ("$$", "$$", "math_display", re.compile(r"\$\$((?:[^$\\]|\\.)+?)\$\$", re.DOTALL)),
    ("\\[", "\\]", "math_display", re.compile(r"\\\[(.+?)\\\]", re.DOTALL)),
    ("\\(", "\\)", "math_inline", re.compile(r"\\\((.+?)\\\)", re.DOTALL)),
    ("$", "$", "math_inline", re.compile(r"\$(?!\s)((?:[^$\\]|\\.)+?)(?<!\s)\$(?!\d)", re.DOTALL)),
    # `$ x^2 $`, as some models write it: only where it can hardly be two prices.
    (
        "$ ",
        " $",
        "math_inline",
        re.compile(r"\$ ((?=[^$]*(?:\\[a-zA-Z]|[\^_]))(?:[^$\\\n]|\\.)+?) \$(?!\d)"),
    ),
)
_BLOCK_PATTERN = re.compile(
    r"(?:\$\$(?P<dollars>(?:[^$\\]|\\.)+?)\$\$"
    r"|\\\[(?P<brackets>(?:[^\\]|\\[^\]])+?)\\\]"
    rf"|(?P<environment>\\begin\{{(?P<name>(?:{_ENVIRONMENTS})\*?)\}}.+?\\end\{{(?P=name)\}})"
    r")[ \t]*(?P<rest>[.,;]?)[ \t]*",
    re.DOTALL,
)

_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n|$)")
_CONTROL_WORD = re.compile(r"\\([A-Za-z@]+)")
# The view in the browser keeps to the same rules; they stand in one of its modules.
_RULES = view_patterns("math_rules.js")
_DENIED = re.compile(_RULES["DENIED_COMMANDS"], re.IGNORECASE)
_MEASURED = re.compile(_RULES["MEASURED_COMMANDS"])
_ENVIRONMENT = re.compile(_RULES["ENVIRONMENTS"])
_BACKWARD = re.compile(_RULES["BACKWARD"])
_LENGTH = re.compile(_RULES["LENGTH"])
_SMALL_LENGTH = re.compile(_RULES["SMALL_LENGTH"])
_ATTRIBUTES = re.compile(_RULES["ATTRIBUTES"])
_MAX_BACKWARD = 12
_MAX_DEPTH = 40
# No pane of ours is around it, in which a tall formula would scroll.
_MAX_ROWS = 60
_PROSE = re.compile(_RULES["PROSE"])
_MEASURED_NAMES = frozenset({"hspace", "color", "textcolor"})
_ROW_GAP = re.compile(r"\\\\\[ ?[0-9.]{1,4} ?(?:em|ex|pt|cm|mm) ?\]")
_FORBIDDEN = re.compile(r'["`#]|@@|\^\^|\\\\\[|\\$')


def live_math(source: str, *, in_table: bool = False) -> str | None:
    """The math as it may stand between dollar signs; None where it may not be live."""
    if len(source) > _MAX_MATH_CHARACTERS or not _is_harmless(source):
        return None
    # A comment would swallow what follows it once everything is one line.
    tex = " ".join(_COMMENT.sub(r"\1 ", source).split())
    tex = _ROW_GAP.sub(r"\\\\", tex)
    tex = re.sub(r"\\\\(?=[{}$&<\\])", r"\\\\ ", tex)
    while tex.endswith("\\\\"):
        tex = tex[:-2].rstrip()
    # nbconvert takes `\$$` for an escaped end; braces keep the two apart.
    tex = re.sub(r"^\\\$|(?<!\\)\\\$$", r"{\\$}", tex)
    # nbconvert cuts a paragraph at `\begin{`, also within dollar signs.
    tex = tex.replace("\\begin{", "\\begin {").replace("\\end{", "\\end {")
    # A space keeps every parser from reading a tag, an entity, an image, a link.
    tex = re.sub(r"([<&!])(?=\S)", r"\1 ", tex).replace("](", "] (").replace("://", ": //").strip()
    if in_table and "|" in tex:
        if "{array}" in tex:
            return None
        tex = tex.replace("\\|", "\\Vert ").replace("|", "\\vert ").strip()
    if not tex or _FORBIDDEN.search(tex) or not _is_balanced(tex):
        return None
    return tex


def _is_harmless(source: str) -> bool:
    if source.count("\\\\") > _MAX_ROWS or _ATTRIBUTES.search(source):
        return False
    if len(_BACKWARD.findall(source)) > _MAX_BACKWARD:
        return False
    if not all(_SMALL_LENGTH.fullmatch(length) for length in _LENGTH.findall(source)):
        return False
    for match in _CONTROL_WORD.finditer(source):
        word = match[1]
        if _DENIED.fullmatch(word):
            return False
        if word in _MEASURED_NAMES and not _MEASURED.match(source, match.start(1)):
            return False
        if word == "begin" and not _ENVIRONMENT.match(source, match.end()):
            return False
    return True


def _is_balanced(tex: str) -> bool:
    depth = 0
    for brace in re.findall(r"\\.|([{}])", tex):
        depth += (brace == "{") - (brace == "}")
        if not 0 <= depth <= _MAX_DEPTH:
            return False
    return depth == 0 and not re.search(r"(?<!\\)\$", tex)


def install_math(markdown: MarkdownIt) -> None:
    """Teach the parser math, before Markdown's own characters can cut it up."""
    markdown.inline.ruler.before("escape", "math", _math_inline)
    markdown.block.ruler.before(
        "fence",
        "math_block",
        _math_block,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )


def _math_inline(state: StateInline, silent: bool) -> bool:
    source, position = state.src, state.pos
    if source[position] not in "$\\":
        return False
    for opener, closer, kind, pattern in _INLINE:
        if not source.startswith(opener, position):
            continue
        limit = position + _MAX_MATH_CHARACTERS
        if source.find(closer, position + len(opener), limit) < 0:
            continue
        match = pattern.match(source, position, limit)
        if (
            match
            and "`" not in match[0]
            and not (opener == "$" and _is_money(source, position, match[1]))
        ):
            if not silent:
                _push(state, kind, match)
            state.pos = match.end()
            return True
    return False


def _is_money(source: str, position: int, enclosed: str) -> bool:
    """`US$5 and A$6`, `$10 a month, 5$ each`: a sign glued to a word, or one before prose."""
    before = source[position - 1 : position]
    return (before.isascii() and before.isalnum()) or _PROSE.search(enclosed) is not None


def _push(state: StateInline, kind: str, match: re.Match[str]) -> None:
    token = state.push(kind, "math", 0)
    token.content = match[1]
    token.markup = match[0]


def _math_block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    start = state.bMarks[first] + state.tShift[first]
    if state.is_code_block(first) or not state.src.startswith(("$$", "\\[", "\\begin{"), start):
        return False
    end = first + 1
    last = min(last, first + _MAX_MATH_LINES)
    while end < last and not state.isEmpty(end) and state.sCount[end] >= state.blkIndent:
        end += 1
    looked_at = state.env.setdefault("math_lines", [0])
    looked_at[0] += end - first
    if looked_at[0] > _LINE_BUDGET:
        return False
    text = state.getLines(first, end, state.blkIndent, False).lstrip()[:_MAX_MATH_CHARACTERS]
    match = _BLOCK_PATTERN.match(text)
    if not match or (match.end() < len(text) and text[match.end()] != "\n"):
        return False
    if not silent:
        _push_block(state, first, text, match)
    return True


def _push_block(state: StateBlock, first: int, text: str, match: re.Match[str]) -> None:
    body: dict[str, Any] = match.groupdict()
    token = state.push("math_block", "math", 0)
    token.content = body["dollars"] or body["brackets"] or body["environment"]
    token.markup = match[0].rstrip()
    token.info = body["rest"]
    token.map = [first, first + text.count("\n", 0, match.end()) + 1]
    state.line = token.map[1]
