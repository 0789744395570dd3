"""Model text that waits for one click, and then runs something or leads where nobody said."""

_SCRIPT_LINKS = r"""
[x](javascript:RUN)
[x](JaVaScRiPt:RUN)
[x](JAVASCRIPT:RUN)
[x](java&#115;cript:RUN)
[x](javascript&colon;RUN)
[x](javascript&#58;RUN)
[x](javascript&#x3A;RUN)
[x](java&Tab;script:RUN)
[x](java&#9;script:RUN)
[x](java&#10;script:RUN)
[x](java&NewLine;script:RUN)
[x](&#1;javascript:RUN)
[x](&#x20;javascript:RUN)
[x](<javascript:RUN>)
[x](< javascript:RUN>)
[x]( javascript:RUN )
[x](javascript:RUN "title")
[x](java\script:RUN)
[x](javascript\:RUN)
[x](javascript%3ARUN)
[x](javascript://HOST/%0aRUN)
[x](javascript:/*https://HOST/*/RUN)
[**x**](javascript:RUN)
[`x`](javascript:RUN)
[$x$](javascript:RUN)
[$x](javascript:RUN)$
[a [b](javascript:RUN)](javascript:RUN)
[a](http://x)](javascript:RUN)
[![x](y.png)](javascript:RUN)
<javascript:RUN>
<JAVASCRIPT:RUN>
<javascript&#58;RUN>
javascript:RUN
<a href="javascript:RUN">x</a>
<a href="&#106;avascript:RUN">x</a>
<a href="java	script:RUN">x</a>
<a href=" javascript:RUN">x</a>
<a href="javascript&colon;RUN">x</a>
<a href="https://HOST" onclick=RUN>x</a>
<a href="https://HOST" onmouseover=RUN>x</a>
<x onclick=RUN>x</x>
<b onpointerdown=RUN>x</b>
<p onmouseenter=RUN>x</p>
<details ontoggle=RUN><summary>More</summary>x</details>
<summary onclick=RUN>x</summary>
<form action="javascript:RUN"><button>OK</button></form>
<form><button formaction="javascript:RUN">OK</button></form>
<button onclick=RUN>Run</button>
<input type=submit onclick=RUN value=OK>
<label onclick=RUN>x</label>
<map name=m><area href="javascript:RUN" shape=default>x</map><img usemap=#m src=data:,>
<svg><a href="javascript:RUN"><text y=20>x</text></a></svg>
<svg><a xlink:href="javascript:RUN"><text y=20>x</text></a></svg>
<math href="javascript:RUN"><mi>x</mi></math>
<math><mi href="javascript:RUN">x</mi></math>
<math><maction actiontype="statusline" xlink:href="javascript:RUN"><mi>x</mi></maction></math>
[x](vbscript:RUN)
[x](livescript:RUN)
<vbscript:RUN>
[x](data:text/html,<script>RUN</script>)
[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)
[x](DATA:text/html,x)
[x](data&colon;text/html,x)
[x](data:image/svg+xml;base64,PHN2Zz4=)
<data:text/html,x>
""".strip().splitlines()

_OTHER_LINKS = r"""
[x](command:notebook.run)
[x](command:workbench.action.terminal.new)
<command:x.y>
[x](vscode://file/etc/passwd)
[x](vscode-insiders:x)
[x](jetbrains://x)
[x](file:///etc/passwd)
[x](blob:https://HOST/1)
[x](filesystem:https://HOST/1)
[x](search-ms:query=x&crumb=location:\\\\HOST)
[x](ms-msdt:/id)
[x](ms-officecmd:x)
[x](feed:javascript:RUN)
[x](feed:https://HOST/)
[x](view-source:https://HOST/)
[x](intent://HOST/#Intent;end)
[x](steam://run/1)
[x](tel:123)
[x](sms:123)
[x](ftp://HOST/a)
[x](about:blank)
[x](chrome://settings)
[x](ws://HOST/)
[x](x:y)
[x](//HOST/a)
[x](/lab/api/shutdown)
[x](/api/kernels)
[x](../../secret)
[x](./secret.ipynb)
[x](secret.ipynb)
[x](?reset)
[x](#)
[x](#jp-main-dock-panel)
[x]()
[x](\\\\\\\\HOST\\\\share)
[x](https:/lab)
[x](https:lab)
[x](https:\\\\HOST\\a)
[x](attachment:x.png)
[x](http://)
[x](https://)
[x](mailto:)
ftp://HOST/a
javascript://HOST/%0aRUN
www.HOST
https://HOST/bare?x=1
me@HOST
[x](https://HOST)
[https://bank.example](https://HOST/)
[bank.example](https://bank.example@HOST/)
[x](https://HOST%2F@bank.example/)
<https://HOST/>
<meta http-equiv=refresh content="0;url=https://HOST">
<a href="https://HOST/" target=_top ping="https://HOST/ping">x</a>
<a href="https://HOST/a" download=x.exe>x</a>
![x](javascript:RUN)
![x](data:image/svg+xml,<svg/onload=RUN>)
![x](data:image/png;base64,AAAA' onerror=RUN x=')
""".strip().splitlines()

_MATH = r"""
$\href{javascript:RUN}{x}$
$\href{java	script:RUN}{x}$
$\href{JaVaScRiPt:RUN}{x}$
$\href{ javascript:RUN}{x}$
$\href {javascript:RUN} {x}$
$\HREF{javascript:RUN}{x}$
$$\href{javascript:RUN}{x}$$
\\(\href{javascript:RUN}{x}\\)
\\[\href{javascript:RUN}{x}\\]
\(\href{javascript:RUN}{x}\)
\[\href{javascript:RUN}{x}\]
\begin{align}\href{javascript:RUN}{x}\end{align}
\begin{equation*}\href{javascript:RUN}{x}\end{equation*}
&#36;\href{javascript:RUN}{x}&#36;
\$\href{javascript:RUN}{x}\$
<span>$</span>\href{javascript:RUN}{x}<span>$</span>
*$*\href{javascript:RUN}{x}*$*
$\href{https://HOST/a}{x}$
$\href{/lab/api}{x}$
$\url{javascript:RUN}$
$\mmlToken{mi}[href="javascript:RUN"]{x}$
$\mmlToken{mi}[href=javascript:RUN]{x}$
$\require{html}\href{javascript:RUN}{x}$
$\def\x{\href{javascript:RUN}{x}}\x$
$\def\a#1{\hr#1}\a{ef}{javascript:RUN}{x}$
$\gdef\x#1{\href{#1}{x}}\x{javascript:RUN}$
$\newcommand{\h}{\href}\h{javascript:RUN}{x}$
$\renewcommand{\alpha}{\href{javascript:RUN}{x}}\alpha$
$\DeclareMathOperator{\h}{\href{javascript:RUN}{x}}\h$
$\let\h\href \h{javascript:RUN}{x}$
$\csname href\endcsname{javascript:RUN}{x}$
$\text{\href{javascript:RUN}{x}}$
$\text{$\href{javascript:RUN}{x}$}$
$\mathchoice{\href{javascript:RUN}{x}}{}{}{}$
$\begin{array}{c}\href{javascript:RUN}{x}\end{array}$
$\frac{\href{javascript:RUN}{x}}{y}$
$\htmlData{onclick=RUN}{x}$
$\texttip{x}{<a href=javascript:RUN>x}$
$\toggle{x}{\href{javascript:RUN}{y}}\endtoggle$
$\eqref{x} \ref{y} \label{x}$ \ref{y} \eqref{x}
""".strip().splitlines()

_BLOCKS = [
    "[x]: javascript:RUN\n\n[x] and [x][x]",
    "[r]: javascript:RUN\n[r]: https://HOST\n\n[x][r] ![x][r] [r]",
    "[r]: <javascript:RUN> 'title'\n\n[r]",
    "[r]:\n  javascript&colon;RUN\n\n[r][]",
    "> [r]: javascript:RUN\n\n[r]",
    "[^1]: javascript:RUN\n\nx[^1] [^1](javascript:RUN)",
    "| a |\n|---|\n| [x](javascript:RUN) |\n| `\\|`<b> |",
    "# [x](javascript:RUN)\n## <javascript:RUN>",
    "- [x](javascript:RUN)\n  1. > [x](javascript:RUN)",
    "[x](javascript\n:RUN) [y](javascript:RUN)",
    "[x\n](javascript:RUN)",
    "[x](\njavascript:RUN\n)",
    "<a\nhref=javascript:RUN\n>x</a>",
    "a&#10;&#10;```&#10;[x](javascript:RUN)",
    "a&NewLine;&NewLine;- [x](javascript:RUN)",
    "[x](java\x01script:RUN) [y](\x01javascript:RUN)",
    "[x](java\x00script:RUN) [y](java\u200bscript:RUN)",
    "[x](java\ufdd0script:RUN) [y](\ufdd0javascript:RUN)",
    "[x](\u2028javascript:RUN) [y](\u00a0javascript:RUN)",
    '```mermaid\ngraph TD; A-->B; click A "javascript:RUN"\n```',
    '```mermaid\ngraph TD; A-->B; click A href "https://HOST/a"\n```',
    "```math\n\\href{javascript:RUN}{x}\n```",
    "```\n```\n[x](javascript:RUN)",
    "$$\n\\href{javascript:RUN}{x}\n$$",
    "\\begin{align}\n\\href{javascript:RUN}{x}\n\\end{align}",
    "`$` [x](javascript:RUN) `$`",
    "</details>\n\n[x](javascript:RUN)",
    "\x1b]8;;javascript:RUN\x07x\x1b]8;;\x07 [x](javascript:RUN)",
]

NAVIGATIONS = [*_SCRIPT_LINKS, *_OTHER_LINKS, *_MATH, *_BLOCKS]
