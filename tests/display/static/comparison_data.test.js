import assert from "node:assert/strict";
import test from "node:test";

import { comparisonOf } from "../../../qwq_magic/display/static/comparison_data.js";

const side = (reasoning, steps, answer = "") => ({ reasoning, steps, answer });

/** Rows as "left step, right step, match", steps by their numbers. */
function rowsOf(data) {
  return comparisonOf(data).rows.map(({ left, right, match }) => [left?.index ?? null, right?.index ?? null, match]);
}

const TWO = { left: side("abc", "U1W1C1"), right: side("xyz", "U1W1C1") };

test("matching steps share a row", () => {
  assert.deepEqual(rowsOf({ ...TWO, pairs: "SMS" }), [[0, 0, "same"], [1, 1, "similar"], [2, 2, "same"]]);
});

test("between two matches, unmatched steps of both sides are paired", () => {
  assert.deepEqual(rowsOf({ ...TWO, pairs: "SLRS" }), [[0, 0, "same"], [1, 1, "none"], [2, 2, "same"]]);
  assert.deepEqual(rowsOf({ ...TWO, pairs: "LLRSR" }), [[0, 0, "none"], [1, null, "none"], [2, 1, "same"], [null, 2, "none"]]);
});

test("every step is in exactly one row, whatever the letters are", () => {
  for (const pairs of ["", "S", "SX", "LLLLLL", "RRRRSSSS", "??", null, 5]) {
    const { rows } = comparisonOf({ ...TWO, pairs });
    for (const name of ["left", "right"]) {
      const found = rows.flatMap((row) => row[name]?.index ?? []);
      assert.deepEqual(found, [0, 1, 2], `${name} of ${pairs}`);
    }
  }
});

test("the first divergence is the index of a row, or -1", () => {
  assert.equal(comparisonOf({ ...TWO, pairs: "SLRS", divergence: 1 }).divergence, 1);
  assert.equal(comparisonOf({ ...TWO, pairs: "SMS" }).divergence, -1);
  assert.equal(comparisonOf({ ...TWO, pairs: "SMS", divergence: 1 }).divergence, 1);
  // Of two that share a row, either is in it.
  assert.equal(comparisonOf({ ...TWO, pairs: "LLRRS", divergence: 1 }).divergence, 1);
  assert.equal(comparisonOf({ ...TWO, pairs: "LLRRS", divergence: 2 }).divergence, 0);
  assert.equal(comparisonOf({ ...TWO, pairs: "LLRRS", divergence: 4 }).divergence, 2);
  assert.equal(comparisonOf({ ...TWO, pairs: "SMS", divergence: 99 }).divergence, -1);
});

test("the answers are cut into what both have and what only one has", () => {
  const { parts } = comparisonOf({ left: side("", "", "It is 12."), right: side("", "", "It is 13."), diff: "B7L1R1B1" });

  assert.deepEqual(parts, [["B", "It is 1"], ["L", "2"], ["R", "3"], ["B", "."]]);
});

test("lengths of the answers' parts count code points", () => {
  const { parts } = comparisonOf({ left: side("", "", "🙂a"), right: side("", "", "🙂b"), diff: "B1L1R1" });

  assert.deepEqual(parts, [["B", "🙂"], ["L", "a"], ["R", "b"]]);
});

test("the parts contain both answers in full, whatever the diff is", () => {
  for (const diff of ["", "B9", "L9zzzzz", "B3R1", "R2", null]) {
    const { parts } = comparisonOf({ left: side("", "", "abc"), right: side("", "", "abd"), diff });
    const of = (name) => parts.filter(([where]) => where === "B" || where === name).map(([, text]) => text).join("");
    assert.deepEqual([of("L"), of("R")], ["abc", "abd"], String(diff));
  }
});

test("a comparison of any shape can be shown", () => {
  for (const value of [null, undefined, 5, "x", [], { left: 5, right: null, names: "x", findings: [1], metrics: {} }]) {
    const compared = comparisonOf(value);
    assert.deepEqual([compared.names, compared.rows, compared.parts], [["left", "right"], [], []]);
  }
});

test("findings and metrics are rows of a fixed width", () => {
  const { findings, metrics } = comparisonOf({ findings: [["answer", "same", "extra"]], metrics: [["steps", 4]] });

  assert.deepEqual(findings, [["answer", "same"]]);
  assert.deepEqual(metrics, [["steps", "", "", ""]]);
});
