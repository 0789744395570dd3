import assert from "node:assert/strict";
import test from "node:test";

import {
  cleanLine,
  cleanText,
  codePointLength,
  estimateTokens,
  TextCleaner,
  unitAfter,
  unitOffset,
} from "../../../qwq_magic/display/static/safe_text.js";

test("marks that reorder a line are shown as replacement characters", () => {
  assert.equal(cleanText("a\u202eb\u2066c"), "a\ufffdb\ufffdc");
});

test("a line for a label has no breaks and no runs of blanks", () => {
  assert.equal(cleanLine("  a\n\n b\tc  "), "a b c");
});

test("a line past its limit is cut to the limit, the ellipsis included", () => {
  assert.equal(cleanLine("abcdef", 4), "abc…");
  assert.equal(cleanLine("abcd", 4), "abcd");
});

test("cleaning by deltas gives the same text as cleaning the whole", () => {
  const text = "a\x1b[1mb\r\nc\u202ed\x1b]x\x07🙂";
  const cleaner = new TextCleaner();

  assert.equal(Array.from(text, (character) => cleaner.push(character)).join(""), cleanText(text));
});

test("a character outside the BMP is one code point", () => {
  assert.equal(codePointLength("a🙂中"), 3);
});

test("an offset in code points is found in UTF-16 units", () => {
  assert.deepEqual([0, 1, 2, 3, 9].map((count) => unitOffset("a🙂b", count)), [0, 1, 3, 4, 4]);
});

test("an offset after the end of the text is null", () => {
  assert.equal(unitAfter("a🙂b", 1, 2), 4);
  assert.equal(unitAfter("a🙂b", 1, 3), null);
  assert.equal(unitAfter("ab", 2, 0), 2);
});

test("a Chinese character takes more tokens than a Latin letter", () => {
  assert.equal(estimateTokens("想".repeat(15)), 10);
  assert.equal(estimateTokens("word".repeat(9)), 10);
  assert.equal(estimateTokens(""), 0);
});
