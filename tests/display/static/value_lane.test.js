import assert from "node:assert/strict";
import test from "node:test";

import { lanesOf, stepValuesOf, trailOf } from "../../../qwq_magic/display/static/value_lane.js";
import { tableOf } from "./tables.js";

const table = tableOf("abcd", "W1S1V1V1");
const value = (after, text, isMarked = false) => ({ after, value: text, isMarked });

test("saved values are a line each, of how many steps precede them, a mark and the value", () => {
  assert.deepEqual(stepValuesOf("0 19\n2* x + 1 = 20", table), [value(0, "19"), value(2, "x + 1 = 20", true)]);
});

test("values end at the first one that does not fit the steps", () => {
  for (const bad of ["5 20", "-1 20", "x 20", "2", "1.5 20", "0 18", "", `1 ${"9".repeat(300)}`]) {
    assert.deepEqual(stepValuesOf(`1 19\n${bad}\n3 21`, table), [value(1, "19")], bad);
  }
});

test("of very many values the last ones are kept", () => {
  const values = stepValuesOf(Array.from({ length: 500 }, (_, index) => `3 ${index}`).join("\n"), table);

  assert.equal(values.length, 200);
  assert.equal(values.at(-1).value, "499");
});

test("the trail leaves out repetitions, and the middle of many values", () => {
  const values = (...names) => names.map((name, after) => value(after, name));

  assert.equal(trailOf(values("20", "19", "19", "20")), "20 → 19 → 20");
  assert.equal(trailOf(values(..."abcdefghijkl")), "a → b → c → d → … → i → j → k → l");
});

test("lanes of other types are dropped, and names are one short line", () => {
  const lane = { name: "Probes\u202e\nof it", values: "0 1" };

  assert.deepEqual(lanesOf([lane, null, 3, { name: 1, values: "0 1" }, { name: "a" }]).length, 1);
  assert.ok(!/[\n\u202e]/u.test(lanesOf([lane])[0].name));
  assert.deepEqual(lanesOf("lanes"), []);
  assert.equal(lanesOf(Array.from({ length: 50 }, () => lane)).length, 8);
});
