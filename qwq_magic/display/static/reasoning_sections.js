// A reasoning cut into sections that can be drawn independently of each other.

/** @import { ReasoningSection } from "./types.js" */

import { AnswerBlocks } from "./answer_blocks.js";

// Sections are as small as can be without a frame around every sentence.
const SMALLEST = 600;
// Where the drawer itself cuts a line.
const LONGEST_LINE = 20_000;

/**
 * The sections of `text`, in order and without gaps: each is one or more whole blocks of Markdown.
 *
 * The first `given` characters end with a section where they end in prose; elsewhere, as in a
 * table, the block in which they end is a section of its own.
 *
 * @param {string} text
 * @param {number} [given]
 * @returns {ReasoningSection[]}
 */
export function sectionsOf(text, given = 0) {
  const cuts = withCutAt(given, cutsIn(text), text);
  const after = cuts.findIndex((cut) => cut >= given);
  /** @type {ReasoningSection[]} */
  const sections = [];
  let start = 0;
  cuts.forEach((end, index) => {
    const atGiven = given > 0 && (index === after || index === after - 1);
    if (end - start < SMALLEST && !atGiven && end < text.length) return;
    sections.push({ start, end, given: shareOf(text.slice(start, end).trimEnd(), start, given) });
    start = end;
  });
  return sections;
}

/**
 * @param {string} content
 * @param {number} start
 * @param {number} given
 */
function shareOf(content, start, given) {
  if (start >= given) return "none";
  return start + content.length <= given ? "whole" : "part";
}

// What a cut would tear: a formula, code, emphasis, a link, or a line that is more than prose.
const TORN = /[$`*_[\]<>|~\\]|^\s{0,3}(?:#|[-+] |\d+[.)] )|^\s{4}/m;

/**
 * The cuts, with one more where the given text ends, if nothing is torn there.
 *
 * @param {number} given
 * @param {number[]} cuts
 * @param {string} text
 */
function withCutAt(given, cuts, text) {
  const index = cuts.findIndex((cut) => cut >= given);
  const [begin, end] = [cuts[index - 1] ?? 0, cuts[index] ?? 0];
  const isBetweenWords = /\s/.test(text[given - 1] ?? "");
  if (given <= begin || given >= end || !isBetweenWords || TORN.test(text.slice(begin, end))) return cuts;
  return [...cuts.slice(0, index), given, ...cuts.slice(index)];
}

/**
 * Where blocks end; the last cut is the end of the text.
 *
 * @param {string} text
 */
function cutsIn(text) {
  const blocks = new AnswerBlocks();
  /** @type {Set<number>} */
  const cuts = new Set();
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    let end = newline < 0 ? text.length : newline + 1;
    const isLong = end - at > LONGEST_LINE && !blocks.isInFence;
    if (isLong) end = cutOfLine(text, at);
    // The last line is whole, even if nothing ends it.
    const ending = newline < 0 && !isLong ? "\n" : "";
    const finished = blocks.push(text.slice(at, end) + ending);
    if (isLong) blocks.end();
    // A line may finish the block before it, itself, or both.
    if (finished.length > (blocks.isBetween ? 1 : 0)) cuts.add(at);
    if (blocks.isBetween) cuts.add(end);
    at = end;
  }
  cuts.delete(0);
  if (text) cuts.add(text.length);
  return [...cuts].sort((one, other) => one - other);
}

/**
 * @param {string} text
 * @param {number} at
 */
function cutOfLine(text, at) {
  const limit = at + LONGEST_LINE;
  const space = text.lastIndexOf(" ", limit - 1);
  if (space > at + LONGEST_LINE / 2) return space + 1;
  return /[\ud800-\udbff]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
}
