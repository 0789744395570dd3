// The cells that go on from a turn. What a button does is written in a cell of its own, where it
// can be read, saved and run again.

/** @import { SavedTurn, TurnSource } from "./types.js" */

// Other names would need quotes that the option line may read differently.
const PLAIN_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,80}$/u;
// The presets whose servers continue no text; a test compares them with presets.py.
export const QUOTING = [
  "dashscope", "dashscope-intl", "dashscope-us", "dashscope-hk", "dashscope-batch", "deepseek", "openai",
  "xai", "anthropic", "transformers",
];
const QUOTES = " (this server cannot continue a text, so it is quoted in a new prompt)";

/**
 * How a cell names this turn; null for a turn that is in no conversation.
 *
 * @param {Pick<SavedTurn, "number" | "attempt" | "conversation" | "server">} turn
 * @returns {TurnSource | null}
 */
export function sourceOf({ number, attempt, conversation, server }) {
  if (number === null || !Number.isInteger(number) || number < 1) return null;
  const isAttempt = attempt !== null && Number.isInteger(attempt) && attempt > 0;
  const name = isAttempt ? `${number}.${attempt}` : `${number}`;
  const limits = QUOTING.includes(server) ? QUOTES : "";
  if (conversation === "main" || conversation === "") return { name, option: "", limits };
  if (!PLAIN_NAME.test(conversation)) return null;
  return { name, option: conversation.includes(" ") ? ` -c "${conversation}"` : ` -c ${conversation}`, limits };
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

/** @param {TurnSource} source */
export function labelCell({ name, option }) {
  return `%qwq_label${option} ${name}`;
}

/** @param {TurnSource} source */
export function probeCell({ name, option }) {
  return `%qwq_probe${option} ${name}`;
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
