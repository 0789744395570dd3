// What is mathematics and which TeX commands may be typeset: live, final and in saved Markdown.
//
// Python reads the same patterns from this file, so that no list of its own can differ.

/** Commands that load, link, style, define, name, or draw outside their formula. */
export const DENIED_COMMANDS = String.raw`href|url|mmltoken|style|class|css\w*|data|require|autoload|includegraphics|html\w*|unicode|char|bbox|[egx]?def|let|futurelet|(?:re)?new(?!line$)\w+|provide\w+|declare\w+|definecolor|\w*tagform|input|include|verb\w*|csname|endcsname|catcode|special|write|read|open\w+|immediate|everymath|loop|setoptions|enclose|action\w*|toggle|endtoggle|tooltip|texttip|mathtip|mmltext|mathml|fcolorbox|colorbox|label|ref|eqref|rule|space|raise\w*|lower\w*|move\w+|[hmv]?kern|[hmv]skip|mspace|vspace|[rl]lap|begingroup|\w*@\w*`;

/** Commands that need an argument of this form: a small distance, a colour's name. */
export const MEASURED_COMMANDS = String.raw`hspace\*? ?\{-?(?:[0-9](?:\.[0-9])? ?(?:em|ex|cm)|[0-9]{1,2}(?:\.[0-9]{1,2})? ?(?:pt|mm|mu))\}|(?:text)?color ?\{[A-Za-z]{1,20}\}`;

/** An amount and words ("5 dollars or ") is no formula, though two dollar signs enclose it. */
export const PROSE = String.raw`^(?![\s\S]*[\\^_{}=<>+|])[\s\S]*?(?:[A-Za-z]{3,}[ ,.;:]+\S|\d\s+[A-Za-z]{3,})`;
