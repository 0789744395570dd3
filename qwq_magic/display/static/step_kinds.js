// What a step may be: the letters of its record, the kinds, the groups they are coloured by.
//
// A kind is a guess, and is called "likely" wherever it is shown.

/** @import { Group, StepKind } from "./types.js" */

/**
 * In the order of the keys 1 to 4; what no cue speaks for has no key.
 *
 * @type {Group[]}
 */
export const GROUPS = ["orient", "work", "reflect", "conclude", "unclassified"];

/** @type {Record<Group, string>} */
export const GROUP_WORDS = {
  orient: "sets up, recalls or plans",
  work: "computes",
  reflect: "checks, doubts or switches",
  conclude: "concludes or answers",
  unclassified: "nothing speaks for any kind",
};

/** @type {Map<string, StepKind>} */
const KINDS = new Map([
  ["U", { name: "setup", group: "orient" }],
  ["P", { name: "plan", group: "orient" }],
  ["R", { name: "recall", group: "orient" }],
  ["W", { name: "compute", group: "work" }],
  ["V", { name: "check", group: "reflect" }],
  ["D", { name: "doubt", group: "reflect" }],
  ["S", { name: "switch", group: "reflect" }],
  ["C", { name: "conclude", group: "conclude" }],
  ["A", { name: "answer", group: "conclude" }],
]);
/** @type {StepKind} */
export const UNCLASSIFIED = { name: "unclassified", group: "unclassified" };

/**
 * The kind of a record's letter; a letter of a later version is unclassified.
 *
 * @param {string} letter
 */
export function kindOf(letter) {
  return KINDS.get(letter) ?? UNCLASSIFIED;
}

/**
 * "likely doubt", or "unclassified".
 *
 * @param {StepKind} kind
 */
export function likely(kind) {
  return kind === UNCLASSIFIED ? kind.name : `likely ${kind.name}`;
}
