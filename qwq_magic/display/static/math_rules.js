// What counts as math, and which TeX commands may be typeset: live, final and in saved Markdown.
//
// Python reads the patterns from this file, so that there is only one list.

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

/** An amount and words ("5 dollars or ") are not a formula, even between two dollar signs. */
export const PROSE = String.raw`^(?![\s\S]*[\\^_{}=<>+|])[\s\S]*?(?:[A-Za-z]{3,}[ ,.;:]+\S|\d\s+[A-Za-z]{3,})`;

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
