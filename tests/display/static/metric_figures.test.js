import assert from "node:assert/strict";
import test from "node:test";

import { countsOf, figuresOf } from "../../../qwq_magic/display/static/metric_figures.js";
import { turnOf } from "../../../qwq_magic/display/static/turn_data.js";
import { tableOf } from "./tables.js";

const figures = (metrics) => figuresOf(turnOf({ metrics }).metrics).flatMap(([, list]) => list.map(([label, value]) => [label, value]));

test("the steps of a growing reasoning are counted", () => {
  const counts = countsOf(tableOf("abcd", "W1S1V1V1"));

  assert.deepEqual(
    [counts.steps, counts.episodes, counts.checks, counts.switches_per_100_steps, counts.mean_episode_steps],
    [4, 2, 2, 25, 2],
  );
  assert.equal(counts.total_s, null);
});

test("a reasoning without steps has no means", () => {
  const counts = countsOf(tableOf("", ""));

  assert.deepEqual([counts.switches_per_100_steps, counts.mean_episode_steps, counts.episodes], [null, null, 0]);
});

test("unknown metrics are not shown", () => {
  assert.deepEqual(figures({ steps: 12 }), [["steps", "12"]]);
  assert.deepEqual(figures({}), []);
});

test("estimated tokens are marked as such, counted ones are not", () => {
  assert.deepEqual(figures({ reasoning_tokens: 1200 }), [["reasoning", "≈ 1,200 tokens"]]);
  assert.deepEqual(figures({ reasoning_tokens: 1200, tokens_estimated: false }), [["reasoning", "1,200 tokens"]]);
});

test("a share is shown in per cent, a hundred at most", () => {
  assert.deepEqual(figures({ repetition: 0.256 }), [["repetition", "26 %"]]);
  assert.deepEqual(figures({ repetition: 7 }), [["repetition", "100 %"]]);
});

test("small numbers keep a decimal", () => {
  assert.deepEqual(figures({ tokens_per_s: 9.94, tokens_estimated: false }), [["speed", "9.9 tokens/s"]]);
  assert.deepEqual(figures({ tokens_per_s: 31.4, tokens_estimated: false }), [["speed", "31 tokens/s"]]);
});

test("a figure of zero is not shown, however it is rounded", () => {
  assert.deepEqual(figures({ checks: 0, loops: 0, repetition: 0.004, flips: 0, switches_per_100_steps: 0.02 }), []);
  assert.deepEqual(figures({ ttft_s: 0.01 }), [["first text", "0.0 s"]]);
});

test("changes of the answer are counted", () => {
  assert.deepEqual(figures({ flips: 1 }), [["answer changed", "≈ 1 time"]]);
  assert.deepEqual(figures({ flips: 3 }), [["answer changed", "≈ 3 times"]]);
});

test("figures are grouped by what they are about", () => {
  const groups = figuresOf(turnOf({ metrics: { total_s: 3, steps: 12, loops: 1, flips: 2 } }).metrics);

  assert.deepEqual(groups.map(([group]) => group), ["Time", "Length", "Course", "Answer"]);
});
