import assert from "node:assert/strict";
import test from "node:test";

import { RowHeights } from "../../../qwq_magic/display/static/row_heights.js";

function rows(...heights) {
  const made = new RowHeights();
  made.replace(heights);
  return made;
}

const topsOf = (made) => Array.from({ length: made.count + 1 }, (_, index) => made.topOf(index));

test("each row begins where the one before ends", () => {
  assert.deepEqual(topsOf(rows(10, 20, 30)), [0, 10, 30, 60]);
});

test("a list without rows has no height", () => {
  assert.deepEqual([rows().total, rows().indexAt(50)], [0, 0]);
});

test("a position belongs to the last row that begins at or above it", () => {
  const made = rows(10, 20, 30);

  assert.deepEqual([-5, 0, 9, 10, 29, 30, 999].map((top) => made.indexAt(top)), [0, 0, 0, 1, 1, 2, 2]);
});

test("a measured height moves the rows below", () => {
  const made = rows(10, 20, 30);

  assert.equal(made.correct([[0, 15]]), true);
  assert.deepEqual(topsOf(made), [0, 15, 35, 65]);
});

test("half a pixel is not a change", () => {
  const made = rows(10, 20);

  assert.equal(made.correct([[0, 10.5], [1, 19.5]]), false);
  assert.deepEqual(topsOf(made), [0, 10, 30]);
});

test("rows that are added keep the heights of those before", () => {
  const made = rows(10, 20, 30);
  made.replaceFrom(2, [5, 5]);

  assert.deepEqual(topsOf(made), [0, 10, 30, 35, 40]);
});
