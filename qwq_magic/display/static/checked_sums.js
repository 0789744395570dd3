// Equalities between numbers that were recomputed: ✓ or ✗ beside the text.
//
// They come in the records of the steps, after each step (`saved/step_records.py` defines the
// format), and are not trusted: one that does not fit its step is ignored.

/** @import { CheckedSum } from "./types.js" */

import { element } from "./elements.js";
import { cleanLine, unitAfter } from "./safe_text.js";

const SUM = /([=!?])([0-9a-z]{1,6})\+([0-9a-z]{1,6})(?:-([0-9a-z]{1,6})-([0-9a-z]{1,6}):([-0-9./e+≈ ]{1,40});)?/g;
/** The sums after the record of a step, as the source of a pattern. */
export const SUMS = "(?:=[0-9a-z]{1,6}\\+[0-9a-z]{1,6}|[!?][0-9a-z]{1,6}\\+[0-9a-z]{1,6}-[0-9a-z]{1,6}-[0-9a-z]{1,6}:[-0-9./e+≈ ]{1,40};){0,400}";
const MAX_SIDE = 60;
const MAX_LISTED = 8;
const LINE_PX = 20;

/**
 * The sums of the step from `start` to `end` in `text`.
 *
 * @param {string} records
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @returns {CheckedSum[]}
 */
export function sumsOf(records, text, start, end) {
  /** @type {CheckedSum[]} */
  const sums = [];
  for (const [, sign = "", begin = "", length = "", left = "0", right = "0", value = ""] of records.matchAll(SUM)) {
    const from = unitAfter(text, start, parseInt(begin, 36));
    const to = from === null ? null : unitAfter(text, from, parseInt(length, 36));
    if (from === null || to === null || to > end) continue;
    const whole = text.slice(from, to);
    /** @param {string} part */
    const line = (part) => cleanLine(part, MAX_SIDE);
    if (sign === "=") {
      sums.push({ start: from, end: to, holds: true, title: `${line(whole)} ✓ recomputed` });
      continue;
    }
    const sides = [whole.slice(0, parseInt(left, 36)), whole.slice(Math.max(0, whole.length - parseInt(right, 36)))].map(line);
    const [computed = "", shown = ""] = sign === "!" ? sides : sides.reverse();
    sums.push({ start: from, end: to, holds: false, title: `${computed} is ${value}, not ${shown}` });
  }
  return sums;
}

/**
 * What was recomputed, in words; "" for nothing.
 *
 * @param {CheckedSum[]} sums
 */
export function sumsInWords(sums) {
  if (!sums.length) return "";
  const wrong = sums.filter(({ holds }) => !holds);
  const many = `${sums.length} sum${sums.length === 1 ? "" : "s"} recomputed`;
  if (!wrong.length) return sums.length === 1 ? `${many}, right` : `${many}, all right`;
  return `${many}, ${wrong.length} wrong: ${listed(wrong, "; ")}`;
}

/**
 * The mark of a step or a line: ✗ if any of its sums is wrong, otherwise ✓; null without sums.
 *
 * @param {CheckedSum[]} sums
 * @returns {HTMLElement | null}
 */
export function sumMark(sums) {
  if (!sums.length) return null;
  const wrong = sums.filter(({ holds }) => !holds);
  const mark = element("span", "qwq-sum", { title: listed([...wrong, ...sums.filter(({ holds }) => holds)], "\n") }, wrong.length ? "✗" : "✓");
  mark.classList.toggle("qwq-sum-wrong", wrong.length > 0);
  return mark;
}

/**
 * @param {CheckedSum[]} sums
 * @param {string} between
 */
function listed(sums, between) {
  const more = sums.length > MAX_LISTED ? [`… ${sums.length - MAX_LISTED} more`] : [];
  return [...sums.slice(0, MAX_LISTED).map(({ title }) => title), ...more].join(between);
}

/**
 * Mark the lines of a drawn section in its margin.
 *
 * A formula has no text of its own in a drawing, so its line is estimated.
 *
 * @param {HTMLElement} node the section, which is on the page
 * @param {string} text the source of the section
 * @param {CheckedSum[]} sums with places in `text`
 */
export function markLines(node, text, sums) {
  const box = node.getBoundingClientRect();
  if (!sums.length || !box.height) return;
  const find = finderIn(node);
  /** @type {Map<number, { top: number, together: CheckedSum[] }>} */
  const lines = new Map();
  for (const sum of sums) {
    const found = find(text.slice(sum.start, sum.end));
    const top = found === null ? (sum.start / text.length) * box.height : found - box.top;
    const line = Math.round(top / LINE_PX);
    const shown = lines.get(line);
    if (shown) shown.together.push(sum);
    else lines.set(line, { top, together: [sum] });
  }
  for (const { top, together } of lines.values()) {
    const mark = /** @type {HTMLElement} */ (sumMark(together));
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", sumsInWords(together));
    // In percent, so that it stays near its line when the pane changes its width.
    mark.style.top = `${Math.min(98, (100 * top) / box.height).toFixed(2)}%`;
    node.append(mark);
  }
}

/**
 * A function that finds texts one after the other in an element: the upper edge of each, or null.
 *
 * @param {HTMLElement} root
 * @returns {(text: string) => number | null}
 */
function finderIn(root) {
  /** @type {Text[]} */
  const nodes = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) nodes.push(/** @type {Text} */ (walker.currentNode));
  let at = 0;
  let after = 0; // in the data of the node
  return (text) => {
    for (let index = at; index < nodes.length; index++) {
      const node = /** @type {Text} */ (nodes[index]);
      const offset = node.data.indexOf(text, index === at ? after : 0);
      if (offset < 0) continue;
      at = index;
      after = offset + 1;
      const range = document.createRange();
      range.setStart(node, offset);
      range.setEnd(node, offset + text.length);
      return range.getBoundingClientRect().top;
    }
    return null;
  };
}
