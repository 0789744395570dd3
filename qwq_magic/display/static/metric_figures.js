// The metrics of a turn as text, with their units, and with "≈" for estimates.

/** @import { MetricName, Metrics } from "./types.js" */

/** @import { StepTable } from "./step_table.js" */

import { element } from "./elements.js";
import { seconds } from "./turn_captions.js";

/** The metrics that are numbers. */
export const NUMBERS = /** @type {const} */ ([
  "ttft_s", "thinking_s", "total_s", "reasoning_tokens", "answer_tokens", "reasoning_share",
  "tokens_per_s", "steps", "episodes", "switches_per_100_steps", "checks", "mean_episode_steps",
  "post_answer_ratio", "flips", "repetition", "loops", "language_mix",
  "sums", "sums_wrong",
]);

/**
 * The metrics that can be counted while a reasoning is growing.
 *
 * @param {StepTable} table
 * @returns {Metrics}
 */
export function countsOf(table) {
  const unknown = /** @type {Record<MetricName, null>} */ (Object.fromEntries(NUMBERS.map((name) => [name, null])));
  /** @param {string} name */
  const of = (name) => table.steps.filter(({ kind }) => kind.name === name).length;
  const steps = table.steps.length;
  const sums = table.steps.flatMap((step) => step.sums);
  return {
    ...unknown,
    steps,
    episodes: table.episodes,
    mean_episode_steps: steps ? steps / table.episodes : null,
    switches_per_100_steps: steps ? (100 * of("switch")) / steps : null,
    checks: of("check"),
    sums: sums.length,
    sums_wrong: sums.filter(({ holds }) => !holds).length,
    tokens_estimated: true,
    first_seen: null,
  };
}

/** @typedef {[label: string, figure: string, title: string]} Figure */

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
 * "12 right", or "2 of 12 wrong"; "" if nothing was recomputed.
 *
 * @param {Metrics} metrics
 */
function sumsFigure({ sums, sums_wrong }) {
  if (!sums) return "";
  return sums_wrong ? `${whole(sums_wrong)} of ${whole(sums)} wrong` : `${whole(sums)} right`;
}

/**
 * A number with its unit, or "" if the number is not known or none of its digits is above zero.
 *
 * @param {string} number
 * @param {{ before?: string, after?: string }} [words]
 */
function figure(number, { before = "", after = "" } = {}) {
  return /[1-9]/u.test(number) ? before + number + after : "";
}

/**
 * The known metrics by what they are about: label, figure and meaning.
 *
 * @param {Metrics} metrics
 * @returns {[group: string, figures: Figure[]][]}
 */
export function figuresOf(metrics) {
  const about = metrics.tokens_estimated ? "≈ " : "";
  const seen = metrics.first_seen;
  /** @type {[group: string, figures: Figure[]][]} */
  const groups = [
    ["Time", [
      ["first text", seconds(metrics.ttft_s), "Seconds from the request to the first text"],
      ["thinking", seconds(metrics.thinking_s), "Seconds from the first reasoning text to the first answer text"],
      ["total", seconds(metrics.total_s), "Seconds from the request to the end"],
      ["speed", figure(decimal(metrics.tokens_per_s), { before: about, after: " tokens/s" }), "Tokens per second, from the first text to the end"],
    ]],
    ["Length", [
      ["reasoning", figure(whole(metrics.reasoning_tokens), { before: about, after: " tokens" }), "Tokens of the reasoning"],
      ["reasoning share", figure(percent(metrics.reasoning_share), { before: about }), "Reasoning ÷ (reasoning + answer), in tokens"],
      ["steps", figure(whole(metrics.steps)), "Number of steps"],
      ["Chinese", figure(percent(metrics.language_mix)), "Chinese characters ÷ (Chinese characters + Latin letters), without math and code"],
    ]],
    ["Course", [
      ["episodes", figure(whole(metrics.episodes), { before: "≈ " }), "Runs of steps between two switches; switches are guesses"],
      ["mean episode", figure(decimal(metrics.mean_episode_steps), { before: "≈ ", after: " steps" }), "Mean number of steps in an episode"],
      ["switches", figure(decimal(metrics.switches_per_100_steps), { before: "≈ ", after: " per 100 steps" }), "Steps that likely switch to another approach"],
      ["checks", figure(whole(metrics.checks), { before: "≈ " }), "Steps that likely check something"],
      ["sums", sumsFigure(metrics), "Equalities between numbers that were recomputed"],
      ["repetition", figure(percent(metrics.repetition)), "Share of 8-word sequences that occurred before"],
      ["loops", figure(whole(metrics.loops)), "Passages repeated three or more times in a row"],
    ]],
    ["Answer", [
      ["answer first seen", figure(percent(seen?.share ?? null), { before: "at ≈ " }), `Where the reasoning first states ${seen?.value || "the answer"}`],
      ["after that", figure(percent(metrics.post_answer_ratio), { before: "≈ " }), "Share of the reasoning after the answer was first seen"],
      ["answer changed", figure(whole(metrics.flips), { before: "≈ ", after: metrics.flips === 1 ? " time" : " times" }), "How often the reasoning states another answer than before"],
    ]],
  ];
  return groups
    .map(([group, figures]) => /** @type {[string, Figure[]]} */ ([group, figures.filter(([, value]) => value !== "")]))
    .filter(([, figures]) => figures.length);
}

/**
 * The figures in their groups; empty if no metric is known.
 *
 * @param {Metrics | null} metrics
 */
export function metricList(metrics) {
  const list = element("div", "qwq-metrics", { role: "group", "aria-label": "Metrics" });
  for (const [group, figures] of metrics ? figuresOf(metrics) : []) {
    const terms = element("dl", "qwq-metric-figures", { "aria-label": group });
    for (const [label, value, title] of figures) {
      const term = element("dt", "", {}, label);
      terms.append(element("div", "qwq-metric", { title }, term, element("dd", "", {}, value)));
    }
    list.append(element("div", "qwq-metric-group", {}, element("div", "qwq-metric-name", {}, group), terms));
  }
  return list;
}
