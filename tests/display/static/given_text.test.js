import assert from "node:assert/strict";
import test from "node:test";

import { AnswerBlocks } from "../../../qwq_magic/display/static/answer_blocks.js";
import { GivenBlocks, GivenCount } from "../../../qwq_magic/display/static/given_text.js";

/** The share of each block of a text that arrives in pieces of `size`. */
function sharesOf(text, given, size) {
  const blocks = new AnswerBlocks();
  const marks = new GivenBlocks(given);
  const shares = [];
  const take = (finished) => {
    for (const block of finished) shares.push(marks.finish(block));
  };
  for (let at = 0; at < text.length; at += size) {
    const delta = text.slice(at, at + size);
    const end = marks.take(delta);
    take(blocks.push(delta.slice(0, end)));
    if (end) marks.endWithin(blocks.tail);
    take(blocks.push(delta.slice(end)));
  }
  take(blocks.end());
  return shares;
}

const TEXT = "One.\n\nTwo.\n\nThree.\n";

for (const size of [1, 3, 1000]) {
  test(`blocks are given in whole, in part or not at all, in pieces of ${size}`, () => {
    assert.deepEqual(sharesOf(TEXT, 0, size), ["none", "none", "none"]);
    assert.deepEqual(sharesOf(TEXT, 2, size), ["part", "none", "none"]);
    assert.deepEqual(sharesOf(TEXT, 4, size), ["whole", "none", "none"]);
    assert.deepEqual(sharesOf(TEXT, 6, size), ["whole", "none", "none"]);
    assert.deepEqual(sharesOf(TEXT, 8, size), ["whole", "part", "none"]);
    assert.deepEqual(sharesOf(TEXT, 999, size), ["whole", "whole", "whole"]);
  });

  test(`a block of code whose opening is given is given in part, in pieces of ${size}`, () => {
    assert.deepEqual(sharesOf("```py\nx = 1\n```\nSo.\n", 6, size), ["part", "none"]);
    assert.deepEqual(sharesOf("```py\nx = 1\n```\nSo.\n", 12, size), ["whole", "none"]);
  });
}

test("given characters are counted as Python counts them", () => {
  const count = new GivenCount(3);

  assert.equal(count.take("𝟙"), 2);
  assert.equal(count.isOver, false);
  assert.equal(count.take("a𝟚b"), 3);
  assert.equal(count.isOver, true);
  assert.equal(count.take("more"), 0);
});
