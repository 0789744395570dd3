from __future__ import annotations

import re
from collections import Counter

import pytest
from corpora import each, in_full
from display.inertness import HOSTS, Page, problems
from hostile.corpus import PAYLOADS, TEXTS, taken_texts
from hypothesis import given, settings
from hypothesis import strategies as st

from qwq_magic.display.saved.markdown import MAX_PARSED_CHARACTERS, saved_markdown
from qwq_magic.display.saved.math import live_math
from qwq_magic.display.saved.text import escape_paragraphs, escape_span

PLACES = (
    "{}",
    "> {}",
    "- {}",
    "1. a\n\n   {}",
    "# {}",
    "| a |\n|---|\n| {} |",
    "**{}** x",
    "[{}](http://a.example)",
    "!{}",
    "x $y$ {} $z$",
    "*a* `c` {} ``` `",
)


def read(answer: str, host: str) -> Page:
    return Page(HOSTS[host](saved_markdown(answer)))


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_corpus_is_live_unless_it_is_rewritten() -> None:
    # nbconvert refuses a notebook with a missing attachment altogether.
    live = [text for text in TEXTS if "attachment:" in text or problems(text)]
    families = Counter(payload.family for payload in PAYLOADS)

    assert len(TEXTS) == len(set(TEXTS)) >= 600
    assert min(families.values()) >= 100
    assert len(live) > 500


@each("place", PLACES, core=len(PLACES))
def test_nothing_of_a_hostile_answer_is_live_in_any_host(place: str) -> None:
    live = {
        payload: found
        for payload in taken_texts(core=12)
        if (found := problems(saved_markdown(place.replace("{}", payload))))
    }

    assert live == {}


def test_no_prefix_of_a_hostile_answer_is_live() -> None:
    prefixes = {p[:end] for p in taken_texts(core=12) for end in range(1, len(p), 5)}
    live = {p: found for p in prefixes if (found := problems(saved_markdown(p)))}

    assert live == {}


@pytest.mark.parametrize("escape", [escape_paragraphs, escape_span])
def test_escaped_text_is_neither_markdown_nor_html_nor_math(escape: object) -> None:
    assert callable(escape)
    for payload in taken_texts(core=12):
        for page in (Page(host(f"x {escape(payload)}")) for host in HOSTS.values()):
            assert (page.problems, page.links, page.math) == ([], [], []), payload
            assert set(page.elements) <= {"p", "br", "span"}, payload


DELIMITERS = (
    "!|^|@@|\\!|![x](http://a.b/c.png)|<http://a.b>|$|$$|`|``|```|~~~|\\|\\\\|\\(|\\)|\\[|\\]|{|}|[|]|"
    "](|](http://a.b)|)|![|<b>|<|&lt;|&#10;|&#36;|*|**|_|~~|\\begin{a}|\\end{a}|\\begin{align}|"
    "\\end{align}|@@0@@|x|1|\"|'|#|=|---|%|\\$|$x$|`$`|`$$`|<img src=x onerror=alert(1)>|"
    "[x](javascript:alert(1))|\\href{javascript:x}{y}|\\text{|中|\\\\[2pt]| |\t|\u2028|"
    "\n|\n\n|\n- |\n1. |\n> |\n    |\n```\n"
)
PIECES = st.sampled_from([*DELIMITERS.split("|"), "|", "\n| a |\n|---|\n| "])


@settings(max_examples=in_full(200, core=50))
@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_mixture_of_delimiters_is_live(answer: str) -> None:
    assert problems(saved_markdown(answer)) == []


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("answer", "elements", "text"),
    [
        ("# A & B\n\n## C#", "h1 h2", "A & B C#"),
        ("a **b** *c* ~~d~~ `e`", "p strong em del code", "a b c d e"),
        ("**粗体**中文，🙂 ok", "p strong", "粗体中文，🙂 ok"),
        ("1 < 2 && 3 > 2; <b>x</b> &amp; &lt;", "p", "1 < 2 && 3 > 2; <b>x</b> & <"),
        ("- a\n- b\n  - c\n    - d\n- e", "ul li li ul li ul li li", "a b c d e"),
        ("3. a\n4. b\n\n   more", "ol li p li p p", "a b more"),
        ("- a\n\n* b", "ul li ul li", "a b"),
        ("- [ ] a\n- [x] b", "ul li li", "☐ a ☑ b"),
        ("> a\n> > b", "blockquote p blockquote p", "a b"),
        ("| a | b |\n|---|--:|\n| `x|y` | 2 |", "table thead tr th th tbody tr td td", "a b x|y 2"),
        ("a\n\n***\n\nb", "p hr p", "a b"),
        ("a  \nb\nc", "p br", "a b c"),
        ("[t](https://a.example/x_(y)?a=1&b=2)", "p a", "t"),
        ("$5 and $10, \\$3, US$4", "p span span span span", "$5 and $10, $3, US$4"),
        ("C:\\dir \\alpha 1\\. x", "p span span", "C:\\dir \\alpha 1. x"),
        ("2024\\. was\n\\- x\n\\# y", "p", "2024. was - x # y"),
        ("`a < b && $c \\d | e`", "p code", "a < b && $c \\d | e"),
    ],
)
def test_an_answer_reads_as_it_was_meant(host: str, answer: str, elements: str, text: str) -> None:
    page = read(answer, host)

    # Parsers differ on which list items hold paragraphs; headings get anchors in nbconvert.
    wanted = [tag for tag in elements.split() if not ("li" in elements and tag == "p")]
    drawn = [tag for tag in page.elements if tag in wanted]
    assert drawn == wanted
    assert words(page.text.replace("¶", " ")) == text


@pytest.mark.parametrize("host", HOSTS)
def test_code_keeps_every_character(host: str) -> None:
    code = 'if a < b && c:\n\n    print(f"$x ${y} `z` <b> \\n")  # ``` $$ \\begin{a}\n'

    top = read(f"````python\n{code}````\n\nend", host)
    nested = read(
        "1. x\n" + "".join(f"   {line}\n" for line in f"````\n{code}````".split("\n")), host
    )

    assert code in top.text
    assert code in nested.text
    assert top.problems + nested.problems == []


# Plain markdown-it, which knows no math, halves the backslashes; those two do know it.
@pytest.mark.parametrize("host", ["nbconvert", "jupyterlab"])
@pytest.mark.parametrize(
    ("answer", "math"),
    [
        ("so $a_1 * b_1 * c$ and $d$", ["$a_1 * b_1 * c$", "$d$"]),
        ("\\(a<b\\) \\[x^2\\]", ["$a< b$", "$$x^2$$"]),
        ("$$\na &= b \\\\\n+ c &= d % note\n$$", ["$$a & = b \\\\ + c & = d$$"]),
        ("$x$$y$ \\(z\\)\\(w\\)", ["$z$", "$w$"]),
        ("- a\n  \\[\n  x\n  \\]", ["$$x$$"]),
        ("> $$x$$", ["$$x$$"]),
        ("| a |\n|---|\n| $\\|x\\|$ |", ["$\\vert x\\vert$"]),
        ("\\begin{align*}\nx &= 1\n\\end{align*}", ["$$\\begin {align*} x & = 1 \\end {align*}$$"]),
        ("**so $x**y$**", ["$x**y$"]),
        ("设$x$为 $ x^2 $", ["$x$", "$x^2$"]),
        ("$\\begin{pmatrix}1&2\\\\[2pt]3\\end{pmatrix}$", None),
    ],
)
def test_math_stays_live(host: str, answer: str, math: list[str] | None) -> None:
    page = read(answer, host)

    found = [words(item) for item in page.math]
    if math is None:
        assert [item.count("\\begin {pmatrix}") for item in found if "$" in item] == [1]
    else:
        assert [item for item in math if item not in found] == []


@pytest.mark.parametrize(
    "tex",
    [
        "\\href{javascript:1}{x}",
        "\\htmlStyle{x}{y}",
        "\\newcommand{\\x}{y}",
        "\\let\\x\\y",
        "x}{y",
        "{x",
        'a "quote"',
        "`x`",
        "x\\",
        "@@0@@",
        "\\hspace{-900em}x",
        "\\color{url(x)}x",
        "\\smash{x}",
        "\\genfrac{}{}{9em}{}{x}{y}",
        "\\begin{multlined}[999em]x\\end{multlined}",
        "\\begin{alignat}{99999999}x\\end{alignat}",
        "\\begin{array}{p{999em}}x\\end{array}",
        "x\\newline[999em]y",
        "\\!" * 13 + "x",
        "x\\\\" * 61 + "x",
        "\\sqrt{" * 41 + "x" + "}" * 41,
    ],
)
def test_math_that_may_not_be_live_is_shown_as_code(tex: str) -> None:
    page = read(f"so ${tex}$ is", "markdown-it")

    assert live_math(tex) is None
    assert page.math == []


@pytest.mark.parametrize(
    "tex",
    [
        "\\hspace{1em}x",
        "\\color{red}x",
        "\\left\\{x\\right.",
        "a \\newline b",
        "\\displaystyle x",
        "5\\%",
    ],
)
def test_harmless_math_is_written_as_it_is(tex: str) -> None:
    assert live_math(tex) == tex


@pytest.mark.parametrize("host", HOSTS)
def test_an_image_is_a_link_that_says_where_it_leads(host: str) -> None:
    page = read('![a chart](https://img.example/x.png "t") ![](data:image/png;base64,AA)', host)

    assert page.links == ["https://img.example/x.png"]
    assert "image: a chart – img.example" in page.text
    assert "img" not in page.elements


@pytest.mark.parametrize("host", HOSTS)
def test_only_web_and_mail_addresses_are_links(host: str) -> None:
    answer = "[a](https://a.example/$x?b=1&c=2) <me@b.example> [c](command:x) [d](/lab) <ftp://e.example>"
    page = read(answer, host)

    assert page.links == ["https://a.example/%24x?b=1&c=2", "mailto:me@b.example"]
    assert "c (command:x) d (/lab) ftp://e.example" in words(page.text)


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("[https://bank.example](https://evil.example/a)", "evil.example"),
        ("[bank.example](https://bank.example@x@evil.example/)", "evil.example"),
        ("[x](https://evil.example:8443?a#b)", "evil.example"),
        ("[x](mailto:me@evil.example?subject=y)", "me@evil.example"),
        ("[x](https://evil.example$y`z/)", "evil.example%24y%60z"),
        ("<https://evil.example/>", None),
    ],
)
def test_a_link_names_its_real_host_even_if_its_text_lies(answer: str, title: str | None) -> None:
    for host in HOSTS:
        assert read(answer, host).titles == ([title] if title else []), host


def test_hosts_that_run_a_language_do_not_get_its_name() -> None:
    names = ["mermaid", "\u00a0mermaid", "Mermaid2", "math", "geojson", "vega", "dot", 'js"x']
    saved = [saved_markdown(f"```{name}\nx\n```") for name in (*names, "Python mermaid")]

    assert [text.split("\n")[0] for text in saved] == ["```"] * 8 + ["```Python"]
    assert saved_markdown("```c++\nx\n```") == "```c++\nx\n```"


@pytest.mark.parametrize(
    "runaway",
    [
        ">" * 3_000 + " end",
        "- " * 3_000 + "end",
        "*a " * 20_000 + "end",
        "*" * 8_000 + "end" + "*" * 8_000,
        "[" * 60_000 + "end",
        "\\[ " * 20_000 + "end",
        "$$a\n" * 5_000 + "end",
        "x " * MAX_PARSED_CHARACTERS + "end",
    ],
)
def test_runaway_markdown_is_saved_whole_and_shallow(runaway: str) -> None:
    saved = saved_markdown(runaway)
    page = Page(HOSTS["markdown-it"](saved))

    assert page.text.rstrip().rstrip("*").endswith("end")
    assert page.problems == []
    assert max(len(run) for run in re.findall("(?:<(?:em|strong)>)*", saved)) <= 20 * 8
    assert "> " * 60 not in saved


def padded_table(columns: int, rows: int) -> str:
    return "|a" * columns + "|\n" + "|-" * columns + "|\n" + "|\n" * rows


LONG_ADDRESS = "https://x.example/" + "y" * 1900


@pytest.mark.parametrize(
    "growing",
    [
        padded_table(1000, 1500),
        (padded_table(3300, 2400) + "\n") * 4,
        (padded_table(30, 33) + "\n") * 300,
        "> " * 45 + "a\n" + "b\n" * 60_000,
        "- " * 45 + "a\n" + "b\n" * 60_000,
        f"[a]: {LONG_ADDRESS}\n\n" + "[a]\n\n" * 5_000,
        f"[a]: {LONG_ADDRESS}\n\n" + "![a]\n\n" * 5_000,
    ],
    ids=lambda text: f"{text[:6]!r}, {len(text)}",
)
def test_what_would_grow_in_a_parser_is_saved_as_text(growing: str) -> None:
    assert len(saved_markdown(growing)) < 6 * len(growing)


def test_a_table_with_short_rows_stays_a_table() -> None:
    saved = saved_markdown("| a | b | c |\n|---|---|---|\n" + "| x |\n" * 20)

    assert saved.count("| x |  |  |") == 20


def test_after_very_many_formulas_the_rest_is_code() -> None:
    saved = saved_markdown("$x$ " * 600 + "\n\n\\[\ny\n\\]")

    assert saved.count("$x$") == 500
    assert saved.count("<code>&#36;x&#36;</code>") == 100
    assert saved.endswith("```\n\\[\ny\n\\]\n```")


def test_controls_and_bidirectional_tricks_do_not_survive_entities() -> None:
    saved = saved_markdown("a&#27;[2J&#x202e;b&#10;&#10;# c \x1b[31md\x1b[0m `\u2066e`")

    assert saved == "a\ufffd&#91;2Jb  &#35; c d `e`"


@pytest.mark.parametrize("host", HOSTS)
def test_a_paragraph_of_very_many_marks_is_an_html_block_that_reads_the_same(host: str) -> None:
    line = "**a** $5 [b](https://a.example) `c` "
    page = read(f"- {line * 300}\n\n# {line * 200}\n\n| a |\n|---|\n| {line * 200} |", host)

    assert page.problems == []
    assert words(page.text).count("a $5 b c") == 500
    assert max(map(len, saved_markdown(line * 300).split("<p>"))) > 10_000
