import assert from "node:assert/strict";
import test from "node:test";

import { applyFrame, batchOf } from "../../../qwq_magic/display/static/batch_data.js";

const FIGURES = { state: "running", total: 2, done: 0, failed: 0, stopped: 0, running: 1, texts: ["1 s"], notice: "", errors: [], elapsed_s: 1 };
const SNAPSHOT = {
  id: "b", number: 3, rows: 1, models: ["a", "b"], figures: FIGURES, groups: [], others: [0, 0], without_value: 0,
  lanes: [{ index: 0, row: 0, number: 1, model: 0, state: "reasoning", line: "Hm.", began_s: 0.5 }, { index: 1, row: 0, number: 1, model: 1, state: "waiting" }],
};

test("a frame changes only what it holds", () => {
  const batch = batchOf(SNAPSHOT);
  const [second] = [batch.lanes[1]];

  const changed = applyFrame(batch, { number: 4, lanes: [{ index: 0, state: "complete", value: "9.9", line: "9.9 it is.", seconds: 2 }] });

  assert.deepEqual(changed, [batch.lanes[0]]);
  assert.equal(batch.lanes[1], second);
  const { state, value, number, model, seconds } = batch.lanes[0];
  assert.deepEqual({ state, value, number, model, seconds }, { state: "complete", value: "9.9", number: 1, model: 0, seconds: 2 });
  assert.equal(batch.figures.texts[0], "1 s");
  assert.equal(batch.frame, 4);
});

test("a lane keeps when it began, and its model, in frames that do not repeat them", () => {
  const batch = batchOf(SNAPSHOT);
  applyFrame(batch, { number: 4, lanes: [{ index: 1, state: "connecting", began_s: 2 }] });
  applyFrame(batch, { number: 5, lanes: [{ index: 1, state: "reasoning", line: "So." }] });

  assert.deepEqual([batch.lanes[1].began, batch.lanes[1].model], [2, 1]);
});

test("a frame about a lane that is not there is survived", () => {
  const batch = batchOf(SNAPSHOT);

  assert.deepEqual(applyFrame(batch, { number: 4, lanes: [{ index: 99 }, { index: 0.5 }, null, 3] }), []);
  assert.deepEqual(applyFrame(batch, null), []);
});

test("data of any shape is a batch", () => {
  for (const value of [null, 3, "x", [], { lanes: {} }, { lanes: [null, [], { state: {}, value: 3, turn: "x", place: "<b>" }], figures: [], groups: [{ share: -1 }] }]) {
    const { name, lanes } = batchOf(value);

    assert.equal(name, "batch");
    for (const lane of lanes) assert.deepEqual([lane.state, lane.value, lane.turn, lane.place], ["waiting", null, null, ""]);
  }
});

test("only an identifier becomes part of code to copy", () => {
  assert.equal(batchOf({ name: "runs_2" }).name, "runs_2");
  for (const name of ["import os; os", "a.b", "x[0]", "1a", "ａ", "a\nb", {}]) assert.equal(batchOf({ name }).name, "batch");
});

test("a share is at most the whole, and an interval needs both ends", () => {
  const [one, other] = batchOf({ groups: [{ value: "9.9", count: 2, share: 7, low: 0.1, high: 9 }, { share: 0.5, low: 0.2 }] }).groups;

  assert.deepEqual([one.share, one.interval, other.interval], [1, [0.1, 1], null]);
});

test("controls and reordering marks of a model are not shown", () => {
  const [lane] = batchOf({ lanes: [{ line: "a\u202eb\u001b[1mc", value: "9\u20669" }] }).lanes;

  assert.deepEqual([lane.line, lane.value], ["a\ufffdbc", "9\ufffd9"]);
});

test("the panes of an open lane have plain ids", () => {
  assert.deepEqual(batchOf({ open: { index: 1, turn_id: "t", panes: ["ab-1", "<x>", 3] } }).open, { index: 1, turn: "t", panes: ["ab-1"], elsewhere: false });
  assert.equal(batchOf({ open: null }).open, null);
});
