// A saved comparison as its view needs it (`saved/comparison.py` defines the format).
//
// Whatever the data contains, every step of both sides is in exactly one row, and the parts
// contain both answers in full: anything the letters omit is added at the end.

/** @import { AnswerPart, Compared, ComparedRow, ComparedSide, Step } from "./types.js" */

import { unitAfter } from "./safe_text.js";
import { loopsOf, StepTable } from "./step_table.js";
import { fieldsOf, lineOf, numberOf, textOf } from "./turn_data.js";

const MAX_ROWS = 60;

/**
 * Rows of `width` short lines each.
 *
 * @param {unknown} value
 * @param {number} width
 * @returns {string[][]}
 */
function linesOf(value, width) {
  if (!Array.isArray(value)) return [];
  const rows = value.slice(0, MAX_ROWS).filter(Array.isArray);
  return rows.map((row) => Array.from({ length: width }, (_, index) => lineOf(row[index], 300)));
}

/**
 * @param {unknown} value
 * @returns {Compared}
 */
export function comparisonOf(value) {
  const data = fieldsOf(value);
  const [left, right] = [sideOf(data.left), sideOf(data.right)];
  const { rows, divergence } = rowsOf(textOf(data.pairs), left.table.steps, right.table.steps, numberOf(data.divergence));
  return {
    names: linesOf([data.names], 2)[0] ?? ["left", "right"],
    findings: linesOf(data.findings, 2),
    metrics: linesOf(data.metrics, 4),
    left, right, rows, divergence,
    parting: lineOf(data.parting, 80),
    isFork: data.is_fork === true,
    parts: partsOf(textOf(data.diff), left.answer, right.answer),
  };
}

/**
 * @param {unknown} value
 * @returns {ComparedSide}
 */
function sideOf(value) {
  const data = fieldsOf(value);
  const reasoning = textOf(data.reasoning);
  const table = new StepTable();
  table.grow(reasoning, textOf(data.steps));
  table.finish();
  return { table, answer: textOf(data.answer), loops: loopsOf(data.loops, reasoning), seen: numberOf(data.seen) };
}

/**
 * The rows, and the index of the first one that diverges, or -1.
 *
 * Between two matches, steps of the left side only are placed beside steps of the right side only.
 *
 * @param {string} pairs
 * @param {Step[]} left
 * @param {Step[]} right
 * @param {number | null} divergence
 */
function rowsOf(pairs, left, right, divergence) {
  /** @type {ComparedRow[]} */
  const rows = [];
  let [i, j, first] = [0, 0, -1];
  /** @type {{ left: Step[], right: Step[] }} */
  let gap = { left: [], right: [] };
  const close = () => {
    const longest = Math.max(gap.left.length, gap.right.length);
    for (let at = 0; at < longest; at++) {
      rows.push({ left: gap.left[at] ?? null, right: gap.right[at] ?? null, match: "none" });
    }
    gap = { left: [], right: [] };
  };
  for (let at = 0; at < pairs.length; at++) {
    const letter = pairs[at];
    if (at === divergence) first = rows.length + rowInGap(letter, gap);
    const [onLeft, onRight] = [left[i], right[j]];
    if (letter === "L" && onLeft) gap.left.push(onLeft);
    else if (letter === "R" && onRight) gap.right.push(onRight);
    else if ((letter === "S" || letter === "M") && onLeft && onRight) {
      close();
      rows.push({ left: onLeft, right: onRight, match: letter === "S" ? "same" : "similar" });
    } else break;
    if (letter !== "R") i += 1;
    if (letter !== "L") j += 1;
  }
  gap.left.push(...left.slice(i));
  gap.right.push(...right.slice(j));
  close();
  return { rows, divergence: first < rows.length ? first : -1 };
}

/**
 * The row of the next step, counted from the beginning of a gap.
 *
 * @param {string | undefined} letter
 * @param {{ left: Step[], right: Step[] }} gap
 */
function rowInGap(letter, gap) {
  if (letter === "L") return gap.left.length;
  return letter === "R" ? gap.right.length : Math.max(gap.left.length, gap.right.length);
}

/**
 * The parts of both answers, in order.
 *
 * @param {string} diff
 * @param {string} left
 * @param {string} right
 */
function partsOf(diff, left, right) {
  /** @type {AnswerPart[]} */
  const parts = [];
  let [i, j] = [0, 0];
  /**
   * @param {string} text
   * @param {number} at
   * @param {number} count
   */
  const take = (text, at, count) => {
    const end = unitAfter(text, at, count);
    return end === null ? null : text.slice(at, end);
  };
  for (const [, letter, digits = ""] of diff.matchAll(/([BLR])([0-9a-z]{1,6})/g)) {
    const side = /** @type {"B" | "L" | "R"} */ (letter);
    const text = side === "R" ? take(right, j, parseInt(digits, 36)) : take(left, i, parseInt(digits, 36));
    if (!text || (side === "B" && !right.startsWith(text, j))) break;
    if (side !== "R") i += text.length;
    if (side !== "L") j += text.length;
    parts.push([side, text]);
  }
  if (i < left.length) parts.push(["L", left.slice(i)]);
  if (j < right.length) parts.push(["R", right.slice(j)]);
  return parts;
}
