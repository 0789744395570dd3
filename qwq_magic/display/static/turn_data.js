// A saved turn as this view needs it, whatever the notebook contains.
//
// Notebooks are shared: any value may be missing, of another type, or huge.

/** @import { Metrics, SavedTurn, Usage } from "./types.js" */

import { NUMBERS } from "./metric_figures.js";
import { cleanLine, codePointLength } from "./safe_text.js";
import { labellingOf, labelRecordsOf } from "./turn_labels.js";
import { lanesOf } from "./value_lane.js";

const MAX_TEXT_LENGTH = 8_000_000;
const MAX_NOTICES = 20;
const SCHEMA = 1;
/** @type {("complete" | "stopped" | "error")[]} */
const STATES = ["complete", "stopped", "error"];
const NEWER = "A newer version of qwq-magic saved this turn. Update it to see all of it; its plain text is below.";
const DAMAGED = "This turn is damaged, or of another program. What can be read of it is below.";

/** @param {unknown} value */
export function textOf(value) {
  return typeof value === "string" ? value.slice(0, MAX_TEXT_LENGTH) : "";
}

/**
 * @param {unknown} value
 * @param {number} limit
 */
export function lineOf(value, limit) {
  return typeof value === "string" ? cleanLine(value.slice(0, 5000), limit) : "";
}

/** @param {unknown} value */
export function numberOf(value) {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 && value < 1e12 ? value : null;
}

/**
 * The value if it is an object, otherwise an empty object.
 *
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
export function fieldsOf(value) {
  return value !== null && typeof value === "object" ? /** @type {Record<string, unknown>} */ (value) : {};
}

/**
 * @template {string} Choice
 * @param {unknown} value
 * @param {Choice[]} choices
 * @param {Choice} fallback
 */
function oneOf(value, choices, fallback) {
  return choices.find((choice) => choice === value) ?? fallback;
}

/**
 * @template {string} Name
 * @param {unknown} value
 * @param {readonly Name[]} names
 */
function numbers(value, names) {
  const source = fieldsOf(value);
  const known = names.map((name) => [name, numberOf(source[name])]);
  return /** @type {Record<Name, number | null>} */ (Object.fromEntries(known));
}

const USAGE = /** @type {const} */ (["input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "cached_tokens"]);

/**
 * @param {unknown} value
 * @returns {Usage}
 */
export function usageOf(value) {
  return numbers(value, USAGE);
}

/**
 * The metrics, or null if there are none.
 *
 * @param {unknown} value
 * @returns {Metrics | null}
 */
function metricsOf(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  const data = fieldsOf(value);
  const { first_seen: seen } = data;
  const isSeen = seen !== null && typeof seen === "object";
  return {
    ...numbers(data, NUMBERS),
    tokens_estimated: data.tokens_estimated !== false,
    first_seen: isSeen ? { value: lineOf(fieldsOf(seen).value, 80), ...numbers(seen, ["step", "share"]) } : null,
  };
}

/**
 * How many characters of the reasoning and of the answer are given, at most all of them.
 *
 * @param {Record<string, unknown>} data
 */
function givenOf({ given, reasoning, answer }) {
  const counts = Array.isArray(given) ? given : [];
  /**
   * @param {unknown} count
   * @param {unknown} text
   */
  const within = (count, text) => Math.min(Number.isInteger(count) ? (numberOf(count) ?? 0) : 0, codePointLength(textOf(text)));
  return { reasoning: within(counts[0], reasoning), answer: within(counts[1], answer) };
}

/**
 * The step to open the inspector at, from 1, or null.
 *
 * @param {unknown} value
 */
function stepOf(value) {
  const step = numberOf(value);
  return step !== null && Number.isInteger(step) && step >= 1 ? step : null;
}

/**
 * Why a turn may be shown in part, or "".
 *
 * @param {Record<string, unknown>} data
 */
function unreadableOf({ schema, state }) {
  if (typeof schema === "number" && schema > SCHEMA) return NEWER;
  return STATES.some((known) => known === state) ? "" : DAMAGED;
}

/**
 * @param {unknown} value
 * @returns {SavedTurn}
 */
export function turnOf(value) {
  const data = fieldsOf(value);
  const view = fieldsOf(data.view);
  const unreadable = unreadableOf(data);
  return {
    id: lineOf(data.id, 200),
    state: oneOf(data.state, STATES, "stopped"),
    state_word: unreadable ? "Not readable by this version" : lineOf(data.state_word, 60),
    reasoning: textOf(data.reasoning),
    answer: textOf(data.answer),
    parent: lineOf(fieldsOf(data.parent).id, 200),
    model: lineOf(data.model, 120),
    server: lineOf(data.server, 120),
    conversation: lineOf(data.conversation, 120),
    number: numberOf(data.number),
    attempt: numberOf(data.attempt),
    finish_reason: lineOf(data.finish_reason, 60),
    caption: lineOf(data.caption, 200),
    footer: lineOf(data.footer, 600),
    usage: usageOf(data.usage),
    timing: numbers(data.timing, ["ttft_s", "thinking_s", "total_s"]),
    error: lineOf(fieldsOf(data.error).message, 1000),
    notices: [...noticesOf(data.notices), ...(unreadable ? [unreadable] : [])],
    ending: lineOf(data.ending, 300),
    steps: textOf(data.steps),
    loops: textOf(data.loops),
    candidates: textOf(data.candidates).slice(0, 50_000),
    lanes: lanesOf(data.lanes),
    sureness: textOf(data.sureness).slice(0, 200_000),
    metrics: metricsOf(data.metrics),
    show: oneOf(view.show, ["both", "reasoning", "answer"], "both"),
    start: oneOf(view.start, ["open", "auto", "closed"], "auto"),
    inspect: view.inspect === true,
    step: stepOf(view.step),
    labels: labelRecordsOf(data.labels),
    labelling: labellingOf(view.labelling),
    given: givenOf(data),
  };
}

/**
 * @param {unknown} value
 * @returns {string[]}
 */
export function noticesOf(value) {
  if (!Array.isArray(value)) return [];
  return value
    .slice(-MAX_NOTICES)
    .map((notice) => lineOf(notice, 500))
    .filter(Boolean);
}
