import assert from "node:assert/strict";
import test from "node:test";

import { indexAbove } from "../../../qwq_magic/display/static/reading_place.js";

test("the place is the last section that begins above the view", () => {
  const starts = [0, 100, 200, 300];
  const topOf = (start) => start - 150;

  assert.equal(indexAbove(starts, topOf, 0), 1);
  assert.equal(indexAbove(starts, topOf, 50), 2);
  assert.equal(indexAbove(starts, topOf, 9999), 3);
  assert.equal(indexAbove(starts, topOf, -9999), 0);
  assert.equal(indexAbove([], topOf, 0), 0);
});
