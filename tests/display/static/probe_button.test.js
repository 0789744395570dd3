import assert from "node:assert/strict";
import test from "node:test";

import { probeCost } from "../../../qwq_magic/display/static/probe_button.js";

test("the cost is that of the places there are", () => {
  assert.equal(probeCost(2000, 86), "12 calls, ≈ 12,000 tokens in: ask?");
  assert.equal(probeCost(100, 3), "4 calls, ≈ 200 tokens in: ask?");
});
