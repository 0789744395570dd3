// What counts as math, and which TeX commands may be typeset: live, final and in saved Markdown.
//
// Python reads the patterns from this file, so that there is only one list.

import { OTHER_LETTERS, SENTENCE_MARKS } from "./markdown_patterns.js";

/** Commands that load, link, style, define, label, or draw outside their formula. */
export const DENIED_COMMANDS = String.raw`href|url|mmltoken|style|class|css\w*|data|require|autoload|includegraphics|html\w*|unicode|char|bbox|[egx]?def|let|futurelet|(?:re)?new(?!line$)\w+|provide\w+|declare\w+|definecolor|\w*tagform|input|include|verb\w*|csname|endcsname|catcode|special|write|read|open\w+|immediate|everymath|loop|setoptions|enclose|action\w*|toggle|endtoggle|tooltip|texttip|mathtip|mmltext|mathml|fcolorbox|colorbox|label|ref|eqref|rule|space|raise\w*|lower\w*|move\w+|[hmv]?kern|[hmv]skip|mspace|vspace|(?:math|cramped|text)?[lrc]lap|smash|mathmakebox|mathmbox|makebox|framebox|genfrac|above\w*|leftroot|uproot|skew|MoveEqLeft|xmathstrut|minCD\w+|mathtoolsset|MTFlush\w+|\w*vdotswithin|(?:row|cell|column)color|begingroup|\w*@\w*`;

/** Commands whose argument must have this form: a small distance, or the name of a colour. */
export const MEASURED_COMMANDS = String.raw`hspace\*? ?\{(?:(?:[0-9](?:\.[0-9]{1,3})?|\.[0-9]{1,3}) ?(?:em|ex|cm)|[0-9]{1,2}(?:\.[0-9]{1,2})? ?(?:pt|mm|mu)|-(?:[01]?\.[0-9]{1,3}|[01]) ?(?:em|ex)|-[0-9](?:\.[0-9]{1,2})? ?(?:pt|mm|mu))\}|(?:text)?color ?\{[A-Za-z]{1,20}\}`;

/** Commands that move backwards; a formula may contain only a few. */
export const BACKWARD = String.raw`\\!|\\neg\w*space|\\hspace\*? ?\{-`;

/** A length in brackets, as after the end of a row, and the allowed lengths. */
export const LENGTH = String.raw`\[\s*[-+]?\s*[0-9.,][0-9.,\s]*(?:em|ex|pt|pc|px|in|cm|mm|mu)\s*\]`;
export const SMALL_LENGTH = String.raw`\[ ?(?:[0-9](?:\.[0-9]{1,3})? ?(?:em|ex|cm)|[0-9]{1,2}(?:\.[0-9]{1,2})? ?(?:pt|mm|mu)) ?\]`;

/** Commands that take attributes in brackets. */
export const ATTRIBUTES = String.raw`\\[bx]?cancel(?:to)?\s*\[`;

/** What may follow \begin: only these environments, with simple columns and small numbers. */
export const ENVIRONMENTS = String.raw`\s*\{(?:(?:(?:equation|align|gather|multline|eqnarray|flalign)\*?|aligned|[lr]?gathered|split|subequations|(?:d|r|dr)?cases\*?|CD)\}|[pbBvV]?(?:small)?matrix\}(?!\s*\[)|[pbBvV]?(?:small)?matrix\*\}\s*\[[lcr]\]|(?:x?x?alignat\*?|alignedat)\}(?:\[[tbc]\])?\s*\{\s*[0-9]{1,2}\s*\}|(?:d?array|subarray|tabular)\}\s*(?:\[[tbc]\])?\s*(?:\{(?:[lcr|:\s]|[@!]\s*\{(?:[^{}\\]|\\[,;:!> ]|\\q?quad){0,20}\}|\*\s*\{\s*[0-9]{1,2}\s*\}\s*\{[lcr|:\s]*\}|\*\s*[0-9]\s*\{[lcr|:\s]*\})*\}|[lcr](?![a-z])))`;

/** A formula with spaces inside its dollar signs. It must use TeX: two prices are not a formula. */
export const SPACED_FORMULA = String.raw`\$ ((?=[^$]*(?:\\[a-zA-Z]|[\^_]))(?:[^$\\\n]|\\.){1,4000}?) \$(?![0-9])`;

/**
 * Text between two dollar signs that is prose, not a formula: words, or an amount and words.
 * Words of a script without spaces are prose with a sentence mark, or after a number.
 */
export const PROSE = String.raw`^(?![\s\S]*[\\^_{}=<>+|])[\s\S]*?(?:[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff]{3}[ ,.;:]+\S|\d\s+[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff]{3}|\d\s+(?:[a-wyzA-WYZ\u0400-\u1fff]|[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff]{2})\s+\d)|^(?=\d)(?![\s\S]*[\\^_{}])(?:(?![\s\S]*[=<>+*/\u00d7\u00f7])|(?=[\s\S]*[${SENTENCE_MARKS}]))(?=[\s\S]*[${OTHER_LETTERS}])|^(?![\s\S]*[\\^_{}=])(?=[\s\S]*[${SENTENCE_MARKS}])(?=[\s\S]*[${OTHER_LETTERS}])`;

/**
 * The text up to a second dollar sign and one character more, if that sign begins a name and ends
 * no formula, as in `$PATH=$HOME/bin`.
 */
export const NEXT_NAME = String.raw`[-=+*/:,;.(&|<>@~"]\$[A-Za-z_{(]$|[${OTHER_LETTERS}${SENTENCE_MARKS}]\$[A-Za-z_]$|^[A-Z_][A-Z0-9_]{2,}\$[A-Za-z_{]$`;

/** Environments that are display math without further delimiters. */
export const BARE_ENVIRONMENTS = String.raw`(?:equation|align|alignat|gather|multline|eqnarray|flalign)\*?|aligned|gathered|split|cases|[pbBvV]?matrix`;

const MAX_BACKWARD = 12;
const MAX_DEPTH = 40;
const MEASURED_NAME = /^(?:hspace|color|textcolor)$/;

const denied = new RegExp(`^(?:${DENIED_COMMANDS})$`, "i");
const measured = new RegExp(MEASURED_COMMANDS, "y");
const environments = new RegExp(ENVIRONMENTS, "y");
const backward = new RegExp(BACKWARD, "g");
const lengths = new RegExp(LENGTH, "g");
const smallLength = new RegExp(`^${SMALL_LENGTH}$`);
const attributes = new RegExp(ATTRIBUTES);

/**
 * May this be passed to the host's typesetter?
 *
 * @param {string} tex
 */
export function mathIsSafe(tex) {
  if (/["`]/.test(tex) || attributes.test(tex) || !commandsAreSafe(tex)) return false;
  if ((tex.match(backward) ?? []).length > MAX_BACKWARD) return false;
  if (!(tex.match(lengths) ?? []).every((length) => smallLength.test(length))) return false;
  let depth = 0;
  for (const [token] of tex.matchAll(/\\[\s\S]|[{}]/g)) {
    if (token === "{") depth += 1;
    else if (token === "}") depth -= 1;
    if (depth < 0 || depth > MAX_DEPTH) return false;
  }
  return depth === 0;
}

/** @param {string} tex */
function commandsAreSafe(tex) {
  for (const command of tex.matchAll(/\\([A-Za-z@]+)/g)) {
    const [, name = ""] = command;
    if (denied.test(name)) return false;
    if (MEASURED_NAME.test(name) && !matchesAt(measured, tex, command.index + 1)) return false;
    if (name === "begin" && !matchesAt(environments, tex, command.index + 6)) return false;
  }
  return true;
}

/**
 * @param {RegExp} pattern
 * @param {string} text
 * @param {number} index
 */
function matchesAt(pattern, text, index) {
  pattern.lastIndex = index;
  return pattern.test(text);
}
