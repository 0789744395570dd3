// The cells that go on from a turn. What a button does is written in a cell of its own, where it
// can be read, saved and run again.

/** @import { SavedTurn, TurnSource } from "./types.js" */

// Other names would need quotes that the option line may read differently.
const PLAIN_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,80}$/u;

/**
 * How a cell names this turn; null for a turn that is in no conversation.
 *
 * @param {SavedTurn} turn
 * @returns {TurnSource | null}
 */
export function sourceOf({ number, attempt, conversation }) {
  if (!number || !Number.isInteger(number)) return null;
  const isAttempt = attempt !== null && Number.isInteger(attempt) && attempt > 0;
  const name = isAttempt ? `${number}.${attempt}` : `${number}`;
  if (conversation === "main" || conversation === "") return { name, option: "" };
  if (!PLAIN_NAME.test(conversation)) return null;
  return { name, option: conversation.includes(" ") ? ` -c "${conversation}"` : ` -c ${conversation}` };
}

/** @param {TurnSource} source */
export function answerCell({ name, option }) {
  return `%qwq_answer${option} ${name}`;
}

/**
 * @param {TurnSource} source
 * @param {TurnSource} other
 */
export function compareCell({ name, option }, other) {
  return `%qwq_inspect${option} ${name} ${other.name}`;
}

/** @param {TurnSource} source */
export function continueCell({ name, option }) {
  return `%qwq_continue${option} ${name}`;
}

/**
 * The given text ends before `step`, which counts from 1; `text` takes its place.
 *
 * @param {TurnSource} source
 * @param {number | "end"} step
 * @param {string} [text]
 */
export function forkCell({ name, option }, step, text = "") {
  const line = `%%qwq${option} --from ${name}:${step}`;
  return text ? `${line}\n${text}` : line;
}
