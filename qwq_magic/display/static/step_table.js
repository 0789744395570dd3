// The steps of a reasoning, read from their records (`step_records.py` says how they are written).
//
// Records count code points, this table UTF-16 units. Records may come from anywhere: one
// that does not fit the text ends the reading, and the text behind it is unclassified.

/** @import { Span, Step, StepKind } from "./types.js" */

import { unitBehind } from "./safe_text.js";
import { kindOf, UNCLASSIFIED } from "./step_kinds.js";

const RECORD = /([A-Z])([0-9a-z]{1,6})(?:\.([0-9a-z]{1,6}))?(?:\+([0-9a-z]{1,4}))?(?:~([0-9a-z]{1,6}))?/y;
const SPAN = /([0-9a-z]{1,6})\+([0-9a-z]{1,6})/g;
const MOST_STEPS = 200_000;
// Without records a text is dealt at its blank lines.
const PARAGRAPH = /[^]{0,3900}?\n\s*\n|[^]{1,4000}/y;

/** @param {string} digits */
function number(digits) {
  return parseInt(digits, 36);
}

export class StepTable {
  /**
   * {index, start, end, kind, cue: [start, end] or null, episode, seconds or null}, in order.
   *
   * @type {Step[]}
   */
  steps = [];
  text = "";
  /** Are there steps that nobody classified, since the data does not name them? */
  isPartial = false;
  #read = 0; // of the records

  /**
   * Take all of the text and of the records so far; what was read is not read again.
   *
   * @param {string} text
   * @param {string} records
   */
  grow(text, records) {
    this.text = text;
    RECORD.lastIndex = this.#read;
    /** @type {RegExpExecArray | null} */
    let match;
    while (this.steps.length < MOST_STEPS && (match = RECORD.exec(records))) {
      if (!this.#add(match)) break;
      this.#read = RECORD.lastIndex;
    }
  }

  /** No more will come: whatever has no record is unclassified. */
  finish() {
    this.isPartial = this.end < this.text.length;
    PARAGRAPH.lastIndex = this.end;
    while (this.end < this.text.length) {
      // However many there are, the last one takes the rest.
      const isLast = this.steps.length >= MOST_STEPS || !PARAGRAPH.test(this.text);
      const end = isLast ? this.text.length : PARAGRAPH.lastIndex;
      this.#push({ end, kind: UNCLASSIFIED, cue: null, seconds: null });
    }
  }

  /** Where the last step ends, and what is still open begins. */
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
   * The index of the step at a place in the text, the nearest where there is none.
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
   * The step at a place in the text, undefined where the table is empty.
   *
   * @param {number} offset
   */
  stepAt(offset) {
    return this.steps[this.indexAt(offset)];
  }

  /** @param {RegExpExecArray} match */
  #add([, letter = "", length = "", cueBegin, cueLength, tenths]) {
    const end = unitBehind(this.text, this.end, number(length));
    if (end === null || end === this.end) return false;
    const seconds = tenths === undefined ? null : number(tenths) / 10;
    const cue = cueLength === undefined ? null : this.#cue(end, cueBegin === undefined ? 0 : number(cueBegin), number(cueLength));
    this.#push({ end, kind: kindOf(letter), cue, seconds });
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
    const from = unitBehind(this.text, this.end, begin);
    if (from === null) return null;
    const to = unitBehind(this.text, from, length);
    return to === null || to > end ? null : [from, to];
  }

  /** @param {Pick<Step, "end" | "kind" | "cue" | "seconds">} step */
  #push(step) {
    const last = this.steps.at(-1);
    const begins = last !== undefined && step.kind.name === "switch";
    const episode = last === undefined ? 0 : last.episode + Number(begins);
    this.steps.push({ index: this.steps.length, start: last?.end ?? 0, episode, ...step });
  }
}

/**
 * The loops of a saved turn, [start, end] in UTF-16 units, as far as they fit the text.
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
    const start = number(begin) < seen ? null : unitBehind(text, unit, number(begin) - seen);
    if (start === null) break;
    const end = unitBehind(text, start, number(length));
    if (end === null) break;
    loops.push([start, end]);
    unit = end;
    seen = number(begin) + number(length);
  }
  return loops;
}
