import assert from "node:assert/strict";
import test from "node:test";

import { turnOf } from "../../../qwq_magic/display/static/turn_data.js";
import { footerLine, isRunning, pace, reasoningLabel, seconds, tokens, tokenSplit } from "../../../qwq_magic/display/static/turn_captions.js";

test("seconds have a decimal up to a minute, and none from there on", () => {
  assert.deepEqual([0, 12.44, 59.94, 59.95, 61, 125.6].map(seconds), ["0.0 s", "12.4 s", "59.9 s", "1 min 0 s", "1 min 1 s", "2 min 6 s"]);
});

test("unknown seconds are empty", () => {
  assert.deepEqual([seconds(null), seconds(undefined)], ["", ""]);
});

test("reported tokens are exact, estimated ones are not", () => {
  assert.equal(tokens(1412, 5), "1,412 tokens");
  assert.equal(tokens(null, 411.6), "≈ 412 tokens");
  assert.equal(tokens(1, 5), "1 token");
});

test("a reported zero takes precedence over an estimate", () => {
  assert.equal(tokens(0, 5), "");
});

test("tokens are split as the server counted them", () => {
  assert.equal(tokenSplit({ reasoning_tokens: 412, output_tokens: 448 }, { reasoning: 1, answer: 1 }), "412 reasoning + 36 answer tokens");
});

test("tokens are split by the estimate if the server reported only a total", () => {
  assert.equal(tokenSplit({ output_tokens: 448 }, { reasoning: 400, answer: 0.4 }), "≈ 400 reasoning tokens");
  assert.equal(tokenSplit(null, { reasoning: 0, answer: 0.4 }), "");
});

test("the label of a reasoning has its seconds and its tokens", () => {
  assert.equal(reasoningLabel(12.4, 412, 0), "Thought for 12.4 s · 412 tokens");
  assert.equal(reasoningLabel(null, null, 0), "Reasoning");
});

test("the footer lists known facts, and the finish reason unless it is stop", () => {
  const turn = turnOf({ model: "qwq-plus", server: "demo", usage: { total_tokens: 50 }, timing: { total_s: 3 }, conversation: "main", number: 2, attempt: 2, finish_reason: "length" });

  assert.equal(footerLine(turn, { reasoning: 0, answer: 0 }), "qwq-plus · demo · 50 tokens · 3.0 s · main · turn 2 · re-run: attempt 2 · finished: length");
  assert.equal(footerLine(turnOf({ model: "m", attempt: 1, finish_reason: "stop" }), { reasoning: 0, answer: 0 }), "m");
});

test("a turn runs until it has ended", () => {
  assert.deepEqual(["connecting", "reasoning", "answering", "complete", "stopped", "error", undefined].map(isRunning), [true, true, true, false, false, false, false]);
});

test("the pace is shown once there is one, and a pause once it is long", () => {
  assert.equal(pace({ tokens: 0, firstS: 0, lastS: 60 }), "");
  assert.equal(pace({ tokens: 20, firstS: 0.5, lastS: 0 }), "");
  assert.equal(pace({ tokens: 124, firstS: 4, lastS: 0.1 }), "31 tok/s");
  assert.equal(pace({ tokens: 124, firstS: 24, lastS: 11.6 }), "no text for 11 s");
});
