// Which blocks of Markdown may be parsed: those whose cost grows little faster than their length.

const MAX_MARKS = 1500;
const MAX_MARKS_IN_LINE = 300;
const MAX_EMPHASIS = 800;
const MAX_REFERENCED = 200000;
// Cells a parser may add to a table, besides as many as were written.
const PADDING = 100;

const DEEP = /^[ \t]*(?:(?:[-*+>]|\d+[.)])[ \t]*){30}|^[ \t]{200}/m;
const LONG_RUN = /([*_~`\\[\]!])\1{200}/;
const MARK = /[*_~`\\]+|[[\]!@]/g;
const EMPHASIS = /[*_~]+/g;
const NEW_PARAGRAPH = /^[ \t>]*(?:$|[-*+] |1[.)] )/;
// The line between a table's header and its rows, also in a quote or a list.
const TABLE_RULE = /^[\s>*+\d.):|-]*\|[\s:|-]*$|^[\s>*+\d.):|-]*-[\s:|-]*\|[\s:|-]*$/;
const DEFINITION = /\]:[ \t]*\n?[ \t]*(\S+)/g;

/**
 * Would this keep a Markdown parser busy for seconds, overflow its stack or produce far longer
 * output?
 *
 * @param {string} markdown
 */
export function isTangled(markdown) {
  if (DEEP.test(markdown) || LONG_RUN.test(markdown)) return true;
  const lines = markdown.split("\n");
  return hasManyMarks(lines) || hasPaddedTable(lines) || repeatsAddresses(markdown);
}

/** @param {string[]} lines */
function hasManyMarks(lines) {
  let marks = 0;
  let emphasis = 0;
  for (const line of lines) {
    const inLine = count(line, MARK);
    marks += inLine;
    emphasis = (NEW_PARAGRAPH.test(line) ? 0 : emphasis) + count(line, EMPHASIS);
    if (inLine > MAX_MARKS_IN_LINE || emphasis > MAX_EMPHASIS) return true;
  }
  return marks > MAX_MARKS;
}

/**
 * A parser pads every row to the length of the header.
 *
 * @param {string[]} lines
 */
function hasPaddedTable(lines) {
  let columns = 0;
  let rows = 0;
  let pipes = 0;
  for (const line of lines) {
    const inLine = count(line, /\|/g);
    if (/^ *$/.test(line)) columns = rows = pipes = 0;
    else if (TABLE_RULE.test(line)) columns = Math.max(columns, inLine + 1);
    if (!columns) continue;
    rows += 1;
    pipes += inLine;
    if (columns * rows > PADDING + 2 * (columns + pipes)) return true;
  }
  return false;
}

/**
 * A parser repeats an address for every link that refers to its definition.
 *
 * @param {string} markdown
 */
function repeatsAddresses(markdown) {
  let longest = 0;
  for (const [, address = ""] of markdown.matchAll(DEFINITION)) longest = Math.max(longest, address.length);
  return longest * count(markdown, /\[/g) > MAX_REFERENCED;
}

/**
 * @param {string} text
 * @param {RegExp} pattern
 */
function count(text, pattern) {
  return text.match(pattern)?.length ?? 0;
}
