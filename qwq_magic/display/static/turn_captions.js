// The captions of a turn: its state, seconds, tokens and footer.

/** @import { SavedTurn, TokenParts, TurnState, Usage } from "./types.js" */

/** @type {Record<TurnState, string>} */
export const STATE_LABELS = {
  connecting: "Connecting…",
  reasoning: "Thinking…",
  answering: "Answering…",
  complete: "Done",
  stopped: "Stopped",
  error: "Failed",
};

/** Pauses of this length are unusual. */
const STALL_S = 10;

/** @param {TurnState | undefined} state */
export function isRunning(state) {
  return state === "connecting" || state === "reasoning" || state === "answering";
}

/** @param {number | null | undefined} value */
export function seconds(value) {
  if (value === null || value === undefined) return "";
  // Above this, one decimal would read 60.0.
  if (value < 59.95) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * How fast text arrives, "31 tok/s", or how long none has; "" while there is little to say.
 *
 * @param {{ tokens: number, firstS: number, lastS: number }} text what has arrived, and how many
 *   seconds ago its first and its last part
 */
export function pace({ tokens: arrived, firstS, lastS }) {
  if (arrived <= 0) return "";
  if (lastS >= STALL_S) return `no text for ${Math.floor(lastS)} s`;
  return firstS >= 1 ? `${Math.round(arrived / firstS).toLocaleString("en-US")} tok/s` : "";
}

/**
 * @param {number} value
 * @param {boolean} exact
 */
function count(value, exact) {
  return `${exact ? "" : "≈ "}${Math.round(value).toLocaleString("en-US")}`;
}

/**
 * "412 tokens", "≈ 412 tokens"; `reported` takes precedence over `estimate`.
 *
 * @param {number | null | undefined} reported
 * @param {number} estimate
 */
export function tokens(reported, estimate) {
  const exact = reported !== null && reported !== undefined;
  const value = reported ?? estimate;
  return value >= 0.5 ? `${count(value, exact)} token${Math.round(value) === 1 ? "" : "s"}` : "";
}

/**
 * "≈ 412 reasoning + 36 answer tokens", without parts that are zero.
 *
 * @param {Usage | null} usage
 * @param {TokenParts} estimated
 */
export function tokenSplit(usage, estimated) {
  const thought = usage?.reasoning_tokens ?? null;
  const output = usage?.output_tokens ?? null;
  const exact = thought !== null && output !== null;
  const reasoning = exact ? thought : estimated.reasoning;
  const answer = exact ? output - thought : estimated.answer;
  if (reasoning < 1 && answer < 1) return "";
  const parts = [];
  if (reasoning >= 1) parts.push(`${count(reasoning, true)} reasoning`);
  if (answer >= 1) parts.push(`${count(answer, true)} answer`);
  return `${exact ? "" : "≈ "}${parts.join(" + ")} tokens`;
}

/**
 * "Thought for 12.4 s · 412 tokens".
 *
 * @param {number | null | undefined} thinkingS
 * @param {number | null} reported
 * @param {number} estimate
 */
export function reasoningLabel(thinkingS, reported, estimate) {
  const label = thinkingS === null || thinkingS === undefined ? "Reasoning" : `Thought for ${seconds(thinkingS)}`;
  return [label, tokens(reported, estimate)].filter(Boolean).join(" · ");
}

/**
 * model · server · tokens · seconds · conversation · turn number · attempt.
 *
 * @param {SavedTurn} turn
 * @param {TokenParts} estimated
 */
export function footerLine(turn, estimated) {
  const { usage, timing } = turn;
  return [
    turn.model,
    turn.server,
    tokens(usage.total_tokens ?? usage.output_tokens, estimated.reasoning + estimated.answer),
    seconds(timing.total_s),
    turn.conversation,
    turn.number === null ? "" : `turn ${turn.number}`,
    turn.attempt === null || turn.attempt < 2 ? "" : `re-run: attempt ${turn.attempt}`,
    !turn.finish_reason || turn.finish_reason === "stop" ? "" : `finished: ${turn.finish_reason}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
