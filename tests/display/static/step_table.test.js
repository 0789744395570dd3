import assert from "node:assert/strict";
import test from "node:test";

import { loopsOf, StepTable, surenessOf } from "../../../qwq_magic/display/static/step_table.js";
import { tableOf } from "./tables.js";

const TEXT = "Let me see. Wait, no. So 12.";
const RECORDS = "Uc~f Sa+5 C6"; // joined without the blanks

const spans = (table) => table.steps.map(({ start, end }) => TEXT.slice(start, end));

test("records give the end, kind, cue and seconds of each step", () => {
  const table = tableOf(TEXT, RECORDS.replaceAll(" ", ""));

  assert.deepEqual(spans(table), ["Let me see. ", "Wait, no. ", "So 12."]);
  assert.deepEqual(table.steps.map(({ kind }) => kind.name), ["setup", "switch", "conclude"]);
  assert.deepEqual(table.steps.map(({ cue }) => cue && TEXT.slice(...cue)), [null, "Wait,", null]);
  assert.deepEqual(table.steps.map(({ seconds }) => seconds), [1.5, null, null]);
  assert.equal(table.isPartial, false);
});

test("a switch begins an episode, unless it is the first step", () => {
  const table = tableOf("abcdef", "S1W1S1W1S1W1");

  assert.deepEqual(table.steps.map(({ episode }) => episode), [0, 0, 1, 1, 2, 2]);
  assert.equal(table.episodes, 3);
});

test("a cue is read from where it begins in its step", () => {
  const [, step] = tableOf(TEXT, "UcSa.6+2").steps;

  assert.equal(TEXT.slice(...step.cue), "no");
});

test("a cue that exceeds its step is ignored", () => {
  assert.equal(tableOf("abc", "U2.1+2").steps[0].cue, null);
});

test("lengths count code points", () => {
  const table = tableOf("🙂🙂ab", "U2W2");

  assert.deepEqual(table.steps.map(({ start, end }) => [start, end]), [[0, 4], [4, 6]]);
});

test("text after the records is unclassified, by paragraph", () => {
  const table = tableOf("One.\n\nTwo.\n\nThree.", "U6");

  assert.deepEqual(table.steps.map(({ kind, end }) => [kind.name, end]), [
    ["setup", 6],
    ["unclassified", 12],
    ["unclassified", 18],
  ]);
  assert.equal(table.isPartial, true);
});

test("a record that does not fit the text ends the reading", () => {
  const table = tableOf("abcd", "U2Wz");

  assert.deepEqual(table.steps.map(({ kind }) => kind.name), ["setup", "unclassified"]);
});

test("a record of no length ends the reading", () => {
  assert.deepEqual(tableOf("ab", "U0W2").steps.map(({ kind }) => kind.name), ["unclassified"]);
});

test("records that arrive in parts are read like whole ones", () => {
  const table = new StepTable();
  table.grow("Let me see. Wait", "Uc");
  assert.equal(table.steps.length, 1);
  table.grow(TEXT, "UcSaC6");

  assert.deepEqual(spans(table), ["Let me see. ", "Wait, no. ", "So 12."]);
});

test("every offset has a step, or the nearest one", () => {
  const table = tableOf("abcdef", "U2W2C2");

  assert.deepEqual([-5, 0, 1, 2, 5, 99].map((offset) => table.indexAt(offset)), [0, 0, 0, 1, 2, 2]);
});

test("an empty table has no step at any offset", () => {
  assert.equal(tableOf("", "").stepAt(0), undefined);
});

test("loops are spans, each counted from the beginning of the text", () => {
  assert.deepEqual(loopsOf("1+2 4+1", "abcdef"), [[1, 3], [4, 5]]);
  assert.deepEqual(loopsOf("1+1", "🙂b"), [[2, 3]]);
});

test("a loop that does not fit the text, or that begins inside the last, ends the list", () => {
  assert.deepEqual(loopsOf("0+1 1+9 2+1", "abcdef"), [[0, 1]]);
  assert.deepEqual(loopsOf("0+3 1+2", "abcdef"), [[0, 3]]);
});

test("a value of another type has no loops", () => {
  for (const value of [null, undefined, 5, [[0, 1]]]) assert.deepEqual(loopsOf(value, "abc"), []);
});

test("sureness is a digit for each step, and nothing if the digits do not fit", () => {
  const table = tableOf("abc", "U1W1S1");

  assert.deepEqual(surenessOf("z0-", table), [1, 0, null]);
  for (const bad of ["", "zz", "zzzz", "z!z", "ZZZ"]) assert.deepEqual(surenessOf(bad, table), [], bad);
});
