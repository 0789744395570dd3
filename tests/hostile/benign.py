"""Ordinary Markdown that must come out unchanged to the eye, with what the eye should see.

`sees` is the visible text, white space folded, each formula as ∎. `holds` counts elements
that give the text its look.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Piece:
    markdown: str
    sees: str
    holds: dict[str, int] = field(default_factory=dict)


BENIGN = {
    "a paragraph": Piece("Nine is larger.", "Nine is larger.", {"p": 1}),
    "two paragraphs": Piece("One.\n\nTwo.", "One. Two.", {"p": 2}),
    "soft break": Piece("one\ntwo", "one two", {"p": 1}),
    "hard breaks": Piece("one  \ntwo\\\nthree", "one two three", {"br": 2}),
    "emphasis": Piece("*a* **b** ***c***", "a b c", {"em": 2, "strong": 2}),
    "emphasis by underscores": Piece("_a_ __b__ snake_case_name", "a b snake_case_name", {"em": 1}),
    "emphasis beside punctuation": Piece(
        "**Note:** (*yes*), “**quoted**”.", "Note: (yes), “quoted”.", {"strong": 2, "em": 1}
    ),
    "emphasis in a word": Piece("un*believ*able", "unbelievable", {"em": 1}),
    "emphasis beside Chinese": Piece("这是 **粗体** 文字。", "这是 粗体 文字。", {"strong": 1}),
    "strikethrough": Piece("~~old~~ new", "old new", {"del, s": 1}),
    "a lone tilde": Piece("about ~5 and ~6", "about ~5 and ~6", {"del, s": 0}),
    "headings": Piece("# A\n\n## B\n\n###### C", "A B C", {"h1": 1, "h2": 1, "h6": 1}),
    "heading with code": Piece("## Use `x < y`", "Use x < y", {"h2": 1, "h2 code": 1}),
    "setext heading": Piece("Title\n=====\n\nSub\n---", "Title Sub", {"h1": 1, "h2": 1}),
    "rule": Piece("a\n\n---\n\nb", "a b", {"hr": 1}),
    "inline code": Piece("`a < b && $c`", "a < b && $c", {"code": 1}),
    "code with entities": Piece("`&amp; &lt;b&gt;`", "&amp; &lt;b&gt;", {"code": 1}),
    "code with backticks": Piece("`` a ` b ``", "a ` b", {"code": 1}),
    "generic in code": Piece("a `List<int>` b", "a List<int> b", {"code": 1}),
    "generic in text": Piece("a List<int> b", "a List<int> b", {"p": 1}),
    "comparison in text": Piece("if a<b and c>d, 1 < 2", "if a<b and c>d, 1 < 2", {"p": 1}),
    "ampersand": Piece("R&D, AT&T, a && b", "R&D, AT&T, a && b"),
    "entities": Piece("&copy; 2026 &mdash; &lt;b&gt; &#8364;5", "© 2026 — <b> €5"),
    "fence": Piece(
        '```python\nif a < b & c:\n    print(f"${x}")\n```',
        'if a < b & c: print(f"${x}")',
        {"pre": 1},
    ),
    "fence without a language": Piece(
        "```\n<div>&nbsp;</div>\n```", "<div>&nbsp;</div>", {"pre": 1}
    ),
    "fence in C++": Piece("```c++\nstd::vector<int> v;\n```", "std::vector<int> v;", {"pre": 1}),
    "fence with fences": Piece("````md\n```py\nx\n```\n````", "```py x ```", {"pre": 1}),
    "tilde fence": Piece("~~~sh\necho $HOME | wc\n~~~", "echo $HOME | wc", {"pre": 1}),
    "indented code": Piece("a\n\n    x <- 1\n\nb", "a x <- 1 b", {"pre": 1}),
    "two fences": Piece("```\na\n```\n\n```\nb\n```", "a b", {"pre": 2}),
    "bullets": Piece("- a\n- b\n- c", "a b c", {"ul": 1, "li": 3}),
    "numbers": Piece("1. a\n2. b\n3. c", "a b c", {"ol": 1, "li": 3}),
    "numbers from seven": Piece("7. a\n8. b", "a b", {"ol[start='7']": 1, "li": 2}),
    "nested list": Piece("- a\n  - b\n    - c\n- d", "a b c d", {"ul": 3, "li": 4}),
    "mixed list": Piece("1. a\n   - b\n   - c\n2. d", "a b c d", {"ol": 1, "ul": 1, "li": 4}),
    "list with paragraphs": Piece("- a\n\n  b\n\n- c", "a b c", {"ul": 1, "li": 2}),
    "list with code": Piece(
        "1. a\n\n   ```\n   x < y\n   ```\n2. b", "a x < y b", {"ol": 1, "pre": 1}
    ),
    "long list": Piece(
        "\n".join(f"- item {n}" for n in range(60)),
        " ".join(f"item {n}" for n in range(60)),
        {"li": 60},
    ),
    "list after text": Piece("Steps:\n- a\n- b", "Steps: a b", {"ul": 1, "li": 2}),
    "tasks": Piece("- [ ] open\n- [x] done", "☐ open ☑ done", {"li": 2}),
    "quote": Piece("> a\n> b", "a b", {"blockquote": 1}),
    "nested quotes": Piece("> a\n>\n> > b", "a b", {"blockquote": 2}),
    "list in a quote": Piece("> - a\n> - b", "a b", {"blockquote ul": 1, "li": 2}),
    "table": Piece("| a | b |\n|:--|--:|\n| 1 | `x` |", "a b 1 x", {"table": 1, "th": 2, "td": 2}),
    "table with pipes": Piece("| a |\n|---|\n| x \\| y |", "a x | y", {"td": 1}),
    "wide table": Piece(
        "|" + " h |" * 12 + "\n|" + "---|" * 12 + "\n|" + " 1 |" * 12,
        " ".join(["h"] * 12 + ["1"] * 12),
        {"th": 12, "td": 12},
    ),
    "link": Piece(
        "[docs](https://docs.example/a?b=1&c=2)",
        "docs",
        {"a[href='https://docs.example/a?b=1&c=2']": 1},
    ),
    "link with brackets": Piece(
        "[x](https://a.example/b_(c))",
        "x",
        {"a[href='https://a.example/b_(c)'], a[href='https://a.example/b_%28c%29']": 1},
    ),
    "reference link": Piece(
        "See [the docs][1].\n\n[1]: https://docs.example/",
        "See the docs.",
        {"a[href='https://docs.example/']": 1},
    ),
    "autolink": Piece("<https://a.example/>", "https://a.example/", {"a": 1}),
    "mail": Piece("[me](mailto:me@a.example)", "me", {"a[href='mailto:me@a.example']": 1}),
    "bold link": Piece("**[a](https://a.example/)**", "a", {"strong a, a strong": 1}),
    "prices in prose": Piece("From $10 a month to 5$ each", "From $10 a month to 5$ each"),
    "prices": Piece("It is $5 and $10, or US$20.", "It is $5 and $10, or US$20."),
    "price range": Piece("$5-$10 a month, 5$ each", "$5-$10 a month, 5$ each"),
    "shell variables": Piece("Set $HOME and $PATH first.", "Set $HOME and $PATH first."),
    "inline math": Piece("so $a<b$ holds", "so ∎ holds", {"math": 1}),
    "Greek letters": Piece("$\\alpha, \\beta$ and $\\gamma$", "∎ and ∎", {"math": 2}),
    "math in brackets": Piece("so \\(a^2\\) is", "so ∎ is", {"math": 1}),
    "display math": Piece("$$\n\\frac{1}{2}\n$$", "∎", {"math": 1}),
    "display math in brackets": Piece("\\[\nx_1 + x_2\n\\]", "∎", {"math": 1}),
    "aligned math": Piece("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}", "∎", {"math": 1}),
    "math with stars": Piece("$a*b*c$ and *d*", "∎ and d", {"math": 1, "em": 1}),
    "math with underscores": Piece("$x_i$ and $y_i$", "∎ and ∎", {"math": 2, "em": 0}),
    "matrix": Piece("$\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$", "∎", {"math": 1}),
    "math in a list": Piece("- $x$\n- \\(y\\)", "∎ ∎", {"li": 2, "math": 2}),
    "math in a table": Piece("| a |\n|---|\n| $x^2$ |", "a ∎", {"td": 1, "math": 1}),
    "text in math": Piece("$x \\text{ if } y \\le 1$", "∎", {"math": 1}),
    "math in bold": Piece("**so $x$ it is**", "so ∎ it is", {"strong": 1, "math": 1}),
    "math after Chinese": Piece("设$x$为正数", "设∎为正数", {"math": 1}),
    "escapes": Piece("\\*not bold\\* 1\\. \\# \\_x\\_", "*not bold* 1. # _x_", {"em": 0}),
    "a path": Piece("C:\\Users\\me and \\alpha", "C:\\Users\\me and \\alpha"),
    "emoji": Piece("🙂 👩‍🔬 🇨🇳 👍🏽 :smile:", "🙂 👩‍🔬 🇨🇳 👍🏽 :smile:"),
    "Chinese": Piece("**结论**：9.9 更大，因为 0.9 > 0.11。", "结论：9.9 更大，因为 0.9 > 0.11。"),
    "Japanese and Korean": Piece("日本語と한국어", "日本語と한국어"),
    "Arabic": Piece("مرحبا **بالعالم** 123", "مرحبا بالعالم 123", {"strong": 1}),
    "Hebrew and English": Piece("שלום world", "שלום world"),
    "combining marks": Piece("café naïve Ǻ", "café naïve Ǻ"),
    "footnote-like": Piece("A claim[1] and x[i][j] and f[^1]", "A claim[1] and x[i][j] and f[^1]"),
    "brackets and braces": Piece("a[0] {b} (c) <d", "a[0] {b} (c) <d"),
    "year at the line start": Piece("In\n2024\\. was", "In 2024. was", {"ol": 0}),
    "minus at the line start": Piece("a\n\n\\- b", "a - b", {"ul": 0}),
    "mail in text": Piece("write to me@a.example now", "write to me@a.example now"),
    "address in text": Piece("see `https://a.example/x` there", "see https://a.example/x there"),
    "decorator": Piece("use @property and #tag", "use @property and #tag"),
    "quotes and dashes": Piece("“a” ‘b’ – c — d … e", "“a” ‘b’ – c — d … e"),
    "a long word": Piece("x" * 300, "x" * 300),
    "percent and hash": Piece("100 % of #3, 50%", "100 % of #3, 50%"),
    "caret and tilde": Piece("x^2 and ~y and a^b^c", "x^2 and ~y and a^b^c"),
    "everything together": Piece(
        "## Plan\n\n1. **Load** `df`\n2. Solve $Ax=b$\n\n> Note: *done*.\n\n"
        "| k | v |\n|---|---|\n| a | 1 |\n\n```py\nx = 1\n```\n",
        "Plan Load df Solve ∎ Note: done. k v a 1 x = 1",
        {"h2": 1, "ol": 1, "strong": 1, "math": 1, "blockquote": 1, "table": 1, "pre": 1},
    ),
}
