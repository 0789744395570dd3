import assert from "node:assert/strict";
import test from "node:test";

import { sumsInWords, sumsOf } from "../../../qwq_magic/display/static/checked_sums.js";
import { countsOf, figuresOf } from "../../../qwq_magic/display/static/metric_figures.js";
import { tableOf } from "./tables.js";

const TEXT = "So 3 + 4 = 7. But 17 × 24 = 418. And 418 = 17 × 24.";

const sums = (records) => sumsOf(records, TEXT, 0, TEXT.length);

test("a sum that holds and one that does not say so in words", () => {
  assert.deepEqual(sums("=3+9!i+d-7-3:408;?11+d-3-7:408;").map(({ title }) => title), [
    "3 + 4 = 7 ✓ recomputed",
    "17 × 24 is 408, not 418",
    "17 × 24 is 408, not 418",
  ]);
});

test("a step takes the sums after its record, and the next record is read as ever", () => {
  const { steps } = tableOf(TEXT, "We=3+9Wj.0+3~5!4+d-7-3:408;Ui");

  assert.deepEqual(steps.map((step) => step.sums.map(({ holds }) => holds)), [[true], [false], []]);
  assert.deepEqual(steps.map(({ end }) => end), [14, 33, TEXT.length]);
  assert.equal(TEXT.slice(steps[1].sums[0].start, steps[1].sums[0].end), "17 × 24 = 418");
});

test("places count code points", () => {
  const text = "🙂🙂 1 + 1 = 2";
  const [sum] = sumsOf("=3+9", text, 0, text.length);

  assert.equal(text.slice(sum.start, sum.end), "1 + 1 = 2");
});

test("a sum that exceeds its step is ignored", () => {
  assert.deepEqual(sumsOf("=1+9", "abcdefghijkl", 0, 5), []);
  assert.deepEqual(sumsOf("=zzzzz+9", "abc", 0, 3), []);
});

test("a value is a number, whatever the notebook holds", () => {
  assert.deepEqual(tableOf(TEXT, "We!3+9-5-1:<b>;").steps.map((step) => step.sums), [[], []]);
});

test("many sums are counted and the wrong ones named", () => {
  assert.equal(sumsInWords([]), "");
  assert.equal(sumsInWords(sums("=3+9")), "1 sum recomputed, right");
  assert.equal(sumsInWords(sums("=3+9=3+9")), "2 sums recomputed, all right");
  assert.equal(sumsInWords(sums("=3+9!i+d-7-3:408;")), "2 sums recomputed, 1 wrong: 17 × 24 is 408, not 418");
});

test("the figures have the sums of a growing reasoning, and nothing without any", () => {
  const figure = (records) => figuresOf(countsOf(tableOf(TEXT, records))).flatMap(([, figures]) => figures).find(([label]) => label === "sums")?.[1];

  assert.equal(figure("We=3+9"), "1 right");
  assert.equal(figure("We=3+9Wj!4+d-7-3:408;"), "1 of 2 wrong");
  assert.equal(figure("We"), undefined);
});
