r"""Find math in an answer, and keep only harmless math live in saved Markdown.

JupyterLab removes math before it parses the Markdown, and inserts it again with only `&`, `<`
and `>` escaped; other front ends parse it as Markdown. So live math must be safe as both: on
one line, with balanced braces, without quotes or backticks, and with nothing a Markdown parser
could read as HTML, a link or the end of the math. The spaces this requires do not change the
TeX. Any other math is shown as code.
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
_MAX_BOXED_CHARACTERS = 4_000
_MAX_MATH_LINES = 100
# Lines read per answer to find the end of display math, which limits the cost if unclosed.
_LINE_BUDGET = 50_000
# The view in the browser follows the same rules, so they are read from its modules.
_RULES = view_patterns("markdown_patterns.js", "math_rules.js")

# Opener, closer, token type, and the pattern of the whole formula.
_INLINE = (
    # Display math within a paragraph.
    ("$$", "$$", "math_display", re.compile(r"\$\$((?:[^$\\]|\\.)+?)\$\$", re.DOTALL)),
    ("\\[", "\\]", "math_display", re.compile(r"\\\[(.+?)\\\]", re.DOTALL)),
    ("\\(", "\\)", "math_inline", re.compile(r"\\\((.+?)\\\)", re.DOTALL)),
    ("$", "$", "math_inline", re.compile(r"\$(?!\s)((?:[^$\\]|\\.)+?)(?<!\s)\$(?!\d)", re.DOTALL)),
    ("$ ", " $", "math_inline", re.compile(_RULES["SPACED_FORMULA"])),
)
_BLOCK_PATTERN = re.compile(
    r"(?:\$\$(?P<dollars>(?:[^$\\]|\\.)+?)\$\$"
    r"|\\\[(?P<brackets>(?:[^\\]|\\[^\]])+?)\\\]"
    rf"|(?P<environment>\\begin\{{(?P<name>{_RULES['BARE_ENVIRONMENTS']})\}}.+?\\end\{{(?P=name)\}})"
    r")[ \t]*(?P<rest>[.,;]?)[ \t]*",
    re.DOTALL,
)

_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n|$)")
_CONTROL_WORD = re.compile(r"\\([A-Za-z@]+)")
_DENIED = re.compile(_RULES["DENIED_COMMANDS"], re.IGNORECASE)
_MEASURED = re.compile(_RULES["MEASURED_COMMANDS"])
_ENVIRONMENT = re.compile(_RULES["ENVIRONMENTS"])
_BACKWARD = re.compile(_RULES["BACKWARD"])
_LENGTH = re.compile(_RULES["LENGTH"])
_SMALL_LENGTH = re.compile(_RULES["SMALL_LENGTH"])
_ATTRIBUTES = re.compile(_RULES["ATTRIBUTES"])
_MAX_BACKWARD = 12
_MAX_DEPTH = 40
# Saved output has no pane in which a tall formula could scroll.
_MAX_ROWS = 60
_PROSE = re.compile(_RULES["PROSE"])
_NEXT_NAME = re.compile(_RULES["NEXT_NAME"])
_BOXED = "\\boxed{"
_BOXED_PIECE = re.compile(r"\\.|[{}$`]", re.DOTALL)
_MEASURED_NAMES = frozenset({"hspace", "color", "textcolor"})
_ROW_GAP = re.compile(r"\\\\\[ ?[0-9.]{1,4} ?(?:em|ex|pt|cm|mm) ?\]")
_FORBIDDEN = re.compile(r'["`#]|@@|\^\^|\\\\\[|\\$')


def live_math(source: str, *, in_table: bool = False) -> str | None:
    """Return the math to write between dollar signs; None if it must not be live."""
    if len(source) > _MAX_MATH_CHARACTERS or not _is_harmless(source):
        return None
    # On one line, a comment would include everything after it.
    tex = " ".join(_COMMENT.sub(r"\1 ", source).split())
    tex = _ROW_GAP.sub(r"\\\\", tex)
    tex = re.sub(r"\\\\(?=[{}$&<\\])", r"\\\\ ", tex)
    while tex.endswith("\\\\"):
        tex = tex[:-2].rstrip()
    # nbconvert reads `\$$` as an escaped end, so braces separate the two.
    tex = re.sub(r"^\\\$|(?<!\\)\\\$$", r"{\\$}", tex)
    # nbconvert splits a paragraph at `\begin{`, even within dollar signs.
    tex = tex.replace("\\begin{", "\\begin {").replace("\\end{", "\\end {")
    # A space prevents parsers from reading a tag, an entity, an image or a link.
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
    """Add rules for math to the parser, ahead of those that would split formulas."""
    markdown.inline.ruler.before("escape", "math", _math_inline)
    markdown.block.ruler.before(
        "fence",
        "math_block",
        _math_block,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )


def _math_inline(state: StateInline, silent: bool) -> bool:
    found = _find_formula(state.src, state.pos)
    if found is None:
        return False
    kind, tex, end = found
    if not silent:
        token = state.push(kind, "math", 0)
        token.content = tex
        token.markup = state.src[state.pos : end]
    state.pos = end
    return True


def formula_at(source: str, position: int) -> int | None:
    """Return where the inline formula that begins at `position` ends; None if none does."""
    found = _find_formula(source, position)
    return found and found[2]


def _find_formula(source: str, position: int) -> tuple[str, str, int] | None:
    if source[position] not in "$\\":
        return None
    if source.startswith(_BOXED, position):
        end = _end_of_box(source, position)
        return None if end is None else ("math_inline", source[position:end], end)
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
            and not (opener.startswith("$") and opener != "$$" and _is_prose(source, match))
        ):
            return kind, match[1], match.end()
    return None


def _is_prose(source: str, match: re.Match[str]) -> bool:
    """Whether a dollar sign is a currency or begins a name: `US$5`, `5$ each`, `$A=$B`.

    It is if the sign follows a word directly, if the text up to the next sign is prose, or if
    the next sign begins a name.
    """
    before = source[match.start() - 1 : match.start()]
    if before.isascii() and before.isalnum():
        return True
    following = source[match.start() + 1 : match.end() + 1]
    return _PROSE.search(match[1]) is not None or _NEXT_NAME.search(following) is not None


def _end_of_box(source: str, position: int) -> int | None:
    """Return where a boxed result ends, which is a formula also without delimiters."""
    depth = 0
    limit = position + _MAX_BOXED_CHARACTERS
    for match in _BOXED_PIECE.finditer(source, position + len(_BOXED) - 1, limit):
        if match[0] in "$`":
            return None
        depth += (match[0] == "{") - (match[0] == "}")
        # A row of open boxes would be read again from each.
        if depth > _MAX_DEPTH:
            return None
        if not depth and match[0] == "}":
            return match.end() if match.end() > position + len(_BOXED) + 1 else None
    return None


def _math_block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    start = state.bMarks[first] + state.tShift[first]
    if state.is_code_block(first) or not state.src.startswith(("$$", "\\[", "\\begin{"), start):
        return False
    end = first + 1
    last = min(last, first + _MAX_MATH_LINES)
    while end < last and not state.isEmpty(end) and state.sCount[end] >= state.blkIndent:
        end += 1
    lines_read = state.env.setdefault("math_lines", [0])
    lines_read[0] += end - first
    if lines_read[0] > _LINE_BUDGET:
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
