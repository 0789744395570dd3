import assert from "node:assert/strict";
import test from "node:test";

import { StepSearch } from "../../../qwq_magic/display/static/step_search.js";
import { tableOf } from "./tables.js";

const TABLE = tableOf("One cat. A dog. Cat cat.", "U9W7C8");
const all = () => true;

function searched(query, isShown = all) {
  const search = new StepSearch();
  search.find(query, TABLE, isShown);
  return search;
}

test("the case of a query does not matter", () => {
  assert.deepEqual(searched("CAT").matches, [[4, 7], [16, 19], [20, 23]]);
});

test("a query is taken literally", () => {
  assert.deepEqual(searched("c.t").matches, []);
  assert.equal(searched(".").matches.length, 3);
});

test("only shown steps are searched", () => {
  assert.deepEqual(searched("cat", ({ kind }) => kind.name === "conclude").matches, [[16, 19], [20, 23]]);
});

test("an empty query finds nothing", () => {
  assert.deepEqual(searched("").matches, []);
});

test("going on from nowhere starts at the offset, and goes round", () => {
  const search = searched("cat");

  assert.deepEqual([search.go(1, 10), search.go(1, 0), search.go(1, 0)], [[16, 19], [20, 23], [4, 7]]);
});

test("going back from nowhere starts before the offset, and goes round", () => {
  const search = searched("cat");

  assert.deepEqual([search.go(-1, 10), search.go(-1, 0)], [[4, 7], [20, 23]]);
});

test("going back from the beginning starts at the last match", () => {
  assert.deepEqual(searched("cat").go(-1, 0), [20, 23]);
});

test("without matches there is nowhere to go", () => {
  assert.equal(searched("bird").go(1, 0), null);
});

test("the current match within a step is marked", () => {
  const search = searched("cat");
  search.go(1, 17);

  assert.deepEqual(search.within(TABLE.steps[2]), [
    { start: 16, end: 19, isCurrent: false },
    { start: 20, end: 23, isCurrent: true },
  ]);
  assert.deepEqual(search.within(TABLE.steps[1]), []);
});

test("the current match survives a narrower search", () => {
  const search = searched("cat");
  search.go(1, 17);
  search.find("cat.", TABLE, all);

  assert.equal(search.summary, "2 of 2");
});

test("the summary counts the matches", () => {
  const search = searched("cat");
  assert.equal(search.summary, "3 matches");
  search.go(1, 0);

  assert.equal(search.summary, "1 of 3");
  assert.equal(searched("bird").summary, "no matches");
  assert.equal(searched("bi").summary, "no matches");
  assert.equal(searched("dog").summary, "1 match");
  assert.equal(searched("").summary, "");
});

test("the summary shows when there are more matches than are counted", () => {
  const search = new StepSearch();
  search.find("a", tableOf("a".repeat(20_001), ""), all);

  assert.equal(search.summary, "20,000+ matches");
});
