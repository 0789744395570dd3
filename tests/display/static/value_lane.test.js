import assert from "node:assert/strict";
import test from "node:test";

import { stepValuesOf, trailOf } from "../../../qwq_magic/display/static/value_lane.js";
import { tableOf } from "./tables.js";

const table = tableOf("abcd", "W1S1V1V1");

test("saved values are a line each, of a step and its value", () => {
  assert.deepEqual(stepValuesOf("0 19\n2 x + 1 = 20", table), [{ step: 0, value: "19" }, { step: 2, value: "x + 1 = 20" }]);
});

test("values end at the first one that does not fit the steps", () => {
  for (const bad of ["4 20", "-1 20", "x 20", "2", "1.5 20", "0 18", "", `1 ${"9".repeat(300)}`]) {
    assert.deepEqual(stepValuesOf(`1 19\n${bad}\n3 21`, table), [{ step: 1, value: "19" }], bad);
  }
});

test("of very many values the last ones are kept", () => {
  const values = stepValuesOf(Array.from({ length: 500 }, (_, index) => `3 ${index}`).join("\n"), table);

  assert.equal(values.length, 200);
  assert.equal(values.at(-1).value, "499");
});

test("the trail leaves out the middle of many values", () => {
  const values = (count) => Array.from({ length: count }, (_, step) => ({ step, value: String(step) }));

  assert.equal(trailOf(values(3)), "0 → 1 → 2");
  assert.equal(trailOf(values(12)), "0 → 1 → 2 → 3 → … → 8 → 9 → 10 → 11");
});
