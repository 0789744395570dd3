"""Model text that tries to run, to load or to deceive once a browser draws it."""

from __future__ import annotations

HOST = "leak.invalid"
RUN = "window.__ran=1"
# `window.__ran` is set by any of these that comes alive; any request to HOST is a leak.

_HTML = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<img src='//{HOST}/a.png'>",
    f"<svg onload={RUN}><script>{RUN}</script></svg>",
    f"<math><mtext><img src=x onerror={RUN}></mtext></math>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src='javascript:parent.{RUN}'></iframe>",
    f"<style>@import url(//{HOST}/a.css);</style><link rel=stylesheet href=//{HOST}/b.css>",
    f"<div style='background:url(//{HOST}/a.png)'>x</div>",
    f"<video autoplay poster=//{HOST}/p.png src=//{HOST}/v.mp4></video>",
    f"<object data=//{HOST}/o></object><embed src=//{HOST}/e>",
    f"<base href=//{HOST}/><form action=//{HOST}/f id=panel><button autofocus onfocus={RUN}>x",
    f"<input autofocus onfocus={RUN}><button data-commandlinker-command=x>Run</button>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<select><style></select><img src=x onerror={RUN}></style>",
    f"<!--><img src=x onerror={RUN}>-->",
    f"</code></pre></div><script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt; &#60;img src=x onerror={RUN}&#62;",
    f"- a\n\n  <script>{RUN}</script>\n\n> <img src=//{HOST}/q.png onerror={RUN}>",
]
_LINKS = [
    f"[x](javascript:{RUN})",
    f"[x](JaVaScRiPt&colon;{RUN})",
    f"[x](java&#9;script:{RUN})",
    f"[x](data:text/html,<script>opener.{RUN}</script>)",
    "[x](command:workbench.action) [y](vscode:x) [z](search-ms:q) [b](blob:http://a/b) [r](/lab)",
    f"[x]: javascript:{RUN}\n\n[x] and [x][x]",
    f"<javascript:{RUN}>",
    f'[x](https://example.org "\' onclick={RUN} a=")',
    f"[x](https://example.org/' onclick='{RUN})",
    f'<https://example.org/"onmouseover={RUN}>',
]
_IMAGES = [
    f"![x](https://{HOST}/a.png)",
    f"![x](//{HOST}/a.png)",
    f'![x](https://{HOST}/a.png "$\\" onerror={RUN} x=\\"$")',
    f"![x][i]\n\n[i]: https://{HOST}/ref.png",
    f"![$`$](https://{HOST}/$x$.png)",
    f"[![x](https://{HOST}/in-link.png)](https://example.org)",
    f"![x](data:image/svg+xml,<svg/onload={RUN}>)",
    f"![x](data:image/png;base64,AAAA' onerror={RUN} x=')",
    "![x](files/secret.png) ![y](/files/secret.png)",
]
_MATH = [
    f"$\\href{{javascript:{RUN}}}{{x}}$",
    f"$\\href{{java\tscript:{RUN}}}{{x}}$",
    f"$$\\mmlToken{{mglyph}}[src=//{HOST}/m.png]{{x}}$$",
    f"$$\\style{{background:url(//{HOST}/s.png)}}{{x}}$$",
    "$\\class{jp-mod-x}{x} \\cssId{main}{x}$",
    f"$\\require{{html}}\\href{{//{HOST}}}{{x}}$",
    f"$\\def\\a#1{{\\hr#1}}\\a{{ef}}{{javascript:{RUN}}}{{x}}$",
    f"$\\includegraphics{{https://{HOST}/g.png}}$",
    f"\\[ \\unicode{{x3c}}script\\unicode{{x3e}} \\] \\(<img src=x onerror={RUN}>\\)",
    f"$<img src=x onerror={RUN}>$ $$</span><script>{RUN}</script>$$",
    f'$"$" onerror={RUN} $"$',
    "$" + "{" * 300 + "}" * 300 + "$",
    "$\\begin{matrix}" * 50,
    "$$" + "\\sqrt{" * 60 + "x" + "}" * 60 + "$$",
]
_FENCES = [
    f"```html\n<script>{RUN}</script>\n```",
    f'```"><img/src=x/onerror={RUN}>\ncode\n```',
    f"```mermaid\ngraph TD; A[<img src=//{HOST}/d.png onerror={RUN}>] --> B; "
    f'click A "javascript:{RUN}"\n```',
    f"- ```mermaid\n  graph TD; A[<img src=//{HOST}/d.png onerror={RUN}>] --> B\n  ```",
    f"````\n```\n<script>{RUN}</script>",
    f"`` <img src=x onerror={RUN}> ` ``` <script>{RUN}</script>",
    f"| a |\n|--|\n| <img src=x onerror={RUN}> ![x](//{HOST}/t.png) |",
]
_DECEPTIONS = [
    "safe \u202egnp.exe\u202c \u2066hidden\u2069 \U000e0041\U000e0042",
    "\x1b[31mred\x1b[0m \x9b2J \x00",
    "\ufdd0script\ufdd10\ufdd2 \ufdd1999\ufdd2",
]
_BOMBS = [
    ">" * 3000 + " deep",
    "> " * 3000 + "deep",
    "- " * 3000 + "deep",
    "*a " * 20000,
    "_a *b " * 8000,
    "[" * 20000,
    "![" * 10000,
    "[a](" * 8000,
    "`" * 20000,
    "".join("`" * n + " " for n in range(1, 190)),
    "\n".join("  " * n + "- x" for n in range(300)),
    "$x " * 12000,
    "\\(" * 12000,
    "<" * 60000,
    "~~a " * 10000,
    "|" * 10000 + "\n" + "|-" * 5000 + "|\n",
    "http://a" * 4000,
    "a@b." * 8000,
    "&" * 20000,
    "\\" * 20000,
    "*" * 20000 + "a" + "*" * 20000,
    "[x]: <" * 4000,
    "x" * 100_000,
]

TRICKS = [*_HTML, *_LINKS, *_IMAGES, *_MATH, *_FENCES, *_DECEPTIONS]
BOMBS = _BOMBS
