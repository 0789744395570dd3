// The kinds of steps: their letters in the records, and the groups that determine their colours.
//
// A kind is a guess, and is always shown as "likely".

/** @import { Group, StepKind } from "./types.js" */

/**
 * In the order of the keys 1 to 4; unclassified steps have no key.
 *
 * @type {Group[]}
 */
export const GROUPS = ["orient", "work", "reflect", "conclude", "unclassified"];

/** @type {Record<Group, string>} */
export const GROUP_DESCRIPTIONS = {
  orient: "sets up, recalls or plans",
  work: "computes",
  reflect: "checks, doubts or switches",
  conclude: "concludes or answers",
  unclassified: "no evidence for any kind",
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
 * The kind for a letter in a record; letters of later versions are unclassified.
 *
 * @param {string} letter
 */
export function kindOf(letter) {
  return KINDS.get(letter) ?? UNCLASSIFIED;
}

/** The letters of the kinds that a person can choose, in the order of the keys 1 to 9. */
export const LABEL_LETTERS = [...KINDS.keys()];

/** @param {StepKind} kind */
export function letterOf(kind) {
  return LABEL_LETTERS.find((letter) => KINDS.get(letter)?.name === kind.name) ?? "";
}

/**
 * "likely doubt", or "unclassified".
 *
 * @param {StepKind} kind
 */
export function likely(kind) {
  return kind === UNCLASSIFIED ? kind.name : `likely ${kind.name}`;
}
