"""An answer is drawn alike however it arrives, and only mathematics becomes mathematics."""

from __future__ import annotations

from typing import Any

import pytest
from browser.lab import VIEW, Lab, Notebook
from browser.scripts import script
from corpora import each, taken
from hostile.corpus import TEXTS as HOSTILE

DRAW = script("drawn_answer.js")


def draw(
    page: Notebook, lab: Lab, text: str, *, size: int = 10**9, pause_ms: int = 0
) -> dict[str, Any]:
    options = {"url": lab.url + VIEW, "text": text, "size": size, "pause": pause_ms}
    drawn: dict[str, Any] = page.js(DRAW, options)
    return drawn


TEXTS = {
    "headings without blank lines": "# A\ntext\n## B\n- x\n- y\n### C\nSetext\n---\nmore\n",
    "code in a list": "1. a\n\n   ```py\n   x = 1\n\n   y < 2\n   ```\n\n2. b\n\n   more\n\nend\n",
    "a list after a paragraph": "Steps:\n1. a\n\n   ```py\n   x\n   ```\n2. b\n\n   text\n\nend",
    "fences of all kinds": (
        "~~~~\n```\n~~~\n~~~~\n```` py\n```\n````\n   ```\n   x\n   ```\n```\nopen"
    ),
    "a table and a quote": "| a | b |\n|:-:|--:|\n| 1 | $x$ |\n\n> q\n> - r\n\n> s\nlazy\n",
    "references": (
        "See [one][1] and [two].\n\n```py\nx\n```\n\n"
        "[1]: https://a.example\n[two]: https://b.example"
    ),
    "carriage returns": "a\r\n\r\nb\r\n```\r\nc\r\n```\r\nd",
    "math everywhere": (
        "$a$ and \\(b\\)\n\n$$\nc\n$$\n\n\\[\nd\n\\]\n\n\\begin{align}e&=f\\end{align}"
    ),
    "long line": "word " * 9000,
    "long block": "line of text\n" * 4000,
    "long code": "```py\n" + "x = 1  # one\n" * 1500 + "```\nend",
    "Chinese": "**加粗**。公式$x^2$在这里,价格$5。\n\n- 一\n- 二\n",
}


@pytest.mark.parametrize("size", [1, 3, 64])
@each("name", TEXTS, core=3)
def test_answer_is_drawn_alike_however_it_was_cut(
    lab: Lab, empty_page: Notebook, name: str, size: int
) -> None:
    text = TEXTS[name]
    if len(text) / size > 5000:
        size = len(text) // 500
    pause_ms = 5 if len(text) / size < 60 else 0

    cut = draw(empty_page, lab, text, size=size, pause_ms=pause_ms)

    assert cut["html"] == draw(empty_page, lab, text)["html"]


@pytest.mark.smoke
def test_tricks_are_drawn_alike_however_they_were_cut(lab: Lab, empty_page: Notebook) -> None:
    unlike = []
    for trick in taken(HOSTILE[::5], core=6):
        cut = draw(empty_page, lab, trick, size=9, pause_ms=3)
        if cut["html"] != draw(empty_page, lab, trick)["html"]:
            unlike.append(trick)

    assert unlike == []


FORMULAS = {
    "It costs $5 and $10.": [],
    "From $5-$10, or US$5/US$6 (that is 5$ each).": [],
    "I have $20 and you have 5$ left": [],
    "Pay $100 dollars, then $x$.": ["$x$"],
    "$x$, $y$-axis, $a_i<b_i$.": ["$x$", "$y$", "$a_i<b_i$"],
    "价格$x$元": ["$x$"],
    "`$x$` and ``\\(y\\)``": [],
    "```\n$x$\n```": [],
    "    $x$ in indented code is $y$": [],
    "\\$x\\$ and \\\\(y\\\\)": [],
    "\\(a\\) \\[b\\]": ["\\(a\\)", "\\[b\\]"],
    "$$a\n+b$$": ["$$a\n+b$$"],
    "$$a\n\nb$$": [],
    "an open $x and \\(y": [],
    "*a $b*c$ d*": ["$b*c$"],
    "- $$x$$\n- | $y|z$": ["$$x$$", "$y|z$"],
    "[$x$](https://a.example)": ["$x$"],
}


@pytest.mark.smoke
@each("text", FORMULAS, core=len(FORMULAS))
def test_only_mathematics_becomes_mathematics(lab: Lab, empty_page: Notebook, text: str) -> None:
    assert draw(empty_page, lab, text)["formulas"] == FORMULAS[text]


NOT_MATHEMATICS = [
    "$\\href{javascript:x}{y}$",
    "$\\HREF{x}{y}$",
    "$\\mmlToken{mi}{x}$",
    "$\\def\\x{y}$",
    "$\\htmlClass{a}{b}$",
    "$\\label{a}$",
    "${x$",
    "$}x{$",
    '$"x"$',
]


@each("text", NOT_MATHEMATICS, core=9)
def test_formula_that_is_not_mathematics_is_shown_as_typed(
    lab: Lab, empty_page: Notebook, text: str
) -> None:
    drawn = draw(empty_page, lab, text)

    assert (drawn["formulas"], drawn["refused"]) == ([], [text])
    assert drawn["text"] == text


def test_link_may_precede_its_definition(lab: Lab, empty_page: Notebook) -> None:
    drawn = draw(empty_page, lab, TEXTS["references"])

    assert drawn["links"] == ["https://a.example/", "https://b.example/"]
