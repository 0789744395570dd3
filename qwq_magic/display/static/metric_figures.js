// The metrics of a turn in words: each with its unit, and "≈" where it is an estimate.

/** @import { MetricName, Metrics } from "./types.js" */

/** @import { StepTable } from "./step_table.js" */

import { element } from "./elements.js";
import { seconds } from "./turn_words.js";

/** The metrics that are numbers. */
export const NUMBERS = /** @type {const} */ ([
  "ttft_s", "thinking_s", "total_s", "reasoning_tokens", "answer_tokens", "reasoning_share",
  "tokens_per_s", "steps", "episodes", "switches_per_100_steps", "checks", "mean_episode_steps",
  "post_answer_ratio", "repetition", "loops", "language_mix",
]);

/**
 * What can be counted of a reasoning that still grows.
 *
 * @param {StepTable} table
 * @returns {Metrics}
 */
export function countsOf(table) {
  const unknown = /** @type {Record<MetricName, null>} */ (Object.fromEntries(NUMBERS.map((name) => [name, null])));
  /** @param {string} name */
  const of = (name) => table.steps.filter(({ kind }) => kind.name === name).length;
  const steps = table.steps.length;
  return {
    ...unknown,
    steps,
    episodes: table.episodes,
    mean_episode_steps: steps ? steps / table.episodes : null,
    switches_per_100_steps: steps ? (100 * of("switch")) / steps : null,
    checks: of("check"),
    tokens_estimated: true,
    first_seen: null,
  };
}

/** @param {number | null} value */
function whole(value) {
  return value === null ? "" : Math.round(value).toLocaleString("en-US");
}

/** @param {number | null} share */
function percent(share) {
  return share === null ? "" : `${Math.round(Math.min(1, share) * 100)} %`;
}

/** @param {number | null} value */
function decimal(value) {
  return value === null ? "" : (value < 10 ? value.toFixed(1) : whole(value));
}

/**
 * [label, value, what it means] of each metric that is known.
 *
 * @param {Metrics} metrics
 * @returns {[label: string, value: string, title: string][]}
 */
function wordsOf(metrics) {
  const about = metrics.tokens_estimated ? "≈ " : "";
  const seen = metrics.first_seen;
  /** @type {[label: string, value: string, title: string][]} */
  const words = [
    ["first text", seconds(metrics.ttft_s), "Seconds from the request to the first text"],
    ["thinking", seconds(metrics.thinking_s), "Seconds from the first reasoning text to the first answer text"],
    ["in all", seconds(metrics.total_s), "Seconds from the request to the end"],
    ["reasoning", about + whole(metrics.reasoning_tokens) + " tokens", "Tokens of the reasoning"],
    ["of the output", about + percent(metrics.reasoning_share), "Reasoning ÷ (reasoning + answer), in tokens"],
    ["speed", about + decimal(metrics.tokens_per_s) + " tokens/s", "Tokens per second, from the first text to the end"],
    ["steps", whole(metrics.steps), "Number of steps"],
    ["episodes", "≈ " + whole(metrics.episodes), "Runs of steps between two switches; switches are guesses"],
    ["an episode", "≈ " + decimal(metrics.mean_episode_steps) + " steps", "Mean length of an episode"],
    ["switches", "≈ " + decimal(metrics.switches_per_100_steps) + " in 100 steps", "Steps that likely switch to another approach"],
    ["checks", "≈ " + whole(metrics.checks), "Steps that likely check something"],
    ["answer first seen", seen ? "at ≈ " + percent(seen.share) : "", `Where the reasoning first asserts ${seen?.value || "the answer"}`],
    ["behind it", "≈ " + percent(metrics.post_answer_ratio), "Share of the reasoning behind the place where the answer was first seen"],
    ["repetition", percent(metrics.repetition), "Share of 8-word runs that stood there before"],
    ["loops", whole(metrics.loops), "Stretches that say the same three times or more in a row"],
    ["Chinese", percent(metrics.language_mix), "Chinese characters ÷ (Chinese characters + Latin letters), math and code left out"],
  ];
  return words.filter(([, value]) => /\d/.test(value));
}

/**
 * The list of figures; empty where nothing is known.
 *
 * @param {Metrics | null} metrics
 */
export function metricList(metrics) {
  const list = element("dl", "qwq-metrics", { "aria-label": "Metrics" });
  for (const [label, value, title] of metrics ? wordsOf(metrics) : []) {
    const term = element("dt", "", {}, label);
    list.append(element("div", "qwq-metric", { title }, term, element("dd", "", {}, value)));
  }
  return list;
}
