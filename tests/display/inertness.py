"""Read what saved Markdown becomes in the hosts' parsers, and find what is live in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import cmarkgfm
import mistune
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt
from nbconvert.filters.markdown_mistune import markdown2html_mistune

_TAG_NAMES = (
    "p br span em strong del s code pre h1 h2 h3 h4 h5 h6 ul ol li blockquote "
    "table thead tbody tr th td a sub details summary hr div"
)
TAGS = frozenset(_TAG_NAMES.split())
DENIED_TEX = re.compile(
    r"\\(href|url|mmlToken|style|class|cssId|require|includegraphics|html\w*|unicode|bbox|"
    r"[gex]?def|let|newcommand|renewcommand|input|include|csname|rule|data|enclose)(?![A-Za-z])"
)
# What MathJax looks for in the text of a page, one text node at a time.
_PAGE_MATH = re.compile(
    r"\$\$.+?\$\$|\$.+?\$|\\\(.+?\\\)|\\\[.+?\\\]|\\begin\s*\{[^}]*\}|\\(?:eq)?ref\s*\{", re.DOTALL
)


class Page(HTMLParser):
    """Collects the elements, their attributes, the text, and the math MathJax would find."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.elements: list[str] = []
        self.links: list[str] = []
        self.titles: list[str] = []
        self.text = ""
        self.math: list[str] = []
        self._literal = 0
        self._node = ""
        self.feed(html)
        self.close()
        self._end_node()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_node()
        self.elements.append(tag)
        self._literal += tag in ("pre", "code")
        if tag == "br":
            self.text += "\n"
        if tag not in TAGS:
            self.problems.append(f"<{tag}>")
        for name, value in attrs:
            if (tag, name) == ("a", "title"):
                # Whom the link reaches, in the address's own safe characters.
                self.titles.append(value or "")
                fine = value is not None and value in (dict(attrs).get("href") or "")
            else:
                fine = self._is_fine(tag, name, value or "")
            if not fine:
                self.problems.append(f"<{tag} {name}={value!r}>")

    def _is_fine(self, tag: str, name: str, value: str) -> bool:
        if tag == "a" and name == "href":
            if value.startswith("#"):
                return True  # nbconvert's own heading anchors
            self.links.append(value)
            return re.match(r"(https?://|mailto:)[^\s\"'<>\\]+$", value) is not None
        if tag in ("td", "th") and name in ("style", "align"):
            return re.fullmatch(r"(text-align: ?)?(left|right|center);?", value) is not None
        if name == "class":
            return re.fullmatch(r"[A-Za-z0-9_+#. \u037c-]*", value) is not None
        # nbconvert names headings by their text.
        heading_id = tag in ("h1", "h2", "h3", "h4", "h5", "h6") and name == "id"
        return heading_id or (tag, name) in {("ol", "start"), ("details", "open")}

    def handle_endtag(self, tag: str) -> None:
        self._end_node()
        self._literal -= tag in ("pre", "code")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._literal <= 0:
            self._node += data

    def _end_node(self) -> None:
        for found in _PAGE_MATH.findall(self._node):
            self.math.append(found)
            if DENIED_TEX.search(found):
                self.problems.append(f"live {found}")
        self._node = ""

    def handle_comment(self, data: str) -> None:
        self.problems.append("a comment")

    def handle_decl(self, decl: str) -> None:
        self.problems.append("a declaration")

    def handle_pi(self, data: str) -> None:
        self.problems.append("a processing instruction")


def markdown_it(markdown: str) -> str:
    """As VS Code and others read it: raw HTML on."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    html: str = parser.render(markdown)
    return html


def cmark_gfm(markdown: str) -> str:
    """GitHub's parser, without the sanitiser that GitHub applies to its output."""
    html: str = cmarkgfm.markdown_to_html_with_extensions(
        markdown.encode("utf-8", "replace").decode(),
        Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES,
        ["table", "strikethrough", "autolink", "tasklist"],
    )
    return html


_MISTUNE = mistune.create_markdown(
    escape=False,
    plugins=[
        "table",
        "strikethrough",
        "url",
        "footnotes",
        "task_lists",
        "def_list",
        "abbr",
        "math",
    ],
)


def mistune_alone(markdown: str) -> str:
    """With every plugin that makes something of text, and raw HTML on."""
    return str(_MISTUNE(markdown))


def nbconvert(markdown: str) -> str:
    return markdown2html_mistune(markdown)


def jupyterlab(markdown: str) -> str:
    """As JupyterLab reads it: math cut out, Markdown parsed, math pasted back."""
    text, math = cut_math(markdown)
    return paste_math(markdown_it(text), math)


def paste_math(html: str, math: list[str]) -> str:
    return re.sub(r"@@(\d+)@@", lambda m: math[int(m[1])] if int(m[1]) < len(math) else m[0], html)


HOSTS = {
    "markdown-it": markdown_it,
    "cmark-gfm": cmark_gfm,
    "mistune": mistune_alone,
    "nbconvert": nbconvert,
    "jupyterlab": jupyterlab,
}

_PIECES = re.compile(
    r"(\$\$?|\\(?:begin|end)\{[a-z]*\*?\}|\\[{}$]|[{}]|(?:\n\s*)+|@@\d+@@|\\\\[()\[\]])",
    re.IGNORECASE,
)
_FENCE = re.compile(r"^(?P<fence>`{3,}|(?:~T){3,})[^`\n]*\n([\s\S]*?)^(?P=fence)`*$", re.MULTILINE)
_SPAN = re.compile(r"(^|[^\\])(`+)([^\n]*?[^`\n])\2(?!`)", re.MULTILINE)


def cut_math(text: str) -> tuple[str, list[str]]:
    """A port of JupyterLab 4's `removeMath`."""
    has_code = "`" in text or "~~~" in text
    if has_code:
        text = text.replace("~", "~T")
        text = _FENCE.sub(lambda m: m[0].replace("$", "~D"), text)
        text = _SPAN.sub(lambda m: m[0].replace("$", "~D"), text)
    cutter = _MathCutter(_PIECES.split(text), has_code=has_code)
    cutter.run()
    joined = "".join(cutter.pieces)
    return (_restore(joined) if has_code else joined), cutter.math


def _restore(text: str) -> str:
    return re.sub("~([TD])", lambda m: "~" if m[1] == "T" else "$", text)


class _MathCutter:
    def __init__(self, pieces: list[str], *, has_code: bool) -> None:
        self.pieces, self._has_code = pieces, has_code
        self.math: list[str] = []
        self._reset()

    def _reset(self) -> None:
        self._start: int | None = None
        self._last: int | None = None
        self._end, self._depth = "", 0

    def run(self) -> None:
        for i in range(1, len(self.pieces), 2):
            piece = self.pieces[i]
            if piece.startswith("@"):
                self.pieces[i] = f"@@{len(self.math)}@@"
                self.math.append(piece)
            elif self._start is not None:
                self._inside(i, piece)
            else:
                self._outside(i, piece)
        if self._start is not None and self._last is not None:
            self._cut(self._last)

    def _inside(self, i: int, piece: str) -> None:
        if piece == self._end:
            if self._depth:
                self._last = i
            else:
                self._cut(i)
        elif re.search(r"\n.*\n", piece):
            if self._last is not None:
                self._cut(self._last)
            self._reset()
        elif piece == "{":
            self._depth += 1
        elif piece == "}" and self._depth:
            self._depth -= 1

    def _outside(self, i: int, piece: str) -> None:
        ends = {"$": "$", "$$": "$$", "\\\\(": "\\\\)", "\\\\[": "\\\\]"}
        if piece in ends:
            self._start, self._end, self._depth = i, ends[piece], 0
        elif piece[1:6] == "begin":
            self._start, self._end, self._depth = i, "\\end" + piece[6:], 0

    def _cut(self, last: int) -> None:
        assert self._start is not None
        block = "".join(self.pieces[self._start : last + 1])
        block = block.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for i in range(self._start, last + 1):
            self.pieces[i] = ""
        self.pieces[self._start] = f"@@{len(self.math)}@@"
        self.math.append(_restore(block) if self._has_code else block)
        self._reset()


def problems(markdown: str) -> list[str]:
    """What is live in it, in any host, and should not be."""
    return [f"{host}: {p}" for host, read in HOSTS.items() for p in Page(read(markdown)).problems]
