// A saved comparison as its view needs it (`comparison_data.py` says how it is written).
//
// Whatever the data says, every step of both sides is in one row, and all of both answers
// in the parts: what the letters leave out stands alone.

import { unitBehind } from "./safe_text.js";
import { loopsOf, StepTable } from "./step_table.js";
import { fieldsOf, lineOf, numberOf, textOf } from "./turn_data.js";

const MOST_ROWS = 60;

/** Rows of `width` short lines. */
function linesOf(value, width) {
  if (!Array.isArray(value)) return [];
  const rows = value.slice(0, MOST_ROWS).filter(Array.isArray);
  return rows.map((row) => Array.from({ length: width }, (_, index) => lineOf(row[index], 300)));
}

export function comparisonOf(value) {
  const data = fieldsOf(value);
  const [left, right] = [sideOf(data.left), sideOf(data.right)];
  const { rows, divergence } = rowsOf(textOf(data.pairs), left.table.steps, right.table.steps, numberOf(data.divergence));
  return {
    names: linesOf([data.names], 2)[0] ?? ["left", "right"],
    findings: linesOf(data.findings, 2),
    metrics: linesOf(data.metrics, 4),
    left, right, rows, divergence,
    parts: partsOf(textOf(data.diff), left.answer, right.answer),
  };
}

function sideOf(value) {
  const data = fieldsOf(value);
  const reasoning = textOf(data.reasoning);
  const table = new StepTable();
  table.grow(reasoning, textOf(data.steps));
  table.finish();
  return { table, answer: textOf(data.answer), loops: loopsOf(data.loops, reasoning), seen: numberOf(data.seen) };
}

/**
 * {left, right, match} of each row, and the index of the first that diverges, -1 without one.
 *
 * Between two meetings, what is only left and what is only right stand side by side.
 */
function rowsOf(pairs, left, right, divergence) {
  const rows = [];
  let [i, j, first] = [0, 0, -1];
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
    if (at === divergence) first = rows.length;
    if (letter === "L" && i < left.length) gap.left.push(left[i++]);
    else if (letter === "R" && j < right.length) gap.right.push(right[j++]);
    else if ("SM".includes(letter) && i < left.length && j < right.length) {
      close();
      rows.push({ left: left[i++], right: right[j++], match: letter === "S" ? "same" : "similar" });
    } else break;
  }
  gap.left.push(...left.slice(i));
  gap.right.push(...right.slice(j));
  close();
  return { rows, divergence: first < rows.length ? first : -1 };
}

/** [side, text] of each stretch of the answers. */
function partsOf(diff, left, right) {
  const parts = [];
  let [i, j] = [0, 0];
  const take = (text, at, count) => {
    const end = unitBehind(text, at, count);
    return end === null ? null : text.slice(at, end);
  };
  for (const [, side, digits] of diff.matchAll(/([BLR])([0-9a-z]{1,6})/g)) {
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
