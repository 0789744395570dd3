import assert from "node:assert/strict";
import test from "node:test";

import { AnswerBlocks } from "../../../qwq_magic/display/static/answer_blocks.js";

/** The sources of all blocks of a text; fences as [info, code]. */
function cut(text, size = Infinity) {
  const blocks = new AnswerBlocks();
  const found = [];
  for (let at = 0; at < text.length; at += size) found.push(...blocks.push(text.slice(at, at + size)));
  found.push(...blocks.end());
  return found.map((block) => (block.kind === "fence" ? [block.info, block.code] : block.source));
}

test("a blank line ends a paragraph", () => {
  assert.deepEqual(cut("a\nb\n\nc\n"), ["a\nb\n\n", "c\n"]);
});

test("a heading is a block of its own", () => {
  assert.deepEqual(cut("a\n# B\nc\n"), ["a\n", "# B\n", "c\n"]);
});

test("a loose list stays whole", () => {
  assert.deepEqual(cut("- a\n\n- b\n\n  more\n\nend\n"), ["- a\n\n- b\n\n  more\n\n", "end\n"]);
});

test("indented code stays whole over blank lines", () => {
  assert.deepEqual(cut("    a\n\n    b\n\nc\n"), ["    a\n\n    b\n\n", "c\n"]);
});

test("a fence is a block with its info and its code", () => {
  assert.deepEqual(cut("a\n```py\nx = 1\n\ny\n```\nb\n"), ["a\n", ["py", "x = 1\n\ny\n"], "b\n"]);
});

test("a fence closes with a run as long as its own, of the same mark", () => {
  assert.deepEqual(cut("````\n```\n~~~~\n````\n"), [["", "```\n~~~~\n"]]);
});

test("backticks in an info string open no fence", () => {
  assert.deepEqual(cut("```a`b\n"), ["```a`b\n"]);
});

test("the indent of a fence is taken from its code", () => {
  assert.deepEqual(cut("  ```\n    a\n b\n  ```\n"), [["", "  a\nb\n"]]);
});

test("a fence inside a list item belongs to the list", () => {
  assert.deepEqual(cut("1. a\n\n   ```py\n   x\n   ```\n"), ["1. a\n\n   ```py\n   x\n   ```\n"]);
});

test("a fence that never closes contains the rest", () => {
  assert.deepEqual(cut("```\na\n# b"), [["", "a\n# b\n"]]);
});

test("a blank text has no blocks", () => {
  assert.deepEqual(cut("\n \n\t\n"), []);
});

test("the cuts are the same however the text arrives", () => {
  const text = "# A\ntext\n\n- x\n\n  y\n```py\nz\n```\n\n    code\n\nend";

  for (const size of [1, 2, 3, 7]) assert.deepEqual(cut(text, size), cut(text), `deltas of ${size}`);
});

test("a long line is cut at a space, and loses nothing", () => {
  const text = "word ".repeat(9_000);
  const blocks = cut(text);

  assert.ok(blocks.length > 1);
  assert.ok(blocks.every((source) => source.length <= 20_001));
  assert.equal(blocks.join("").trimEnd(), text.trimEnd());
});

test("a long line is never cut inside a character", () => {
  const [first] = cut(`a${"🙂".repeat(11_000)}`);

  assert.equal(first, `a${"🙂".repeat(9_999)}`);
});

test("a block of many lines is cut", () => {
  assert.equal(cut("line\n".repeat(1_700)).length, 3);
});

test("the tail is the text that no block contains yet", () => {
  const blocks = new AnswerBlocks();
  blocks.push("a\n\nb\nc");

  assert.deepEqual(blocks.tail, { kind: "text", source: "b\nc" });
});

test("a blank tail is null", () => {
  const blocks = new AnswerBlocks();
  blocks.push("# a\n  ");

  assert.equal(blocks.tail, null);
});

test("backticks at the end of an open fence wait, since they may close it", () => {
  const blocks = new AnswerBlocks();
  blocks.push("```py\nx\n``");

  assert.equal(blocks.tail?.code, "x\n");
  blocks.push("y");
  assert.equal(blocks.tail?.code, "x\n``y");
});
