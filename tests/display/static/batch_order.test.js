import assert from "node:assert/strict";
import test from "node:test";

import { batchOf } from "../../../qwq_magic/display/static/batch_data.js";
import { LivePlaces, sectionsOf } from "../../../qwq_magic/display/static/batch_order.js";

const ALL = { by: "all" };

function batch(lanes, rows = 1) {
  return batchOf({ rows, lanes: lanes.map((lane, index) => ({ index, row: rows > 1 ? index : 0, number: index + 1, ...lane })) });
}

function started(batch) {
  const places = new LivePlaces();
  places.update(batch.lanes);
  return places;
}

const indices = (sections) => sections.map(({ lanes }) => lanes.map(({ index }) => index));

test("the lanes of a few samples never move while they stream", () => {
  const few = batch([{ state: "complete", value: "1" }, { state: "reasoning" }, { state: "waiting" }]);

  assert.deepEqual(indices(sectionsOf(few, ALL, started(few))), [[0, 1, 2]]);
});

test("in a large batch those that stream come first, and one that ends keeps its place", () => {
  const large = batch(Array.from({ length: 100 }, (_, index) => ({ state: index < 4 ? "reasoning" : "waiting" })), 100);
  const places = started(large);
  assert.deepEqual(indices(sectionsOf(large, ALL, places)), [[0, 1, 2, 3]]);

  large.lanes[1].state = "complete";
  places.update([large.lanes[1]]);
  assert.deepEqual(indices(sectionsOf(large, ALL, places)), [[0, 1, 2, 3]]);

  large.lanes[4].state = "connecting";
  places.update([large.lanes[4]]);
  assert.deepEqual(indices(sectionsOf(large, ALL, places)), [[0, 4, 2, 3, 1]]);
});

test("the lane that is being read keeps its place, though it has ended", () => {
  const large = batch(Array.from({ length: 100 }, (_, index) => ({ state: index < 3 ? "reasoning" : "waiting" })), 100);
  const places = started(large);
  for (const index of [0, 1]) large.lanes[index].state = "complete";
  large.lanes[3].state = "reasoning";
  places.update([large.lanes[0], large.lanes[1], large.lanes[3]], large.lanes[0]);

  assert.deepEqual(indices(sectionsOf(large, ALL, places)), [[0, 3, 2, 1]]);
});

test("the ended lanes of a large batch are in the order in which they ended", () => {
  const large = batch(Array.from({ length: 100 }, () => ({ state: "waiting" })), 100);
  const places = started(large);
  for (const index of [70, 3, 20]) {
    large.lanes[index].state = index === 3 ? "error" : "complete";
    places.update([large.lanes[index]]);
  }

  assert.deepEqual(indices(sectionsOf(large, { by: "stage", stage: "done" }, places)), [[70, 20]]);
  assert.deepEqual(indices(sectionsOf(large, { by: "stage", stage: "failed" }, places)), [[3]]);
});

test("samples that have ended are grouped by value, the most frequent first, then the rest", () => {
  const ended = batchOf({
    rows: 1,
    groups: [{ value: "9.9", count: 2 }, { value: "9.11", count: 1 }],
    lanes: ["9.11", "9.9", null, "9.9", "other"].map((value, index) => ({ index, state: "complete", ...(value && { value }) })).concat({ index: 5, state: "error" }),
  });

  const sections = sectionsOf(ended, ALL, null);
  assert.deepEqual(sections.map(({ title }) => title), ["9.9", "9.11", "other", "No final value", "Not finished"]);
  assert.deepEqual(indices(sections), [[1, 3], [0], [4], [2], [5]]);
  assert.deepEqual(indices(sectionsOf(ended, { by: "value", value: "9.9" }, null)), [[1, 3]]);
  assert.deepEqual(indices(sectionsOf(ended, { by: "valueless" }, null)), [[2]]);
});

test("rows that have ended are in the order of the table", () => {
  const table = batch([{ state: "complete", value: "2" }, { state: "error" }, { state: "complete", value: "1" }], 3);

  assert.deepEqual(indices(sectionsOf(table, ALL, null)), [[0, 1, 2]]);
});

test("a single group without a value has no heading", () => {
  assert.equal(sectionsOf(batch([{ state: "complete" }]), ALL, null)[0].title, "");
});
