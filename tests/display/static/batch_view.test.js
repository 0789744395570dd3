import assert from "node:assert/strict";
import test from "node:test";

import { batchOf } from "../../../qwq_magic/display/static/batch_data.js";
import { compareCode } from "../../../qwq_magic/display/static/batch_view.js";

function code(data, ...lanes) {
  const batch = batchOf({ ...data, lanes });
  return compareCode(batch, ...batch.lanes);
}

test("two lanes of a conversation are compared in a cell", () => {
  assert.equal(code({ conversation: "main" }, { place: "3.1" }, { place: "3.4" }), "%qwq_inspect 3.1 3.4");
  assert.equal(code({ conversation: "my notes" }, { place: "3.1" }, { place: "4.1" }), '%qwq_inspect -c "my notes" 3.1 4.1');
});

test("other lanes are compared through the variable that holds the batch", () => {
  assert.equal(code({ name: "runs" }, { index: 0 }, { index: 1, place: "3.1" }), "runs[0].compare(runs[1])");
});

test("a place that is not one becomes no part of a cell", () => {
  for (const place of ["3.1; x", "3.1\n%rm", "-1", "3.1.1", "x"]) {
    assert.equal(code({}, { index: 0, place }, { index: 1, place }), "batch[0].compare(batch[1])");
  }
});
