// Text of a model, made safe to display: without invisible characters or any that reorder a line.

import { ControlStripper } from "./control_stripper.js";

const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;
const CJK = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\u{20000}-\u{3ffff}]/gu;
const CHARACTERS_PER_TOKEN = 3.6;
const CJK_PER_TOKEN = 1.5;

/**
 * Drop controls and escape sequences, and show bidi controls as replacement characters.
 *
 * @param {string} text
 */
export function cleanText(text) {
  return new TextCleaner().push(text);
}

/**
 * The cleaned text as one line, for labels.
 *
 * @param {string} text
 * @param {number} [limit]
 */
export function cleanLine(text, limit = 300) {
  const line = cleanText(text).replace(/\s+/g, " ").trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** `cleanText` for deltas, which may split a sequence or a CRLF anywhere. */
export class TextCleaner {
  #stripper = new ControlStripper();

  /** @param {string} delta */
  push(delta) {
    return this.#stripper.feed(delta).replace(REORDERING, "\ufffd");
  }
}

/**
 * The estimated tokens of a text, by the rule in `token_estimate.py`.
 *
 * @param {string} text
 */
export function estimateTokens(text) {
  const cjk = text.match(CJK)?.length ?? 0;
  return cjk / CJK_PER_TOKEN + (codePointLength(text) - cjk) / CHARACTERS_PER_TOKEN;
}

/**
 * Length in code points, as Python counts it.
 *
 * @param {string} text
 */
export function codePointLength(text) {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
}

/**
 * The offset `count` code points after `unit`, or null if the text is shorter.
 *
 * @param {string} text
 * @param {number} unit
 * @param {number} count
 */
export function unitAfter(text, unit, count) {
  const ahead = text.slice(unit, unit + 2 * count);
  const end = unitOffset(ahead, count);
  return codePointLength(ahead.slice(0, end)) === count ? unit + end : null;
}

/**
 * The offset of code point `count`, in UTF-16 units.
 *
 * @param {string} text
 * @param {number} count
 */
export function unitOffset(text, count) {
  let unit = 0;
  for (let seen = 0; seen < count && unit < text.length; seen++) {
    unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  }
  return unit;
}
