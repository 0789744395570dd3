import assert from "node:assert/strict";
import test from "node:test";

import { AnswerBlocks } from "../../../qwq_magic/display/static/answer_blocks.js";
import { sectionsOf } from "../../../qwq_magic/display/static/reasoning_sections.js";

const LONG = `${"Consider the next one. ".repeat(30).trim()}\n\n`;
const FENCE = "```py\nx = 1\n\ny = 2\n```\n";
const MIXED = `${LONG}${FENCE}# Heading\n${LONG}- a\n\n- b\n\n| a |\n|--|\n| 1 |\n\n${FENCE.repeat(40)}${LONG}The end`;

function textsOf(text, given = 0) {
  return sectionsOf(text, given).map(({ start, end }) => text.slice(start, end));
}

function blocksOf(text) {
  const blocks = new AnswerBlocks();
  return [...blocks.push(text), ...blocks.end()].map((block) => (block.kind === "fence" ? block.code : block.source.trim()));
}

test("the sections, joined, are the text", () => {
  for (const text of ["", "a", "\n\n", "a\n\nb", MIXED, LONG.repeat(100), "x".repeat(90_000), "```\nopen"]) {
    assert.equal(textsOf(text).join(""), text);
    for (const given of [1, 5, text.length]) assert.equal(textsOf(text, given).join(""), text);
  }
});

test("the blocks of the sections are those of the text", () => {
  for (const text of [MIXED, LONG.repeat(20), `${"word ".repeat(9000)}\n\nEnd.`]) {
    assert.deepEqual(textsOf(text).flatMap(blocksOf), blocksOf(text));
  }
});

test("a long text has many sections, none of them as small as a sentence", () => {
  const text = "A short thought.\n\n".repeat(2000);
  const lengths = textsOf(text).map(({ length }) => length);

  assert.ok(lengths.length > 40);
  assert.ok(lengths.slice(0, -1).every((length) => length >= 600 && length < 700));
});

test("a block of code is never cut", () => {
  const code = `\`\`\`\n${"line\n\n".repeat(900)}\`\`\`\n`;

  assert.ok(textsOf(`${LONG}${code}${LONG}`).some((text) => text.includes(code)));
});

test("a text without line breaks is cut where the drawer cuts it, and not within a character", () => {
  const sections = textsOf("𝟙".repeat(45_000));

  assert.ok(sections.length >= 4);
  for (const section of sections) assert.ok(section.isWellFormed());
});

test("what is given is marked, and the block it ends in is marked as given in part", () => {
  const text = "One.\n\nTwo.\n\nThree.\n\nFour.\n";
  const shares = (given) => sectionsOf(text, given).map(({ start, end, given: share }) => [text.slice(start, end).trim(), share]);

  for (const given of [10, 11, 12]) assert.deepEqual(shares(given), [["One.", "whole"], ["Two.", "whole"], ["Three.\n\nFour.", "none"]]);
  assert.deepEqual(shares(8), [["One.", "whole"], ["Two.", "part"], ["Three.\n\nFour.", "none"]]);
  assert.deepEqual(shares(1000), [["One.\n\nTwo.\n\nThree.\n\nFour.", "whole"]]);
  assert.deepEqual(shares(0), [["One.\n\nTwo.\n\nThree.\n\nFour.", "none"]]);
});

test("given text that ends within prose is cut off there, and within a formula it is not", () => {
  const shares = (text, given) => sectionsOf(text, given).map(({ start, end, given: share }) => [text.slice(start, end), share]);

  assert.deepEqual(shares("One is given. Two is not.", 14), [["One is given. ", "whole"], ["Two is not.", "none"]]);
  for (const text of ["So $1 + 2 = 3$, as I said.", "**So it is** one.", "| a | b |\n|---|---|\n| 1 | 2 |"]) {
    assert.deepEqual(shares(text, 6), [[text, "part"]]);
  }
});

test("a last paragraph that no line break ends is a block", () => {
  assert.deepEqual(textsOf(`${LONG}${LONG}The end`).at(-1), "The end");
});
