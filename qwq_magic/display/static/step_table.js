// The steps of a reasoning, read from their records (`saved/step_records.py` defines the format).
//
// Records count code points, this table UTF-16 units. Records are not trusted: reading ends at
// the first one that does not fit the text, and the remaining text is unclassified.

/** @import { Span, Step, StepKind } from "./types.js" */

import { SUMS, sumsOf } from "./checked_sums.js";
import { unitAfter } from "./safe_text.js";
import { kindOf, UNCLASSIFIED } from "./step_kinds.js";

const RECORD = new RegExp(`([A-Z])([0-9a-z]{1,6})(?:\\.([0-9a-z]{1,6}))?(?:\\+([0-9a-z]{1,4}))?(?:~([0-9a-z]{1,6}))?(${SUMS})`, "y");
const SPAN = /([0-9a-z]{1,6})\+([0-9a-z]{1,6})/g;
const MAX_STEPS = 200_000;
// A text without records is split at blank lines.
const PARAGRAPH = /[^]{0,3900}?\n\s*\n|[^]{1,4000}/y;

/** @param {string} digits */
function number(digits) {
  return parseInt(digits, 36);
}

export class StepTable {
  /**
   * In the order of the text, without gaps.
   *
   * @type {Step[]}
   */
  steps = [];
  text = "";
  /** Is a part of the text not covered by records? */
  isPartial = false;
  #read = 0; // how much of the records

  /**
   * Read the new records; `text` and `records` are everything received so far.
   *
   * @param {string} text
   * @param {string} records
   */
  grow(text, records) {
    this.text = text;
    RECORD.lastIndex = this.#read;
    /** @type {RegExpExecArray | null} */
    let match;
    while (this.steps.length < MAX_STEPS && (match = RECORD.exec(records))) {
      if (!this.#add(match)) break;
      this.#read = RECORD.lastIndex;
    }
  }

  /** End the table: text without records becomes unclassified steps. */
  finish() {
    this.isPartial = this.end < this.text.length;
    PARAGRAPH.lastIndex = this.end;
    while (this.end < this.text.length) {
      // The last allowed step takes the rest of the text.
      const isLast = this.steps.length >= MAX_STEPS || !PARAGRAPH.test(this.text);
      const end = isLast ? this.text.length : PARAGRAPH.lastIndex;
      this.#push({ end, kind: UNCLASSIFIED, cue: null, seconds: null, sums: [] });
    }
  }

  /** The end of the last step, where the open part of the text begins. */
  get end() {
    return this.steps.at(-1)?.end ?? 0;
  }

  get episodes() {
    return (this.steps.at(-1)?.episode ?? -1) + 1;
  }

  /** @param {Step} step */
  textOf(step) {
    return this.text.slice(step.start, step.end);
  }

  /**
   * The index of the step at an offset, or of the nearest step.
   *
   * @param {number} offset
   */
  indexAt(offset) {
    let low = 0;
    let high = this.steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.steps[middle]?.start ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * The step at an offset; undefined if the table is empty.
   *
   * @param {number} offset
   */
  stepAt(offset) {
    return this.steps[this.indexAt(offset)];
  }

  /** @param {RegExpExecArray} match */
  #add([, letter = "", length = "", cueBegin, cueLength, tenths, sums]) {
    const end = unitAfter(this.text, this.end, number(length));
    if (end === null || end === this.end) return false;
    const seconds = tenths === undefined ? null : number(tenths) / 10;
    const cue = cueLength === undefined ? null : this.#cue(end, cueBegin === undefined ? 0 : number(cueBegin), number(cueLength));
    const checked = sums ? sumsOf(sums, this.text, this.end, end) : [];
    this.#push({ end, kind: kindOf(letter), cue, seconds, sums: checked });
    return true;
  }

  /**
   * @param {number} end
   * @param {number} begin
   * @param {number} length
   * @returns {Span | null}
   */
  #cue(end, begin, length) {
    if (!length) return null;
    const from = unitAfter(this.text, this.end, begin);
    if (from === null) return null;
    const to = unitAfter(this.text, from, length);
    return to === null || to > end ? null : [from, to];
  }

  /** @param {Pick<Step, "end" | "kind" | "cue" | "seconds" | "sums">} step */
  #push(step) {
    const last = this.steps.at(-1);
    const begins = last !== undefined && step.kind.name === "switch";
    const episode = last === undefined ? 0 : last.episode + Number(begins);
    this.steps.push({ index: this.steps.length, start: last?.end ?? 0, episode, ...step });
  }
}

/**
 * The loops of a saved turn, up to the first one that does not fit the text.
 *
 * @param {unknown} value
 * @param {string} text
 * @returns {Span[]}
 */
export function loopsOf(value, text) {
  if (typeof value !== "string") return [];
  /** @type {Span[]} */
  const loops = [];
  let unit = 0;
  let seen = 0; // code points before `unit`
  for (const [, begin = "", length = ""] of value.slice(0, 20_000).matchAll(SPAN)) {
    const start = number(begin) < seen ? null : unitAfter(text, unit, number(begin) - seen);
    if (start === null) break;
    const end = unitAfter(text, start, number(length));
    if (end === null) break;
    loops.push([start, end]);
    unit = end;
    seen = number(begin) + number(length);
  }
  return loops;
}

/**
 * The mean probability of the tokens of each step of a saved turn, 0 to 1 or null; none without any.
 *
 * @param {string} digits
 * @param {StepTable} table
 * @returns {(number | null)[]}
 */
export function surenessOf(digits, table) {
  if (!/^[0-9a-z-]+$/u.test(digits) || digits.length !== table.steps.length) return [];
  return Array.from(digits, (digit) => (digit === "-" ? null : Number.parseInt(digit, 36) / 35));
}
