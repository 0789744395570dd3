// The source of one block, prepared so that a CommonMark parser reads it as models mean it.
//
// Everything is done by characters that the parser takes for letters and that the rebuilt answer
// does not contain, so what turns out to be code keeps its text. `saved/source.py` does the same.

import {
  BEGINNING_STARS,
  BOLDS_IN_A_ROW,
  DEFINITION,
  ENDING_STARS,
  LITERAL_STARS,
  TABLE_RULE,
} from "./markdown_patterns.js";

/** An invisible letter between characters that the parser must not see together. */
export const JOINER = "\ufdd4";
/** A pipe that does not end a table cell, and a tilde that does not strike through. */
export const PIPE = "\ufdd5";
export const TILDE = "\ufdd6";
/** A star that does not emphasise. */
export const STAR = "\ufdd8";

const MAX_CODE_MARKS = 200;
const definition = new RegExp(DEFINITION, "iu");
const tableRule = new RegExp(TABLE_RULE, "u");
const boldsInARow = new RegExp(BOLDS_IN_A_ROW, "gu");
const literalStars = new RegExp(LITERAL_STARS, "gu");
const endingStars = new RegExp(ENDING_STARS, "gu");
const beginningStars = new RegExp(BEGINNING_STARS, "gu");

/** @param {string} label */
function normalised(label) {
  return label.trim().replace(/\s+/g, " ").toLowerCase();
}

/**
 * The lines of a text, each with the label it defines, if it can define one.
 *
 * @param {string} source
 * @returns {[line: string, label: string | null][]}
 */
function linesOf(source) {
  let mayDefine = true;
  return source.split("\n").map((line) => {
    const label = mayDefine ? definition.exec(line)?.[1] : undefined;
    mayDefine = label !== undefined || /^[ \t>]*(?:$|#)/.test(line);
    return [line, label === undefined ? null : normalised(label)];
  });
}

/**
 * The lines that define links, by their labels.
 *
 * @param {string} source
 * @returns {[label: string, line: string][]}
 */
export function definitionsIn(source) {
  return linesOf(source).flatMap(([line, label]) => (label === null ? [] : [[label, line.replace(/^[ \t>]+/, "")]]));
}

/**
 * The labels that a text may refer to.
 *
 * @param {string} source
 */
export function labelsIn(source) {
  return linesOf(source).flatMap(([line, label]) =>
    label === null ? [...line.matchAll(/\[([^[\]\n]{1,200})\]/g)].map(([, inner = ""]) => normalised(inner)) : [],
  );
}

/**
 * Only a definition that the answer refers to disappears; any other such line is text.
 *
 * @param {string} source
 * @param {Set<string>} labels
 */
export function guardDefinitions(source, labels) {
  if (!source.includes("]:")) return source;
  return linesOf(source)
    .map(([line, label]) => (label !== null && labels.has(label) ? line : line.replaceAll("]:", `]${JOINER}:`)))
    .join("\n");
}

/**
 * Markdown in which stars, tildes and pipes have the effect that models expect.
 *
 * @param {string} markdown with its formulas hidden
 */
export function meantMarkdown(markdown) {
  const text = markdown.includes("*") ? meantStars(markdown) : markdown;
  return keepCodeInCells(text)
    .replace(/(?<=[^\s~])~~~~(?=[^\s~])/g, `~~${JOINER}~~`)
    .replace(/(?<![~\\])~(?!~)/g, TILDE);
}

/** @param {string} markdown */
function meantStars(markdown) {
  return markdown
    .replace(literalStars, (stars) => STAR.repeat(stars.length))
    .replace(boldsInARow, (bolds) => bolds.replaceAll("****", `${JOINER}**${JOINER}**${JOINER}`))
    .replace(endingStars, `${JOINER}$&`)
    .replace(beginningStars, `$&${JOINER}`);
}

/** @param {string} markdown */
function keepCodeInCells(markdown) {
  if (!markdown.includes("|") || !markdown.includes("`")) return markdown;
  const lines = markdown.split("\n");
  let columns = 0;
  for (const [index, line] of lines.entries()) {
    if (/^[ \t>]*$/.test(line)) columns = 0;
    const below = lines[index + 1];
    if (!columns && below !== undefined && tableRule.test(below)) columns = cellsIn(below);
    if (columns && cellsIn(line) > columns) lines[index] = keepCode(line);
  }
  return lines.join("\n");
}

/** @param {string} row */
function cellsIn(row) {
  const inner = row.replace(/^[ \t>]*\|?/, "").replace(/\|?[ \t]*$/, "");
  return (inner.match(/(?<!\\)\|/g)?.length ?? 0) + 1;
}

/**
 * A row in which no pipe within code ends a cell.
 *
 * @param {string} row
 */
function keepCode(row) {
  const runs = [...row.matchAll(/`+/g)];
  if (runs.length > MAX_CODE_MARKS) return row;
  let kept = "";
  let done = 0;
  for (let at = 0; at < runs.length; at += 1) {
    const end = runs.findIndex((run, index) => index > at && run[0].length === runs[at]?.[0].length);
    const [from, to] = [runs[at]?.index ?? 0, runs[end]?.index ?? 0];
    if (end < 0) continue;
    kept += row.slice(done, from) + row.slice(from, to).replace(/\\?\|/g, PIPE);
    done = to;
    at = end;
  }
  return kept + row.slice(done);
}
