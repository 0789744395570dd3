import assert from "node:assert/strict";
import test from "node:test";

import { laneLabel, laneName, laneSeconds, milestone, percent, windowOf } from "../../../qwq_magic/display/static/batch_captions.js";
import { batchOf } from "../../../qwq_magic/display/static/batch_data.js";

function figures(ended, changes = {}) {
  const { figures } = batchOf({ figures: { state: "running", total: 100, done: ended, failed: 0, stopped: 0, running: 1, errors: [], ...changes } });
  return figures;
}

test("only milestones are announced: quarters, a new kind of failure, the end", () => {
  const steps = [[0, 1], [24, 25], [25, 26], [49, 60], [99, 100]].map(([before, after]) => milestone(figures(before), figures(after)));

  assert.deepEqual(steps, ["", "25 of 100 ended", "", "60 of 100 ended", ""]);
  const failed = figures(2, { failed: 1, errors: [["rate limit", 1]] });
  assert.equal(milestone(figures(2), failed), "Failed: rate limit");
  assert.equal(milestone(failed, figures(3, { failed: 2, errors: [["rate limit", 2]] })), "");
  assert.equal(milestone(failed, figures(98, { failed: 2, state: "complete" })), "Done: 98 of 100, 2 failed");
  assert.equal(milestone(figures(5), figures(5, { stopped: 95, state: "stopped" })), "Stopped: 5 of 100");
  assert.equal(milestone(null, figures(50)), "");
});

test("a line grows without moving, and begins again with its last sentence when it is full", () => {
  let shown = "";
  const seen = [];
  const text = "Let me see what is given. The digits are 9 and 1. Wait, is it so? I check.";
  for (let end = 10; end <= text.length; end += 8) {
    shown = windowOf(shown, text.slice(0, end), 40);
    seen.push(shown);
    assert.ok(shown.length <= 40);
  }

  assert.ok(seen.every((line, index) => line.length >= 10 || index === 0));
  const moves = seen.slice(1).filter((line, index) => !line.startsWith(seen[index]));
  assert.deepEqual(moves, ["The digits are 9", "is it so? I check."]);
});

test("a new line begins at its beginning", () => {
  assert.equal(windowOf("The end of one", "Another", 40), "Another");
  assert.equal(windowOf("a", "The answer", 40), "The answer");
  assert.equal(windowOf("", "", 40), "");
  assert.equal(windowOf("x", "好".repeat(60), 40).length, 20);
});

test("a lane is named after its sample, its row, or both", () => {
  const samples = batchOf({ rows: 1, lanes: [{}, {}] });
  const rows = batchOf({ rows: 2, lanes: [{}, {}] });
  const both = batchOf({ rows: 2, lanes: [{}, {}, {}, {}] });
  const lane = { row: 1, number: 2 };

  assert.deepEqual([samples, rows, both].map((batch) => laneName(batch, lane)), ["2", "1", "1 · 2"]);
});

test("a screen reader reads what a lane is, not how it grows", () => {
  const batch = batchOf({ rows: 1, models: ["a", "b"], lanes: [{ number: 1, model: 1, state: "complete", value: "9.9", tokens: "412" }, { number: 2, state: "reasoning", tokens: "≈ 3" }] });

  assert.equal(laneLabel(batch, batch.lanes[0]), "Sample 1, b, done, value 9.9, 412 tokens");
  assert.equal(laneLabel(batch, batch.lanes[1]), "Sample 2, a, thinking");
});

test("seconds are whole while a lane runs", () => {
  const { lanes } = batchOf({ lanes: [{ state: "reasoning", began_s: 2 }, { state: "complete", seconds: 12.34 }, { state: "waiting" }] });

  assert.deepEqual(lanes.map((lane) => laneSeconds(lane, 75.9)), ["1 min 13 s", "12.3 s", ""]);
});

test("percents are rounded as in Python", () => {
  assert.deepEqual([0.625, 0.375, 1, 0].map(percent), ["63 %", "38 %", "100 %", "0 %"]);
});
