import assert from "node:assert/strict";
import test from "node:test";

import { GROUP_DESCRIPTIONS, GROUPS, kindOf, likely, UNCLASSIFIED } from "../../../qwq_magic/display/static/step_kinds.js";

test("each letter of a record has a kind in one of the groups", () => {
  const kinds = [..."UPRWVDSCA"].map(kindOf);

  assert.equal(new Set(kinds.map(({ name }) => name)).size, 9);
  assert.ok(kinds.every(({ group }) => GROUPS.includes(group)));
});

test("a letter of a later version is unclassified", () => {
  assert.equal(kindOf("Z"), UNCLASSIFIED);
});

test("a kind is a guess, and is called likely", () => {
  assert.equal(likely(kindOf("D")), "likely doubt");
  assert.equal(likely(UNCLASSIFIED), "unclassified");
});

test("every group has words", () => {
  assert.deepEqual(Object.keys(GROUP_DESCRIPTIONS), GROUPS);
});
